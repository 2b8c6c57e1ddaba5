package main

import (
	"slices"
	"time"
)

// summary is the figures over all worlds, as -json writes them.
type summary struct {
	Worlds       int           `json:"worlds"`
	UserDays     int           `json:"user_days"`
	Attacks      []attackLine  `json:"attacks"`
	Rules        []attackLine  `json:"rules"`
	Noise        []noiseLine   `json:"noise"`
	Valid        int           `json:"valid"`       // credentials that attackers have found
	Named        int           `json:"named"`       // of them named by an incident
	Credentials  int           `json:"credentials"` // named by all incidents
	Believable   int           `json:"believable"`  // of them known to an attacker
	Questions    int           `json:"questions"`   // low incidents of AN0131 about honest programs, not among the false ones
	False        int           `json:"false"`
	FalseRate    float64       `json:"false_rate"` // per 1,000 users and day
	MostMessages int           `json:"most_messages"`
	Engine       time.Duration `json:"engine"`
}

// attackLine is the figures of one kind of attack, or of one rule.
type attackLine struct {
	Rule      string  `json:"rule"`
	Kind      string  `json:"kind,omitempty"`
	Count     int     `json:"count"`
	Found     int     `json:"found"`
	Partly    int     `json:"partly"`
	Missed    int     `json:"missed"`
	Class     int     `json:"class"`
	Incidents float64 `json:"incidents"` // for each attack that has any
	Messages  int     `json:"messages"`
	Delay     string  `json:"median_delay,omitempty"`
	Valid     int     `json:"valid"`
	Named     int     `json:"named"`
}

// noiseLine is the false incidents of one kind of noise.
type noiseLine struct {
	Kind       string  `json:"kind"`
	Stuffing   int     `json:"an1269"`
	Collection int     `json:"an0131"`
	Rate       float64 `json:"rate"` // per 1,000 users and day
}

func summarise(all []*result) *summary {
	s := &summary{Worlds: len(all)}
	var attacks []*judged
	var wrong []*wrongful
	for _, r := range all {
		attacks, wrong = append(attacks, r.judgement.attacks...), append(wrong, r.judgement.wrong...)
		s.Questions += len(r.judgement.asked)
		s.UserDays += r.Days * r.People
		s.Credentials += r.judgement.credentials
		s.Believable += r.judgement.believable
		s.MostMessages = max(s.MostMessages, r.mostMessages)
		s.Engine += r.engine
	}
	kinds, groups := byKind(attacks, func(a *judged) string { return a.Rule + " " + a.Kind })
	for _, k := range kinds {
		s.Attacks = append(s.Attacks, lineOf(groups[k], groups[k][0].Kind))
	}
	kinds, groups = byKind(attacks, func(a *judged) string { return a.Rule })
	for _, k := range kinds {
		l := lineOf(groups[k], "")
		s.Rules = append(s.Rules, l)
		s.Valid, s.Named = s.Valid+l.Valid, s.Named+l.Named
	}
	s.False, s.FalseRate = len(wrong), s.rate(len(wrong))
	noises, list := byKind(wrong, func(w *wrongful) string { return w.kind })
	for _, k := range noises {
		l := noiseLine{Kind: k, Rate: s.rate(len(list[k]))}
		for _, w := range list[k] {
			if w.last.Rule == "AN1269" {
				l.Stuffing++
			} else {
				l.Collection++
			}
		}
		s.Noise = append(s.Noise, l)
	}
	return s
}

func (s *summary) rate(n int) float64 { return float64(n) * 1000 / float64(max(1, s.UserDays)) }

func lineOf(group []*judged, kind string) attackLine {
	l := attackLine{Rule: group[0].Rule, Kind: kind, Count: len(group)}
	var delays []time.Duration
	incidents := 0
	for _, a := range group {
		switch a.verdict {
		case missed:
			l.Missed++
		case partly:
			l.Partly++
		case complete:
			l.Found++
		}
		if a.class {
			l.Class++
		}
		if a.Rule == "AN1269" {
			l.Valid, l.Named = l.Valid+len(a.Valid), l.Named+a.named
		}
		incidents += len(a.incidents)
		for _, i := range a.incidents {
			l.Messages += i.messages
		}
		if a.verdict != missed {
			delays = append(delays, a.delay)
		}
	}
	if len(delays) > 0 {
		slices.Sort(delays)
		l.Delay = delays[len(delays)/2].Round(time.Second).String()
		l.Incidents = float64(incidents) / float64(len(delays))
	}
	return l
}

func ratio(n, of int) float64 {
	if of == 0 {
		return 1
	}
	return float64(n) / float64(of)
}
