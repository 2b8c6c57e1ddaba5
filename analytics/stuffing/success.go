package stuffing

import (
	"github.com/cespare/xxhash/v2"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// succeeded judges an account that got in, or whose password was right: from
// the cluster of an open incident it is a valid credential; elsewhere it teaches
// which clients are the account's own.
func (s *Detector) succeeded(ev *event.Event) {
	c, a := s.client(ev), s.account(ev)
	if a == nil || s.onlyCounted(ev, c, a) {
		return
	}
	got := s.newSignIn(ev, c, a)
	here, changed := c.addSignIn(&got)
	if got.foreign || got.strange {
		if here.text == nil || here.text.tool != got.tool || got.first < here.text.at {
			here.text = &signInText{at: got.first, tool: got.tool, agent: s.texts.of(ev.AgentText()), app: s.texts.of(ev.App), record: recordOf(ev)}
		}
		got.text = here.text
	}
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

// newSignIn keeps the text of a sign-in only where it may turn out to be the
// attack's: from a network foreign to the account.
func (s *Detector) newSignIn(ev *event.Event, c *client, a *account) signIn {
	got := signIn{key: a.key, account: a, from: ev.IP.As16(), agent: ev.AgentHash(), tool: s.tools.of(ev), app: appOf(ev), service: ev.Service,
		family: ev.Family, outcome: ev.Outcome, reason: ev.Reason, proof: ev.Proof, first: ev.Time.UnixMilli(), hours: 1}
	got.last = got.first
	got.foreign = !a.familiar(c, &window.Attempt{Agent: got.agent, Family: ev.Family, Service: ev.Service}, got.first)
	got.strange = !got.foreign && s.population.Learned(got.first, 1) && !a.usedAgent(got.agent, got.first) && s.rare(toolFeature(got.tool), got.first)
	return got
}

func recordOf(ev *event.Event) string {
	var record [event.MaxRecord]byte
	return string(ev.AppendRecord(record[:0]))
}

// texts are the agents and applications of late, so that the same text is not
// copied for each sign-in in an attack.
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

// forgive takes the account's typos back, and reports whether there were any.
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
	s.evidence.forgive(c.key, since, got.first, typo)
	return true
}

// sameProgram reports whether an attempt may have been made with the program of a
// success: behind a shared address somebody else may try the account at the same
// time. One of two logs often names no agent.
func sameProgram(t *window.Attempt, agent, tool uint32) bool {
	return t.Agent == agent || t.Tool == tool || t.Agent == 0 || agent == 0
}

// learn makes the client one of the account's own, and counts the account among
// those that sign in with its tool, from its network and its owner.
func (s *Detector) learn(c *client, a *account, got, here *signIn) {
	changed, added := a.addKnown(c.key, c.owner, got.first, got.agent, got.family)
	if changed {
		s.accounts.MarkDirty(a.key)
	}
	if added {
		s.accounts.Protect(a.key) // a real account: invented names must not push it out
	}
	s.mature(c, here)
	if today := int32(got.first / day); today != here.learned || here.tool != here.learnedTool {
		here.learned, here.learnedTool = today, here.tool
		s.count(c, a.key, here, got.first)
	}
}

// count adds a sign-in to what the tenant's accounts have in common.
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

// signIn is one account's getting in from one client.
type signIn struct {
	key         uint64
	account     *account
	from        event.ClientKey // whole address of the last one
	first, last int64
	hours       uint64      // bit n: a success in the n-th hour before that of last
	text        *signInText // nil where the network is the account's own
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

// signInText is what an alert says of a sign-in beside its numbers.
type signInText struct {
	at                 int64
	tool               uint32
	agent, app, record string
}

// away is how long, in milliseconds, an account may be away and still be in
// the same session.
const away = 24 * 60 * 60 * 1000

// merge keeps the span of one session and, of what the log said, the better
// proof: a sign-in over a stopped one, a password over a renewed session. It
// reports whether anything changed that has to be saved.
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

// hoursKept is how many hours before the last success are told apart.
const hoursKept = 64

// activeBetween reports whether the account got in between two times. Within its
// session that is known to the hour.
func (a *signIn) activeBetween(from, to int64) bool {
	return a.first <= to && a.last >= from && a.activeInHours(from/hour, to/hour)
}

// activeInHours reports whether the account got in during the hours from one to
// another, since 1970. More than hoursKept hours before the last success all count.
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
