package analytics

import (
	"redshank/analytics/alert"
	population "redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/window"
)

var ruleStuffing = alert.Rule{ID: "AN1269", Name: "Leaked credentials tried against mail", Version: "1", Kind: alert.Threshold,
	Category: []string{"authentication", "intrusion_detection"}, Reference: "https://attack.mitre.org/detectionstrategies/DET0460/"}

// stuffing is AN1269: leaked credential pairs tried against OWA, Microsoft 365
// or Exchange from one client, with multiple failures; and the same spread
// over many clients.
//
// Read it from observe down. A failure goes to the incident that its client,
// its campaign or its account is already part of, or else into the short lists
// from which a new incident may open. A success goes to the incident of its
// client as a valid credential, or else into the memory of who lives where.
type stuffing struct {
	policy     *policy.Policy
	tracker    *tracker
	clients    *window.Table[ClientKey, *client]
	accounts   *window.Table[uint64, *account]
	population *population.Population

	evidence       evidence
	foreignSignIns foreignSignIns
	pairs          *window.PairCache[pair]
	clusters       *window.Table[uint64, *cluster]
	campaigns      []*campaign
	byTrait        map[uint64]*campaign

	burst, slow, forgiveness int64 // milliseconds
	tools                    tools
	scratch                  []accountStats
	agents                   []uint32
	failing                  *account                                       // whose failure is at hand; nil: nobody's
	run                      attemptStats                                   // of the run at hand: handed to a function it would be allocated
	reportCredential         func(account string, from ClientKey, at int64) // tells AN0131
}

// maxPopulation bounds what the tenant's accounts have in common: programs,
// networks and their owners.
const maxPopulation = 1 << 17

func newStuffing(opts Options, d *tracker) *stuffing {
	t := &opts.Policy.Stuffing
	return &stuffing{
		policy:      opts.Policy,
		tracker:     d,
		clients:     window.NewTable[ClientKey, *client](opts.MaxIPs),
		accounts:    window.NewTable[uint64, *account](opts.MaxUsers),
		population:  population.NewPopulation(min(maxPopulation, 4*max(opts.MaxUsers, 256))),
		pairs:       &window.PairCache[pair]{},
		clusters:    window.NewTable[uint64, *cluster](maxClusters),
		byTrait:     map[uint64]*campaign{},
		burst:       t.Window.Burst.Milliseconds(),
		slow:        t.Window.Slow.Milliseconds(),
		forgiveness: t.Forgiveness.Milliseconds(),
	}
}

// concerns tells whether the event can be part of a stuffing attack at all.
func relevant(ev *event.Event) bool {
	const ignored = event.AllowedNetwork | event.IgnoredAccount | event.KnownAutomation | event.MicrosoftRange | event.ServerItself
	switch {
	case ev.Action != event.SignIn && ev.Action != event.MailAccess,
		ev.Marks&ignored != 0, ev.Family == event.Probe, !ev.IP.IsValid():
		return false
	}
	return ev.UserKind == event.UserPerson || ev.UserKind == event.UserObject || ev.UserKind == event.UserUnknown
}

func (s *stuffing) observe(ev *event.Event) {
	if !relevant(ev) {
		return
	}
	switch ev.Outcome {
	case event.Failure:
		s.failed(ev)
	case event.Success, event.Accepted:
		s.succeeded(ev)
	}
}

// failed adds a failure to the incident of its client or to the evidence from
// which one may open; then, where it is foreign, to the campaign or the account
// under attack. The client's own incident always comes first.
func (s *stuffing) failed(ev *event.Event) {
	c, a := s.client(ev), s.account(ev)
	s.failing = a
	t := s.newAttempt(ev, a)
	own, isNew := s.failedAt(ev, &t, c, a)
	if !isNew {
		return
	}
	if a.familiar(c.key, c.owner, t.Agent, t.At) || s.ownProgram(&t, a) {
		return
	}
	if a != nil && s.inReach(a.incident, t.At) {
		s.failedAs(ev, &t, a, own)
	} else if !s.spread(ev, &t, c, own) && own == nil && a != nil {
		s.guessed(ev, &t, c, a)
	}
}

// failedAt returns the incident of the client that a failure belongs to, nil
// where there is none, and whether the failure was not told by another log.
func (s *stuffing) failedAt(ev *event.Event, t *window.Attempt, c *client, a *account) (own *incident, isNew bool) {
	if s.inReach(c.incident, t.At) && c.attack.has(t.Tool, a.familiar(c.key, c.owner, t.Agent, c.incident.start), t.At) {
		if c.attack != nil {
			c.attack.newest = max(c.attack.newest, t.At)
		}
		if !c.incident.addFailure(*t, ev) {
			s.tracker.markDirty(c.incident)
			return c.incident, false
		}
		s.tracker.update(c.incident)
		return c.incident, true
	}
	s.clients.MarkDirty(c.key)
	c.noteFailure(t.At)
	switch c.attempts.Add(*t, maxClientAttempts) {
	case window.Joined:
		return nil, false
	case window.Refined:
		if why := s.opens(c, t); why != "" {
			s.open(c, why, t.At, ev)
		} else {
			s.refine(ev, t, c)
		}
		return nil, false
	}
	c.attempts.Prune(t.At - week)
	if _, two := twoAccounts(c.attempts.All()); two {
		s.clients.Protect(c.key) // evidence that a flood must not push out
	}
	if why := s.opens(c, t); why != "" {
		return s.open(c, why, t.At, ev), true
	}
	return nil, true
}

// failedAs adds a foreign failure to the incident of its account.
func (s *stuffing) failedAs(ev *event.Event, t *window.Attempt, a *account, own *incident) {
	if own == nil || t.Marks.Has(event.PrivilegedUser) {
		a.incident.addFailure(*t, ev)
		s.tracker.update(a.incident)
	}
}

// inReach tells whether an event at this time still belongs to the incident:
// up to the slow window before it began and the quiet time after it ended.
func (s *stuffing) inReach(i *incident, at int64) bool {
	return i != nil && at >= i.start-s.slow && at <= i.end+s.policy.Alerts.Quiet.Milliseconds()
}

// open turns a client's tries into an incident and looks back for accounts
// that got in before the threshold was crossed.
func (s *stuffing) open(c *client, why string, at int64, ev *event.Event) *incident {
	i := s.tracker.open(&ruleStuffing, c.key.addr().String(), s.began(&c.attempts, at))
	i.extend(at)
	i.client, i.prefix, i.opened = ev.IP, s.prefix(c.key), why
	i.labels, i.location = s.policy.NetworkLabels(i.client), s.policy.Locate(i.client)
	s.begin(i)
	i.addEvent(ev)
	s.adopt(i, c)
	i.assess()
	s.tracker.update(i)
	return i
}

// began is the time of the earliest try that can belong to an incident at the
// given time.
func (s *stuffing) began(tries *window.Attempts, at int64) int64 {
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
	i.highFrom.users, i.highFrom.failures = 2*t.MailboxLoginThreshold.Burst, 10*t.FailureThreshold.Burst
}

// adopt moves what a client did within reach into its incident: all of it, or
// of a shared address what the attack did.
func (s *stuffing) adopt(i *incident, c *client) {
	all := c.attempts.Take()
	overDays := i.opened == windowWeek || i.opened == windowAccount
	var rest []window.Attempt
	for _, t := range all {
		a, _ := s.accounts.Peek(t.Key)
		if (overDays || s.inReach(i, t.At)) && c.attack.has(t.Tool, a.familiar(c.key, c.owner, t.Agent, t.At), t.At) && !(c.attack != nil && t.Succeeded) {
			i.addFailure(t, nil)
		} else if c.attack != nil {
			rest = append(rest, t)
		}
	}
	c.attempts = window.AttemptsOf(rest)
	c.incident = i
	s.clients.MarkDirty(c.key)
	s.clients.Protect(c.key)
	s.own(c, i.start)
	if c.campaign != nil && s.inReach(c.campaign, i.start) {
		s.link(c.campaign, i)
	}
	if c.attack != nil {
		s.lookBackAt(i, c)
		return
	}
	for _, got := range c.signIns() {
		if s.inReach(i, got.last) && s.judge(i, c, got) == valid {
			s.addCredential(i, c, got)
		}
	}
}

// attacks tells whether the event comes from a client of an open incident and,
// where the address is shared, from the part of it that attacks.
func (s *stuffing) attacks(ev *event.Event) bool {
	if !ev.IP.IsValid() {
		return false
	}
	c, ok := s.clients.StillValid(&s.pairs.Get(ev.Pair).client)
	if !ok {
		c, ok = s.clients.Get(s.keyOf(ev))
	}
	at := ev.Time.UnixMilli()
	if !ok || !s.inReach(c.incident, at) {
		return ok && s.inReach(c.campaign, at)
	}
	return c.attack == nil || c.attack.has(s.tools.of(ev), false, at)
}

func (i *incident) usesAgent(id uint32) bool {
	for _, have := range i.agentIDs {
		if have == id {
			return true
		}
	}
	return false
}
