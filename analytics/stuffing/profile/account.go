package profile

import (
	"redshank/analytics/event"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/window"
)

// Account is the profile of one account.
type Account struct {
	Key      uint64 // hash of the name
	Name     string
	Known    []KnownClient   // at most maxKnownClients
	Attempts window.Attempts // from networks foreign to the account, at most MaxAttempts
	Incident *attack.Attack  // the last incident it alone was the subject of
	Stolen   Reports         // of its successes in attacks
	Stale    StaleProgram    // that has an old password

	failedHour int32 // of its last failure that is its own, in hours from 1970
}

// FailsInHour notes that the owner of an account fails at a time, and reports whether that
// is the first time in its hour.
func (a *Account) FailsInHour(at int64) bool {
	now := int32(at / event.Hour)
	isNew := now != a.failedHour
	a.failedHour = now
	return isNew
}

// StaleProgram is a program of an account that tries an old password by IMAP, POP or
// SMTP at the networks of the account. It tries it wherever it is taken.
type StaleProgram struct {
	minute   int32 // Unix minute of its last failure there
	failures uint8 // with less than a day between two, at most staleFailures
}

// staleFailures is how many failures at networks of an account show that a program of
// it has an old password, staleFor how long its failures elsewhere count as those of
// the same program: over a weekend.
const (
	staleFailures = 4
	staleFor      = 3 * event.Day
)

// AddFailure counts a failure at a network of the account, and reports whether that
// changed anything that has to be saved.
func (p *StaleProgram) AddFailure(at int64) bool {
	before, now := *p, int32(at/event.Minute)
	if now > p.minute+int32(event.Day/event.Minute) {
		p.failures = 0
	}
	p.minute, p.failures = max(p.minute, now), min(p.failures+1, staleFailures)
	return p.failures != before.failures || movesEnough(int64(before.minute)*event.Minute, int64(p.minute)*event.Minute)
}

// Made reports whether an attempt elsewhere is one of the program's.
func (p *StaleProgram) Made(t *window.Attempt) bool {
	return t.Agent == MailProtocols && p.failures >= staleFailures && abs(t.At-int64(p.minute)*event.Minute) <= staleFor
}

// OwnProgram reports whether a failure is that of the account's own mail program on its way: a
// telephone with an old password fails from many networks. a may be nil.
func (a *Account) OwnProgram(t *window.Attempt) bool {
	return a != nil && (IsMail(t) && a.UsedAgent(t.Agent, t.At) || a.Stale.Made(t))
}

// Reports limits how often the other analytics learn of one account's successes in
// attacks: again after a minute, and each time after four times as long, up to a day.
type Reports struct {
	minute int32 // of the last one
	sent   uint8
}

// Due reports whether a success at a time is to be reported, and counts it.
func (r *Reports) Due(at int64) bool {
	now := int32(at / event.Minute)
	pause := int32(1) << (2 * min(max(r.sent, 1)-1, 5)) // at most 17 hours
	switch {
	case r.sent == 0:
	case now < r.minute+pause && now > r.minute-pause:
		return false
	case now >= r.minute+event.Day/event.Minute:
		r.sent = 0
	}
	r.minute, r.sent = now, min(r.sent, 6)+1
	return true
}

// SeveralNetworks is the number of networks that an account fails from at a time
// only if somebody guesses its password: its own programs fail from two, with a
// laptop at one place and a telephone at another.
const SeveralNetworks = 3

// FailsFromSeveral reports whether the account fails from several networks foreign to
// it in the hour before or after a time, from each for at least half of the hour.
// Telephones, which change networks on their way, do not count.
func (a *Account) FailsFromSeveral(at int64) bool {
	if a == nil {
		return false
	}
	var networks [maxKnownClients]struct {
		subnet event.ClientKey
		newest int64
		long   bool
	}
	n, long := 0, 0
	all := a.Attempts.All()
	for i := len(all) - 1; i >= 0 && all[i].At > at-event.Hour; i-- {
		if all[i].At >= at+event.Hour || IsMail(&all[i]) {
			continue
		}
		subnet, place := event.ClientKey(all[i].Client).Subnet(), 0
		for place < n && networks[place].subnet != subnet {
			place++
		}
		if place == len(networks) {
			continue
		}
		w := &networks[place]
		if place == n {
			n++
			w.subnet, w.newest = subnet, all[i].At
		}
		if !w.long && all[i].At <= w.newest-event.Hour/2 {
			w.long = true
			long++
		}
	}
	return long >= SeveralNetworks
}
