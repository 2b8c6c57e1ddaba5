package stuffing

import (
	"slices"

	"redshank/analytics/alert"
	"redshank/analytics/event"
)

// A judgement classifies a successful logon from the client of an attack.
type judgement uint8

const (
	unrelated judgement = iota
	legitimate
	renewed // a renewed session, which proves no password
	valid   // the attacker knows the password
)

// credential adds a success to the incident of its client, its campaign or its
// account, and reports whether it is part of one and so must not be learned.
func (s *Detector) credential(ev *event.Event, c *client, a *account, got *signIn) bool {
	s.becomeShared(c, ev.Marks)
	if i := c.incident; s.inReach(i, got.first) {
		switch s.judge(i, c, got) {
		case valid:
			if s.addCredential(i, c, got) {
				i.AddEvent(ev)
				s.tracker.Update(i.Incident)
			}
			if k := s.campaignOfSuccess(c, got); k != nil && s.addCredential(k.incident, c, got) {
				s.tracker.Update(k.incident.Incident)
			}
			return true
		case renewed:
			return true
		}
		if got.strange {
			s.foreignSignIns.add(got)
		}
		return false
	}
	if got.strange {
		s.foreignSignIns.add(got)
	}
	if !got.foreign {
		return false
	}
	i := (*attack)(nil)
	if k := s.campaignOfSuccess(c, got); k != nil {
		i = k.incident
	} else if s.inReach(a.incident, got.first) && a.incident.usesAgent(got.agent) && !a.usedAgent(got.agent, a.incident.Start) && got.password() {
		i = a.incident
	}
	if i == nil {
		s.foreignSignIns.add(got)
		if got.outcome == event.Success {
			s.evidence.level.addSignIn(got.first)
		}
		return false
	}
	if s.addCredential(i, c, got) {
		i.AddEvent(ev)
		s.tracker.Update(i.Incident)
	}
	return true
}

// password reports whether a success proves the password.
func (a *signIn) password() bool { return a.proof != event.ProofSession }

// judge classifies a successful logon with respect to the incident of its
// client, and notes an account that went on as usual.
func (s *Detector) judge(i *attack, c *client, got *signIn) judgement {
	verdict := s.classify(i, c, got)
	if verdict == legitimate && i.Familiar.Wants(got.key, got.first) {
		i.Familiar.Add(got.key, s.newCredential(got))
		s.tracker.MarkDirty(i.Incident)
	}
	return verdict
}

// classify is judge without a trace.
func (s *Detector) classify(i *attack, c *client, got *signIn) judgement {
	if got.outcome == event.Success && !got.password() {
		return renewed
	}
	own, ownAgent := got.account.owns(c.key, i.Start, got.agent)
	usedAgent := got.account.usedAgent(got.agent, i.Start)
	switch {
	case c.unit != nil:
		strange := c.unit.has(got.tool, own, got.first) && !usedAgent
		if !strange || own && !c.unit.strange && !i.hasFailed(got.key) {
			return legitimate
		}
	case own && !(i.usesAgent(got.agent) && (!ownAgent || i.hasFailed(got.key))):
		return legitimate
	case c.unit == nil && !got.foreign && i.namesAgents() && windowsSignIn(got):
		return renewed // the record of another log names the program
	case !got.foreign && got.agent != 0 && !i.usesAgent(got.agent) && len(i.agentIDs) < maxAgents && !i.hasFailed(got.key):
		return legitimate // neither the network nor the program is the attacker's
	case usedAgent && !i.usesAgent(got.agent) && s.population.Established(subnetFeature(c.key), got.first) > 2:
		return legitimate // a guest of a place where others come and go
	}
	return valid
}

// windowsSignIn reports whether a success is known from the Windows log only, which
// names no program.
func windowsSignIn(got *signIn) bool { return got.service == event.Windows && got.agent == 0 }

// onlyCounted adds a success to an incident that lists no more credentials, if
// that is all there is to do: the client is not shared, and the success is the
// attacker's. Many thousand successes of one attack then cost little, and they
// are not named in a campaign of which the client is part.
func (s *Detector) onlyCounted(ev *event.Event, c *client, a *account) bool {
	i, at := c.incident, ev.Time.UnixMilli()
	if c.unit != nil || !s.inReach(i, at) || !i.Valid.Full(at) || s.shared(c, ev.Marks) {
		return false
	}
	got := signIn{key: a.key, account: a, from: ev.IP.As16(), agent: programOf(ev), tool: s.tools.of(ev), app: appOf(ev),
		service: ev.Service, family: ev.Family, outcome: ev.Outcome, proof: ev.Proof, first: at}
	got.foreign = foreign(c, &got)
	switch s.classify(i, c, &got) {
	case legitimate:
		return false
	case valid:
		if s.addCredential(i, c, &got) {
			s.tracker.Update(i.Incident)
		}
	}
	return true
}

// addCredential names an account as known to the attacker. It reports whether
// the account is a new one.
func (s *Detector) addCredential(i *attack, c *client, got *signIn) bool {
	if got.account.forget(c.key) {
		s.accounts.MarkDirty(got.key)
		for _, f := range s.features(c, got.tool, got.app) {
			s.population.Forget(f, got.key)
		}
	}
	if got.outcome == event.Success && got.account.stolen.due(got.first) {
		s.tracker.Credential(got.account.name, got.from, got.first)
	}
	isNew := false
	if i.Valid.Wants(got.key, got.first) {
		isNew = i.Valid.Add(got.key, s.newCredential(got))
	} else {
		isNew = i.Valid.CountAccount(got.key)
	}
	switch {
	case !isNew:
		return false
	case got.outcome == event.Accepted:
		i.Counts.Accepted++
	default:
		i.Counts.Succeeded++
	}
	i.AddClient(got.from) // the duration of an attack depends on its failures only
	i.Services |= 1 << got.service
	i.Changed()
	return true
}

// reports limits how often the other analytics learn of one account's successes in
// attacks: again after a minute, and each time after four times as long, up to a day.
type reports struct {
	minute int32 // of the last one
	sent   uint8
}

// due reports whether a success at a time is to be reported, and counts it.
func (r *reports) due(at int64) bool {
	now := int32(at / minute)
	pause := int32(1) << (2 * min(max(r.sent, 1)-1, 5)) // at most 17 hours
	switch {
	case r.sent == 0:
	case now < r.minute+pause && now > r.minute-pause:
		return false
	case now >= r.minute+day/minute:
		r.sent = 0
	}
	r.minute, r.sent = now, min(r.sent, 6)+1
	return true
}

func (s *Detector) newCredential(got *signIn) alert.Credential {
	found := alert.Credential{User: got.account.name, At: event.UnixTime(got.first), How: how(got), IP: got.from.Addr(), Service: got.service}
	if got.text != nil {
		found.Agent, found.App, found.Record = got.text.agent, got.text.app, got.text.record
	}
	return found
}

func how(a *signIn) string {
	if a.outcome == event.Accepted {
		return "password accepted, stopped by " + a.reason.String() + " (" + a.service.String() + ")"
	}
	return signedIn[a.service]
}

// signedIn holds the text "signed in (SERVICE)" of each service, built once.
var signedIn = func() (text [event.Windows + 1]string) {
	for s := range text {
		text[s] = "signed in (" + event.Service(s).String() + ")"
	}
	return text
}()

// maxForeignSignIns bounds the successes from foreign networks that are kept
// for a campaign that has not opened yet: about 250 bytes each.
const maxForeignSignIns = 4096

// foreignSignIns are the latest successes from networks foreign to the account,
// in order of arrival.
type foreignSignIns struct {
	list  []signIn
	next  int
	dirty map[int]struct{} // places in list that changed; nil: changes are not tracked
}

func (f *foreignSignIns) add(got *signIn) {
	if f.dirty != nil {
		f.dirty[f.place()] = struct{}{}
	}
	if len(f.list) < maxForeignSignIns {
		f.list = append(f.list, *got)
		return
	}
	f.list[f.next] = *got
	f.next = (f.next + 1) % maxForeignSignIns
}

func (f *foreignSignIns) place() int {
	if len(f.list) < maxForeignSignIns {
		return len(f.list)
	}
	return f.next
}

// lookBack adds the successes of a campaign that came before it opened.
func (s *Detector) lookBack(k *campaign) {
	for n := range s.foreignSignIns.list {
		got := &s.foreignSignIns.list[n]
		if got.first < k.began-s.slow || got.first > k.end+k.pause {
			continue
		}
		c, ok := s.clients.Peek(s.cut(got.from))
		if !ok || got.account.usedBefore(c, got) {
			continue
		}
		if s.inReach(c.incident, got.first) {
			if s.judge(c.incident, c, got) != valid {
				continue
			}
		}
		if s.campaignOfSuccess(c, got) == k {
			s.addCredential(k.incident, c, got)
		}
	}
}

// lookBackFrom adds the successes of a client that came before it became part of
// a campaign.
func (s *Detector) lookBackFrom(k *campaign, c *client) {
	for _, entry := range c.signIns() {
		got := entry.signIn
		if got.foreign && !got.account.usedBefore(c, got) && !s.inReach(c.incident, got.first) && s.campaignOfSuccess(c, got) == k {
			s.addCredential(k.incident, c, got)
		}
	}
}

// lookBackAt adds the successes at a shared address that came before its
// incident opened.
func (s *Detector) lookBackAt(i *attack, c *client) {
	for n := range s.foreignSignIns.list {
		got := &s.foreignSignIns.list[n]
		if s.cut(got.from) == c.key && got.first >= i.Start-hour && got.first <= i.End+hour && s.judge(i, c, got) == valid {
			s.addCredential(i, c, got)
		}
	}
}

// usedBefore reports whether the account went on to use the client for so long
// that the first success was its own.
func (a *account) usedBefore(c *client, got *signIn) bool {
	return slices.ContainsFunc(a.known, func(h knownClient) bool { return h.client == c.key && h.last >= got.first+day })
}
