package analytics

import (
	"redshank/analytics/event"
)

// succeeded judges an account that got in, or whose password was right: from
// the cluster of an open incident it is a valid credential; elsewhere it teaches
// which clients are the account's own.
func (s *stuffing) succeeded(ev *event.Event, known *acquaintance) {
	if s.continues(ev, known) {
		return
	}
	c, a := s.client(ev, known), s.account(ev, known)
	if a == nil {
		return
	}
	a.endSession(c.key)
	got := s.newSignIn(ev, c, a)
	here, changed := c.addSignIn(&got)
	if s.forgive(ev, c, a.key, got.first) || changed {
		s.clients.Touch(c.key)
	}
	if s.credential(ev, c, a, &got) {
		return
	}
	if ev.Outcome == event.Success {
		s.learn(c, a, &got, here)
		known.stay = here
	}
}

// newSignIn keeps the text of a sign-in only where it may turn out to be the
// attack's: from a network foreign to the account.
func (s *stuffing) newSignIn(ev *event.Event, c *client, a *account) signIn {
	got := signIn{key: a.key, account: a, from: ev.IP.As16(), agent: ev.AgentHash(), tool: s.tools.of(ev), app: appOf(ev), service: ev.Service,
		outcome: ev.Outcome, reason: ev.Reason, proof: ev.Proof, first: ev.Time.UnixMilli()}
	got.last = got.first
	got.foreign = !a.familiar(c.key, c.owner, got.agent, got.first)
	got.strange = !got.foreign && !a.usedAgent(got.agent, got.first) && s.rare(toolFeature(got.tool), got.first)
	if got.foreign || got.strange {
		got.text = &signInText{agent: clip(ev.AgentText()), app: clip(ev.App), record: clip(ev.ID)}
	}
	return got
}

func clip(b []byte) string { return string(b[:min(len(b), maxKeptText)]) }

// continues takes a sign-in like the last one of the account at one of its own
// clients: the common case on a mail server. It only moves the last time of
// both. What it does not take is looked at in full by succeeded, which comes to
// the same.
func (s *stuffing) continues(ev *event.Event, known *acquaintance) bool {
	session, at := known.stay, ev.Time.UnixMilli()
	if session == nil || !session.known || !session.like(ev) || at < session.last || at-session.last > away || session.tool != s.tools.of(ev) {
		return false
	}
	c, hasClient := s.clients.Recall(&known.client)
	_, hasAccount := s.accounts.Recall(&known.account)
	if !hasClient || !hasAccount || s.inReach(c.incident, at) || at/day != int64(session.learned) {
		return false
	}
	if c.added != session.added || c.triedSince(session.last) {
		if s.forgive(ev, c, session.key, at) {
			s.clients.Touch(c.key)
		}
		session.added = c.added
	}
	if moves(session.last, at) {
		s.clients.Touch(c.key)
		s.accounts.Touch(session.key)
		s.mature(c, session)
	}
	if at >= session.last+grain {
		session.last, session.service = at, ev.Service
	}
	return true
}

// forgive takes the account's typos back, and reports whether there were any.
func (s *stuffing) forgive(ev *event.Event, c *client, key uint64, at int64) bool {
	since := at - s.forgiveness
	if ev.Outcome != event.Success || !c.triedSince(since) || !c.tries.Forgive(key, since, at) {
		return false
	}
	s.evidence.forgive(c.key, key, since, at)
	return true
}

// learn makes the client one of the account's own, and counts the account among
// those that sign in with its tool, from its network and its owner.
func (s *stuffing) learn(c *client, a *account, got, here *signIn) {
	h, changed, added := a.addKnown(c.key, c.owner, got.first, got.agent)
	if changed {
		s.accounts.Touch(a.key)
	}
	if added {
		s.accounts.Promote(a.key) // a real account: invented names must not push it out
	}
	if h.first < here.last && h.uses(here.agent) {
		h.session, here.known = here, true
	}
	s.mature(c, here)
	if today := int32(got.first / day); today != here.learned || here.tool != here.learnedTool {
		here.learned, here.learnedTool = today, here.tool
		s.count(c, a.key, here, got.first)
	}
}

// count adds a sign-in to what the tenant's accounts have in common.
func (s *stuffing) count(c *client, account uint64, got *signIn, at int64) {
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
func (s *stuffing) mature(c *client, here *signIn) {
	if here.counted || c.users == nil {
		return
	}
	for i := range here.account.known {
		h := &here.account.known[i]
		if h.client != c.key {
			continue
		}
		if h.counted || !h.owned(h.latest()+1) {
			here.counted = h.counted
			return
		}
		h.counted, here.counted = true, true
		c.users.known++
		s.clients.Touch(c.key)
		s.accounts.Touch(here.key)
		if c.users.known == 2 {
			s.clients.Promote(c.key)
		}
	}
}

// signIn is one account's getting in from one client.
type signIn struct {
	key         uint64
	account     *account
	from        clientKey // whole address of the last one
	first, last int64
	text        *signInText // nil where the network is the account's own
	agent       uint32      // of the last one
	tool        uint32
	app         uint32 // the application, or the service where the log names none
	learnedTool uint32
	learned     int32  // day on which it was last counted in the population
	added       uint32 // attempts of the client when its typos were last forgiven
	service     event.Service
	outcome     event.Outcome
	reason      event.Reason
	proof       event.Proof
	strange     bool // the network is the account's own, but hardly anybody uses the tool
	foreign     bool // the account did not know the network
	known       bool // the client is one of the account's own, which goes by last, and knows agent
	counted     bool // the account is among the client's known users
}

// signInText is what an alert says of a sign-in beside its numbers.
type signInText struct{ agent, app, record string }

// belongTo makes up for an account that the table has forgotten and met again.
func (a *signIn) belongTo(account *account, at clientKey) {
	if a.account != account {
		a.account.endSession(at)
		a.account = account
	}
}

// like tells whether a sign-in adds nothing but a time.
func (a *signIn) like(ev *event.Event) bool {
	return a.agent == ev.AgentHash() && a.outcome == ev.Outcome && a.reason == ev.Reason && a.proof == ev.Proof &&
		a.from == clientKey(ev.IP.As16())
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
	case b.first >= a.first && b.last < a.last+grain && b.rank() <= a.rank() && b.agent == a.agent && b.tool == a.tool:
		return false
	}
	before, first, last := *a, min(a.first, b.first), max(a.last, b.last)
	if b.rank() >= a.rank() {
		text, foreign := a.text, a.foreign
		*a = *b
		a.learned, a.learnedTool, a.counted = before.learned, before.learnedTool, before.counted
		if foreign && text != nil && before.rank() == b.rank() {
			a.text, a.foreign = text, true // the first record of the session
		}
	}
	a.first, a.last = first, last
	moved := moves(before.last, last)
	before.last, before.service, before.added = a.last, a.service, a.added
	return moved || before != *a
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
