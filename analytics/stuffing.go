package analytics

import (
	"net/netip"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/window"
)

var ruleStuffing = Rule{ID: "AN1269", Name: "Leaked credentials tried against mail", Version: "1"}

// stuffing is AN1269: leaked credential pairs tried against OWA, Microsoft 365
// or Exchange from one client, with multiple failures; and the same spread
// over many clients.
//
// Read it from observe down. A failure goes to the incident that its client,
// its campaign or its account is already part of, or else into the short lists
// from which a new incident may open. A success goes to the incident of its
// client as a valid credential, or else into the memory of who lives where.
type stuffing struct {
	policy    *policy.Policy
	desk      *desk
	clients   *window.Table[clientKey, *client]
	accounts  *window.Table[uint64, *account]
	campaigns *window.Table[uint64, *campaign]

	burst, slow, forgiveness int64 // milliseconds
	scratch                  []weighed
}

// maxCampaigns bounds the lists of the distributed form, in agents, apps and
// networks watched at a time.
const maxCampaigns = 16384

func newStuffing(opts Options, d *desk) *stuffing {
	t := &opts.Policy.Stuffing
	return &stuffing{
		policy:      opts.Policy,
		desk:        d,
		clients:     window.NewTable[clientKey, *client](opts.MaxIPs),
		accounts:    window.NewTable[uint64, *account](opts.MaxUsers),
		campaigns:   window.NewTable[uint64, *campaign](maxCampaigns),
		burst:       t.Window.Burst.Milliseconds(),
		slow:        t.Window.Slow.Milliseconds(),
		forgiveness: t.Forgiveness.Milliseconds(),
	}
}

// concerns tells whether the event can be part of a stuffing attack at all.
func concerns(ev *event.Event) bool {
	const ignored = event.AllowedNetwork | event.IgnoredAccount | event.KnownAutomation | event.MicrosoftRange
	switch {
	case ev.Action != event.SignIn && ev.Action != event.MailAccess,
		ev.Marks&ignored != 0, ev.Family == event.Probe,
		!ev.IP.IsValid(), ev.IP.IsLoopback(), ev.IP.IsUnspecified(), ev.IP.IsLinkLocalUnicast():
		return false
	}
	return ev.UserKind == event.UserPerson || ev.UserKind == event.UserObject || ev.UserKind == event.UserUnknown
}

func (s *stuffing) observe(ev *event.Event) {
	if !concerns(ev) {
		return
	}
	switch ev.Outcome {
	case event.Failure:
		s.failed(ev)
	case event.Success, event.Accepted:
		s.admitted(ev)
	}
}

// failed finds the incident that a failure belongs to, or adds it to the
// evidence from which one may open: its client's first, then the campaigns',
// then its account's.
func (s *stuffing) failed(ev *event.Event) {
	c, a := s.client(ev), s.account(ev)
	t := newTry(ev, a)
	if i := s.incidentOf(t.At, c, a, ev); i != nil {
		if i.fail(t, ev) {
			s.regrade(i)
		} else {
			s.desk.mark(i)
		}
		return
	}
	s.clients.Touch(c.key)
	if c.tries.Add(t, maxTries) == window.Joined {
		return
	}
	c.tries.Prune(t.At - 2*s.slow)
	if _, two := twoAccounts(c.tries.All()); two {
		s.clients.Promote(c.key) // evidence that a flood must not push out
	}
	if why := s.opens(c, t.At); why != "" {
		s.open(c, why, t.At, ev)
		return
	}
	s.spread(ev, t, c, a)
}

// incidentOf is the open incident a failure at this time is part of. A client
// that fails within the reach of an open campaign joins it.
func (s *stuffing) incidentOf(at int64, c *client, a *account, ev *event.Event) *incident {
	if s.inReach(c.incident, at) {
		return c.incident
	}
	if nearHome(a, c.key) {
		return nil
	}
	if i := s.campaignOf(ev, at); i != nil {
		c.incident = i
		s.clients.Touch(c.key)
		return i
	}
	if a != nil && s.inReach(a.incident, at) {
		return a.incident
	}
	return nil
}

func nearHome(a *account, k clientKey) bool { return a != nil && a.nearHome(k) }

// inReach tells whether an event at this time still belongs to the incident:
// up to the slow window before it began and the quiet time after it ended.
func (s *stuffing) inReach(i *incident, at int64) bool {
	return i != nil && at >= i.start-s.slow && at <= i.end+s.policy.Alerts.Quiet.Milliseconds()
}

// opens names the horizon in which the client's tries make an incident.
func (s *stuffing) opens(c *client, at int64) string {
	t := &s.policy.Stuffing
	why := ""
	s.windows(c, at, s.burst, func(w *weight) bool {
		if w.opens(t.MailboxLoginThreshold.Burst, t.FailureThreshold.Burst) {
			why = "burst"
		}
		return why != ""
	})
	if why != "" {
		return why
	}
	s.windows(c, at, s.slow, func(w *weight) bool {
		switch {
		case w.opens(t.MailboxLoginThreshold.Slow, t.FailureThreshold.Slow):
			why = "slow"
		case w.leaked >= t.MailboxLoginThreshold.Leaked && w.leaked == w.foreign+w.residents:
			why = "leaked"
		}
		return why != ""
	})
	return why
}

func (s *stuffing) windows(c *client, at, length int64, f func(*weight) bool) {
	least := s.policy.Stuffing.MailboxLoginThreshold.Leaked
	c.tries.Windows(at, length, func(run []window.Try) bool {
		if len(run) < least { // nearly every call ends here
			return false
		}
		w := s.weigh(c, run)
		return f(&w)
	})
}

// open turns a client's tries into an incident and looks back for accounts
// that got in before the threshold was crossed.
func (s *stuffing) open(c *client, why string, at int64, ev *event.Event) {
	i := s.desk.open(&ruleStuffing, c.key.addr().String(), s.began(&c.tries, at))
	i.span(at)
	i.client, i.prefix, i.opened = ev.IP, s.prefix(c.key), why
	i.labels = s.policy.NetworkLabels(i.client)
	s.begin(i)
	i.describe(ev)
	s.adopt(i, c)
	s.regrade(i)
}

// began is the time of the earliest try that can belong to an incident at the
// given time.
func (s *stuffing) began(tries *window.Tries, at int64) int64 {
	for _, t := range tries.All() {
		if t.At >= at-s.slow {
			return min(t.At, at)
		}
	}
	return at
}

// begin sets from where on the severity is high: twice the accounts and ten
// times the failures that open.
func (s *stuffing) begin(i *incident) {
	t := &s.policy.Stuffing
	i.bars.users, i.bars.failures = 2*t.MailboxLoginThreshold.Burst, 10*t.FailureThreshold.Burst
}

// adopt moves all that a client did within reach into an incident.
func (s *stuffing) adopt(i *incident, c *client) {
	for _, t := range c.tries.Take() {
		if s.inReach(i, t.At) {
			i.fail(t, nil)
		}
	}
	c.incident = i
	s.clients.Touch(c.key)
	s.clients.Promote(c.key)
	for n := range c.admitted {
		if a := &c.admitted[n]; s.inReach(i, a.last) {
			s.judge(i, a.from, a)
		}
	}
}

// admitted judges an account that got in, or whose password was right: from a
// client with an open incident it is a valid credential or somebody at home;
// elsewhere it teaches who lives where.
func (s *stuffing) admitted(ev *event.Event) {
	c, a := s.client(ev), s.account(ev)
	if a == nil {
		return
	}
	got := admission{key: a.key, account: a, from: ev.IP.As16(), agent: hashText(ev.Agent), service: ev.Service,
		outcome: ev.Outcome, reason: ev.Reason, proof: ev.Proof}
	got.first = ev.Time.UnixMilli()
	got.last = got.first
	if c.admit(got) {
		s.clients.Touch(c.key)
	}
	if ev.Outcome == event.Success {
		c.tries.Forgive(a.key, got.first-s.forgiveness, got.first)
	}
	if i := s.incidentOfAdmission(got.first, c, a, ev); i != nil {
		if s.judge(i, clientKey(ev.IP.As16()), &got) {
			i.describe(ev)
			s.regrade(i)
		}
		return
	}
	if ev.Outcome == event.Success {
		s.settle(c, a, got.first, got.agent)
	}
	s.noteAdmission(ev, got, c)
}

// incidentOfAdmission is the open incident whose attacker this admission may
// be: the client's own; a campaign that uses the same agent, where the account
// has never been near; or the account's own, under the same conditions.
func (s *stuffing) incidentOfAdmission(at int64, c *client, a *account, ev *event.Event) *incident {
	if s.inReach(c.incident, at) {
		return c.incident
	}
	if a.nearHome(c.key) {
		return nil
	}
	if i := s.campaignOf(ev, at); i != nil {
		return i
	}
	if s.inReach(a.incident, at) && a.incident.usesAgent(hashText(ev.Agent)) {
		return a.incident
	}
	return nil
}

// attacks tells whether the event comes from a client of an open incident.
func (s *stuffing) attacks(ev *event.Event) bool {
	if !ev.IP.IsValid() {
		return false
	}
	c, ok := s.clients.Get(s.keyOf(ev))
	return ok && s.inReach(c.incident, ev.Time.UnixMilli())
}

func (s *stuffing) settle(c *client, a *account, at int64, agent uint32) {
	changed, moved := a.settle(c.key, at, agent)
	if changed {
		s.accounts.Touch(a.key)
	}
	if moved {
		c.residents++
		s.clients.Touch(c.key)
		s.accounts.Promote(a.key) // a real account: invented names must not push it out
		if c.residents == 2 {
			s.clients.Promote(c.key)
		}
	}
}

// judge says what an admission means to an incident, and reports whether it
// changed anything.
func (s *stuffing) judge(i *incident, from clientKey, got *admission) bool {
	k := s.cut(from)
	found := Credential{User: got.account.name, At: at(got.first), How: how(got), service: got.service}
	resident, own := got.account.residentAt(k, i.start, got.agent)
	attacks := i.usesAgent(got.agent) && (!own || i.tried(got.key))
	switch {
	case got.outcome == event.Success && got.proof == event.ProofSession, resident && !attacks:
		i.present.add(got.key, found)
		s.desk.mark(i)
		return false
	}
	got.account.leave(k)
	s.accounts.Touch(got.key)
	switch {
	case !i.valid.add(got.key, found):
		return false
	case got.outcome == event.Accepted:
		i.counts.Accepted++
	default:
		i.counts.Succeeded++
	}
	i.met(from) // but no span: how long an attack lasts is told by its failures
	i.services |= 1 << got.service
	i.told.newest = false
	return true
}

func (i *incident) usesAgent(id uint32) bool {
	for _, have := range i.agentIDs {
		if have == id {
			return true
		}
	}
	return false
}

func how(a *admission) string {
	if a.outcome == event.Accepted {
		return "password accepted, stopped by " + a.reason.String() + " (" + a.service.String() + ")"
	}
	return "signed in (" + a.service.String() + ")"
}

// regrade sets what class and severity an incident has come to.
func (s *stuffing) regrade(i *incident) {
	i.class = shape(i)
	i.severity = max(i.severity, grade(i))
	s.desk.touch(i)
}

// keyOf is the client that the event's address belongs to.
func (s *stuffing) keyOf(ev *event.Event) clientKey { return s.cut(clientKey(ev.IP.As16())) }

// cut takes an address to the client that it belongs to.
func (s *stuffing) cut(address clientKey) clientKey {
	return address.cut(s.policy.State.IPv4Prefix, s.policy.State.IPv6Prefix)
}

// prefix is the client as a prefix, zero where it is a single address.
func (s *stuffing) prefix(k clientKey) netip.Prefix {
	bits := s.policy.State.IPv6Prefix
	if k.addr().Is4() {
		bits = s.policy.State.IPv4Prefix
	}
	if bits >= k.addr().BitLen() {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(k.addr(), bits)
}

func (s *stuffing) client(ev *event.Event) *client {
	k := s.keyOf(ev)
	c, ok := s.clients.Get(k)
	if !ok {
		c = &client{key: k}
		s.clients.Add(k, c)
	}
	return c
}

// account is nil where the account cannot be known: such a try counts as a
// failure of its address and never as a distinct user.
func (s *stuffing) account(ev *event.Event) *account {
	if ev.UserKind == event.UserUnknown || len(ev.User) == 0 {
		return nil
	}
	k := xxhash.Sum64(ev.User)
	a, ok := s.accounts.Get(k)
	if !ok {
		a = &account{key: k, name: string(ev.User)}
		s.accounts.Add(k, a)
	}
	return a
}

func newTry(ev *event.Event, a *account) window.Try {
	t := window.Try{At: ev.Time.UnixMilli(), Client: ev.IP.As16(), Agent: hashText(ev.Agent), Sources: 1 << ev.Source,
		Reason: ev.Reason, Service: ev.Service, Family: ev.Family, Marks: ev.Marks}
	if a != nil {
		t.Key, t.Name = a.key, a.name
	}
	return t
}

func hashText(b []byte) uint32 {
	if len(b) == 0 {
		return 0
	}
	return uint32(xxhash.Sum64(b)) | 1 // 0 stands for none
}
