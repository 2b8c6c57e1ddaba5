package stuffing

import (
	"redshank/analytics/alert"
	"redshank/analytics/event"
)

// admitted judges an account that got in, or whose password was right: from a
// client with an open incident it is a valid credential or somebody at home;
// elsewhere it teaches who lives where.
func (s *Detector) succeeded(ev *event.Event) {
	c, a := s.client(ev), s.account(ev)
	if a == nil {
		return
	}
	got := logon{key: a.key, account: a, from: ev.IP.As16(), agent: ev.AgentHash(), service: ev.Service,
		outcome: ev.Outcome, reason: ev.Reason, proof: ev.Proof}
	got.first = ev.Time.UnixMilli()
	got.last = got.first
	changed := c.addLogon(&got)
	if s.forgive(ev, c, a.key, got.first) || changed {
		s.clients.MarkDirty(c.key)
	}
	if i := s.incidentOfLogon(got.first, c, a, ev); i != nil {
		if s.classifyLogon(i, event.ClientKey(ev.IP.As16()), &got) {
			i.AddEvent(ev)
			s.tracker.Update(i.Incident)
		}
		return
	}
	if ev.Outcome == event.Success {
		s.addKnownClient(c, a, &got)
	}
	s.rememberLogon(ev, got, c)
}

// forgive takes the account's typos back, and reports whether there were any.
func (s *Detector) forgive(ev *event.Event, c *client, key uint64, at int64) bool {
	since := at - s.forgiveness
	return ev.Outcome == event.Success && c.failedSince(since) && c.attempts.Forgive(key, since, at)
}

// incidentOfAdmission is the open incident whose attacker this admission may
// be: the client's own; a campaign that uses the same agent, where the account
// has never been near; or the account's own, under the same conditions.
func (s *Detector) incidentOfLogon(at int64, c *client, a *account, ev *event.Event) *attack {
	if s.inReach(c.incident, at) {
		return c.incident
	}
	if a.hasKnownClientNear(c.key) {
		return nil
	}
	if i := s.campaignOf(ev, at); i != nil {
		return i
	}
	if s.inReach(a.incident, at) && a.incident.usesAgent(ev.AgentHash()) {
		return a.incident
	}
	return nil
}

func (s *Detector) addKnownClient(c *client, a *account, got *logon) {
	changed, moved := a.addKnownClient(c.key, got.first, got.agent)
	if changed {
		s.accounts.MarkDirty(a.key)
	}
	if moved {
		c.logons.knownUsers++
		s.clients.MarkDirty(c.key)
		s.accounts.Protect(a.key) // a real account: invented names must not push it out
		if c.logons.knownUsers == 2 {
			s.clients.Protect(c.key)
		}
	}
}

// judge says what an admission means to an incident, and reports whether it
// changed anything.
func (s *Detector) classifyLogon(i *attack, from event.ClientKey, got *logon) bool {
	k := s.cut(from)
	found := alert.Credential{User: got.account.name, At: event.UnixTime(got.first), How: how(got), Service: got.service}
	resident, own := got.account.knowsClient(k, i.Start, got.agent)
	attacks := i.usesAgent(got.agent) && (!own || i.hasFailed(got.key))
	switch {
	case got.outcome == event.Success && got.proof == event.ProofSession, resident && !attacks:
		i.Familiar.Add(got.key, found)
		s.tracker.MarkDirty(i.Incident)
		return false
	}
	got.account.forgetClient(k)
	s.accounts.MarkDirty(got.key)
	if got.outcome == event.Success {
		s.tracker.Credential(got.account.name, from, got.first)
	}
	switch {
	case !i.Valid.Add(got.key, found):
		return false
	case got.outcome == event.Accepted:
		i.Counts.Accepted++
	default:
		i.Counts.Succeeded++
	}
	i.AddClient(from) // but no span: how long an attack lasts is told by its failures
	i.Services |= 1 << got.service
	i.Changed()
	return true
}

func how(a *logon) string {
	if a.outcome == event.Accepted {
		return "password accepted, stopped by " + a.reason.String() + " (" + a.service.String() + ")"
	}
	return "signed in (" + a.service.String() + ")"
}

// admission is one account's getting in from one client.
type logon struct {
	key         uint64
	account     *account
	from        event.ClientKey // whole address of the last one
	first, last int64
	agent       uint32 // of the last one
	service     event.Service
	outcome     event.Outcome
	reason      event.Reason
	proof       event.Proof
}

// away is how long, in milliseconds, an account may be away and still be on
// the same visit.
const away = 24 * 60 * 60 * 1000

// merge keeps the span of one visit and, of what the log said, the better
// proof: a sign-in over a stopped one, a password over a renewed session. It
// reports whether anything changed that has to be put down.
func (a *logon) merge(b *logon) bool {
	switch {
	case b.first-a.last > away:
		*a = *b
		return true
	case b.first >= a.first && b.last < a.last+timeGrain && b.rank() <= a.rank() && b.agent == a.agent:
		return false
	}
	before, first, last := *a, min(a.first, b.first), max(a.last, b.last)
	if b.rank() >= a.rank() {
		*a = *b
	}
	a.first, a.last = first, last
	moved := movesEnough(before.last, last)
	before.last, before.service = a.last, a.service
	return moved || before != *a
}

func (a *logon) rank() int {
	switch {
	case a.proof == event.ProofSession:
		return 0
	case a.outcome == event.Accepted:
		return 1
	}
	return 2
}
