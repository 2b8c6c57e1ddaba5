package stuffing

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics/event"
	"redshank/analytics/explain"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/profile"
	"redshank/analytics/window"
)

// maxDescribed bounds the accounts, clients or sign-ins of one description.
const maxDescribed = 20

// Describe implements explain.Describer.
func (s *Detector) Describe(of explain.Subject) []explain.Fact {
	f := &explain.Facts{Of: ruleStuffing.ID}
	if of.Account == "" {
		s.describeClient(f, event.ClientKey(of.Address.As16()))
	} else {
		s.describeAccount(f, of.Account)
	}
	return f.List
}

func (s *Detector) describeClient(f *explain.Facts, address event.ClientKey) {
	c := s.profiles.ClientAt(address)
	if c == nil {
		f.Add("client", "not known: no failure and no sign-in from it is kept")
		return
	}
	if p := s.profiles.Prefix(c.Key); p.IsValid() {
		f.Add("client", "%s, which counts as one client", p)
	}
	if c.Shared(s.policy.AddressMarks(address.Addr())) {
		f.Add("shared address", "%d known users; each tool is assessed separately, against the usual failures", c.KnownUsers())
	}
	s.describeIncident(f, "incident", c.Incident)
	s.describeIncident(f, "campaign", c.Campaign)
	all := c.Attempts.All()
	if len(all) == 0 {
		f.Add("failures", "none outside of an incident")
	} else {
		f.Add("failures", "%d outside of an incident, %s to %s", len(all), clock(all[0].At), clock(all[len(all)-1].At))
		s.describeWindow(f, c, "burst", s.thresholds.burst, s.policy.Stuffing.MailboxLoginThreshold.Burst, s.policy.Stuffing.FailureThreshold.Burst)
		s.describeWindow(f, c, "slow", s.thresholds.slow, s.policy.Stuffing.MailboxLoginThreshold.Slow, s.policy.Stuffing.FailureThreshold.Slow)
		s.describeAttempts(f, c, all)
	}
	for _, got := range c.SignIns()[:min(len(c.SignIns()), maxDescribed)] {
		what := "signed in"
		if got.Outcome == event.Accepted {
			what = "password accepted, stopped by " + got.Reason.String()
		}
		f.Add("sign-in", "%s %s (%s), %s to %s%s", got.Account.Name, what, got.Service, clock(got.First), clock(got.Last), map[bool]string{true: ", foreign to the account"}[got.Foreign])
	}
}

// describeWindow adds the figures of the window in which most foreign accounts failed,
// with the thresholds.
func (s *Detector) describeWindow(f *explain.Facts, c *profile.Client, name string, length int64, accounts, failures int) {
	var most attemptStats
	for _, t := range c.Attempts.All() {
		s.statistics.windows(c, t.At, length, 0, func(w *attemptStats) bool {
			if w.foreign > most.foreign || w.foreign == most.foreign && w.failures > most.failures {
				most = *w
			}
			return false
		})
	}
	f.Add("window "+name, "at most %d foreign accounts (opens at %d) with %d failures (opens at %d) within %s; %d known accounts failed too, %d brought a program of their own, %d signed in",
		most.foreign, accounts, most.failures+most.unknown, failures, time.Duration(length)*time.Millisecond, most.familiar, most.leftOut, most.succeeded)
}

// describeAttempts adds the accounts that failed, and what was made of each.
func (s *Detector) describeAttempts(f *explain.Facts, c *profile.Client, all []window.Attempt) {
	s.statistics.of(c, all, 0)
	names := map[uint64]string{}
	for i := range all {
		names[all[i].Key] = all[i].Name
	}
	list := slices.Clone(s.statistics.scratch)
	slices.SortStableFunc(list, func(a, b accountStats) int { return b.attempts - a.attempts })
	for _, a := range list[:min(len(list), maxDescribed)] {
		f.Add("failed", "%s, %d times: %s", cmp.Or(names[a.key], "an account that is not known any more"), a.attempts, a.description())
	}
	if len(list) > maxDescribed {
		f.Add("failed", "and %d further accounts", len(list)-maxDescribed)
	}
}

// description returns what was made of the failures of an account.
func (a *accountStats) description() string {
	switch {
	case a.forgiven:
		return "forgiven, the account signed in soon after"
	case a.stale:
		return "not counted, looks like a stale client"
	case a.person:
		return "not counted, with a program of the account"
	case a.familiar:
		return "known network of the account"
	}
	return "counted, foreign to the account"
}

func (s *Detector) describeAccount(f *explain.Facts, name string) {
	key := xxhash.Sum64String(name)
	if a, ok := s.profiles.Accounts.Peek(key); ok {
		s.describeIncident(f, "incident", a.Incident)
		for i := range a.Known {
			h := &a.Known[i]
			f.Add("known client", "%s, %s to %s", h.Client.Addr(), clock(h.First), clock(h.Last))
		}
		if all := a.Attempts.All(); len(all) > 0 {
			f.Add("guessing", "%d failures from %d foreign addresses since %s (opens at %d addresses)", len(all), distinctClients(all, 0, s.profiles.KeyOf), clock(all[0].At), s.policy.Stuffing.Campaign.AccountAddresses)
		}
	} else {
		f.Add("account", "not known: no sign-in and no failure of it is kept")
	}
	s.describeClients(f, key)
	taken, unexplained := 0, 0
	for e := range s.evidence.Since(0) {
		switch {
		case e.Key != key:
		case e.Taken:
			taken++
		case !e.Succeeded:
			unexplained++
		}
	}
	if taken+unexplained > 0 {
		f.Add("foreign failures", "%d part of a campaign, %d not explained", taken, unexplained)
	}
}

// describeClients adds the clients at which an account failed or whose incident it is
// part of, those with the latest failures first.
func (s *Detector) describeClients(f *explain.Facts, key uint64) {
	type place struct {
		c    *profile.Client
		n    int
		last int64
	}
	var places []place
	s.profiles.Clients.Each(func(_ event.ClientKey, c *profile.Client) {
		p := place{c: c}
		for i := range c.Attempts.All() {
			if t := &c.Attempts.All()[i]; t.Key == key {
				p.n++
				p.last = max(p.last, t.At)
			}
		}
		if c.Incident != nil {
			n, last := c.Incident.FailuresOf(key)
			p.n, p.last = p.n+n, max(p.last, last)
		}
		if p.n > 0 {
			places = append(places, p)
		}
	})
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(b.last, a.last), slices.Compare(a.c.Key[:], b.c.Key[:]))
	})
	for _, p := range places[:min(len(places), maxDescribed)] {
		part := "no incident"
		if i := p.c.Incident; i != nil && i.HasFailed(key) {
			part = "part of incident " + i.ID
		}
		f.Add("failed at", "%s, %d times, last %s: %s", p.c.Key.Addr(), p.n, clock(p.last), part)
	}
	if len(places) > maxDescribed {
		f.Add("failed at", "and %d further clients", len(places)-maxDescribed)
	}
}

// describeIncident adds an incident, if there is one.
func (s *Detector) describeIncident(f *explain.Facts, name string, i *attack.Attack) {
	if i == nil {
		return
	}
	i.UpdateCounts((*window.Distinct).Count)
	f.Add(name, "%s, %s, %s, %s, opened by the window %s: %d failures of %d accounts, %s to %s%s", i.ID, i.Class, i.Severity,
		map[bool]string{true: "closed", false: "open"}[i.Closed()], i.Window, i.Counts.Failures, i.Counts.DistinctUsers, clock(i.Start), clock(i.End),
		map[bool]string{true: fmt.Sprintf(", %d valid credentials", i.Valid.Count())}[i.Valid.Count() > 0])
}

// clock returns a time in Unix milliseconds as text in UTC.
func clock(at int64) string { return event.UnixTime(at).Format("2006-01-02 15:04:05") }
