package stuffing

import (
	"github.com/cespare/xxhash/v2"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// succeeded handles a sign-in, or a password that was right. From the cluster of an
// open incident it is a valid credential; otherwise the client becomes one of the
// account's known clients.
func (s *Detector) succeeded(ev *event.Event) {
	c, a := s.client(ev), s.account(ev)
	if a == nil || s.onlyCounted(ev, c, a) {
		return
	}
	got := s.newSignIn(ev, c, a)
	here, changed := c.addSignIn(&got)
	unusual := got.foreign || got.strange || changed && here.text == nil && !a.knows(c.key)
	if here.text.isReplaced(&got, unusual, len(ev.Agent) > 0) {
		here.text = &signInText{at: got.first, tool: got.tool, agent: s.texts.of(ev.AgentText()), app: s.texts.of(ev.App), record: recordOf(ev)}
	}
	got.text = here.text
	if s.forgive(ev, c, &got) || changed {
		s.clients.MarkDirty(c.key)
	}
	if s.credential(ev, c, a, &got) {
		return
	}
	if ev.Outcome == event.Success {
		s.learn(c, a, &got, here)
	}
}

// newSignIn keeps the text of a sign-in only if it may be an attacker's: from an
// address that the account has not used.
func (s *Detector) newSignIn(ev *event.Event, c *client, a *account) signIn {
	got := signIn{key: a.key, account: a, from: ev.IP.As16(), agent: programOf(ev), tool: s.tools.of(ev), app: appOf(ev), service: ev.Service,
		family: ev.Family, outcome: ev.Outcome, reason: ev.Reason, proof: ev.Proof, first: ev.Time.UnixMilli(), hours: 1}
	got.last = got.first
	got.foreign = foreign(c, &got)
	got.strange = !got.foreign && s.population.Learned(got.first, 1) && !a.usedAgent(got.agent, got.first) && s.rare(toolFeature(got.tool), got.first)
	return got
}

// foreign reports whether a success comes from a network that its account did not
// know, or knows only from another log's record of the same sign-in.
func foreign(c *client, got *signIn) bool {
	t := window.Attempt{Agent: got.agent, Family: got.family, Service: got.service}
	return !got.account.familiar(c, &t, got.first) || got.account.justArrived(c.key, got.agent, got.first)
}

func recordOf(ev *event.Event) string {
	var record [event.MaxRecord]byte
	return string(ev.AppendRecord(record[:0]))
}

// texts are the latest agents and applications, so that equal texts of the sign-ins
// in an attack share memory.
type texts [64]string

// of returns a copy of text of at most event.MaxText bytes.
func (t *texts) of(text []byte) string {
	text = text[:min(len(text), event.MaxText)]
	kept := &t[xxhash.Sum64(text)%uint64(len(t))]
	if *kept != string(text) {
		*kept = string(text)
	}
	return *kept
}

// forgive removes the account's typos, and reports whether there were any.
func (s *Detector) forgive(ev *event.Event, c *client, got *signIn) bool {
	since := got.first - s.forgiveness
	if ev.Outcome != event.Success || !c.failedSince(since) {
		return false
	}
	shared := s.shared(c, ev.Marks)
	typo := func(t *window.Attempt) bool {
		return t.Key == got.key && (!shared || sameProgram(t, got.agent, got.tool))
	}
	if !c.attempts.Forgive(since, got.first, typo) {
		return false
	}
	s.evidence.forgive(c.key, got.key, since, got.first, typo)
	return true
}

// sameProgram reports whether an attempt may have been made with the program of a
// success. Behind a shared address somebody else may try the account at the same
// time. Often one of two logs names no agent.
func sameProgram(t *window.Attempt, agent, tool uint32) bool {
	return t.Agent == agent || t.Tool == tool || t.Agent == 0 || agent == 0
}

// learn makes the client a known client of the account, and counts the account as a
// user of its tool, network and owner.
func (s *Detector) learn(c *client, a *account, got, here *signIn) {
	changed, added := a.addKnown(c.key, c.owner, got.first, got.agent, got.family)
	if changed {
		s.accounts.MarkDirty(a.key)
	}
	if added {
		s.accounts.Protect(a.key) // an existing account: invented names must not evict it
	}
	s.mature(c, here)
	if today := int32(got.first / day); today != here.learned || here.tool != here.learnedTool {
		here.learned, here.learnedTool = today, here.tool
		s.count(c, a.key, here, got.first)
	}
}

// count adds a sign-in to the features that the tenant's accounts share.
func (s *Detector) count(c *client, account uint64, got *signIn, at int64) {
	s.population.AddAccount(account, at)
	odd := s.oddOwner(c, at)
	for n, f := range s.features(c, got.tool, got.app) {
		if n == traitOddTool && !odd {
			continue
		}
		s.population.Add(f, account, at)
	}
	s.population.Add(ownerFeature(c.owner), account, at)
	s.population.Add(subnetFeature(c.key).And(toolFeature(got.tool)), account, at)
}

// mature counts the account among the known users of a client once it has
// signed in from there for a while.
func (s *Detector) mature(c *client, here *signIn) {
	if here.counted || c.users == nil {
		return
	}
	for i := range here.account.known {
		h := &here.account.known[i]
		if h.client != c.key {
			continue
		}
		if h.counted || !h.owned(h.last+1) {
			here.counted = h.counted
			return
		}
		h.counted, here.counted = true, true
		c.users.known++
		s.clients.MarkDirty(c.key)
		s.accounts.MarkDirty(here.key)
		if c.users.known == 2 {
			s.clients.Protect(c.key)
		}
	}
}

// signIn holds the successful sign-ins of one account from one client.
type signIn struct {
	key         uint64
	account     *account
	from        event.ClientKey // whole address of the last one
	first, last int64
	hours       uint64      // bit n: a success in the n-th hour before that of last
	text        *signInText // nil where the address is the account's own
	agent       uint32      // of the last one
	tool        uint32
	app         uint32 // the application, or the service where the log names none
	learnedTool uint32
	learned     int32 // day on which it was last counted in the population
	family      event.Family
	service     event.Service
	outcome     event.Outcome
	reason      event.Reason
	proof       event.Proof
	strange     bool // the network is the account's own, but hardly anybody uses the tool
	foreign     bool // the account did not know the network
	counted     bool // the account is among the client's known users
}

// signInText is the text of a sign-in for an alert.
type signInText struct {
	at                 int64
	tool               uint32
	agent, app, record string
}

// isReplaced reports whether the text of another sign-in replaces t, which may be nil.
// The first sign-in with a program counts, and of two logs of one sign-in the one that
// names the user agent. unusual reports whether the sign-in may turn out to be the
// attack's, named whether its log names the agent.
func (t *signInText) isReplaced(got *signIn, unusual, named bool) bool {
	switch {
	case t == nil:
		return unusual
	case abs(got.first-t.at) <= window.JoinWithin && (t.agent != "") != named:
		return named
	}
	return unusual && (t.tool != got.tool || got.first < t.at)
}

// away is the longest pause within one session, in milliseconds.
const away = 24 * 60 * 60 * 1000

// merge extends a session by another sign-in and keeps the better proof of the two:
// a sign-in over a stopped one, a password over a renewed session. It reports
// whether anything changed that must be saved.
func (a *signIn) merge(b *signIn) bool {
	switch {
	case b.first-a.last > away:
		counted := a.counted
		*a = *b
		a.counted = counted
		return true
	case b.first >= a.first && b.last < a.last+timeGrain && b.rank() <= a.rank() && b.agent == a.agent && b.tool == a.tool && a.activeInHours(b.first/hour, b.last/hour):
		return false
	}
	before, first, last := *a, min(a.first, b.first), max(a.last, b.last)
	hours := a.hours<<(last/hour-a.last/hour) | b.hours<<(last/hour-b.last/hour)
	if b.rank() >= a.rank() {
		*a = *b
		a.text, a.foreign = before.text, before.foreign || b.foreign
		a.learned, a.learnedTool, a.counted = before.learned, before.learnedTool, before.counted
	}
	a.first, a.last, a.hours = first, last, hours
	moved := movesEnough(before.last, last)
	before.last, before.service = a.last, a.service
	return moved || before != *a
}

// hoursKept is the number of hours before the last success that are stored
// individually.
const hoursKept = 64

// activeBetween reports whether the account signed in between two times, to the
// hour.
func (a *signIn) activeBetween(from, to int64) bool {
	return a.first <= to && a.last >= from && a.activeInHours(from/hour, to/hour)
}

// activeInHours reports whether the account signed in during the hours from one to
// another, counted from 1970. Hours more than hoursKept before the last success all
// count.
func (a *signIn) activeInHours(from, to int64) bool {
	newest := a.last / hour
	low, high := max(0, newest-to), newest-from
	switch {
	case high < 0:
		return false
	case high >= hoursKept:
		return true
	}
	return a.hours>>low&(1<<(high-low+1)-1) != 0
}

func (a *signIn) rank() int {
	switch {
	case a.proof == event.ProofSession:
		return 0
	case a.outcome == event.Accepted:
		return 1
	}
	return 2
}
