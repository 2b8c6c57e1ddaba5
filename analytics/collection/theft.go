package collection

import (
	"redshank/analytics/alert"
	"redshank/analytics/incident"
	"redshank/analytics/window"
)

// theft is the detail of an incident: signals, mailboxes and who read them.
type theft struct {
	*incident.Incident
	mailboxes  window.Distinct
	privileged bool    // the subject is a privileged account
	appSubject bool    // the subject is an application
	confidence float64 // 0 to 1
	baseline   string  // how mature the baselines are that the signals rest on
	signals    []alert.Signal
}

func newTheft(i *incident.Incident) incident.Detail { return &theft{Incident: i} }

// Assess does nothing: every change of the signals classifies the incident.
func (i *theft) Assess() {}

// Volume returns the number of mail items.
func (i *theft) Volume() int { return i.Counts.Items }

// addSignal adds a signal to an incident once, and again for each new detail up to
// a bound.
func (i *theft) addSignal(s alert.Signal) {
	same := 0
	for n := range i.signals {
		have := &i.signals[n]
		if have.Code != s.Code {
			continue
		}
		have.Weight = max(have.Weight, s.Weight)
		if have.Detail == s.Detail {
			return
		}
		same++
	}
	if same < 3 && len(i.signals) < 2*incident.MaxListed {
		i.signals = append(i.signals, s)
	}
}

func (i *theft) addMailbox(key uint64) {
	if i.mailboxes.Add(key) {
		i.Counts.Mailboxes = i.mailboxes.Count()
		i.Changed()
	}
}

// kinds returns the kinds of an incident's signals. It takes a map look-up per
// signal.
func (i *theft) kinds() (s kindSet) {
	for n := range i.signals {
		if kind, ok := kindOf[i.signals[n].Code]; ok {
			s |= 1 << kind
		}
	}
	return s
}
