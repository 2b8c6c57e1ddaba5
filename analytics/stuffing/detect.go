package stuffing

import (
	"slices"
	"strconv"

	"redshank/analytics/alert"
	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/explain"
	"redshank/analytics/incident"
	"redshank/analytics/policy"
	"redshank/analytics/window"
)

var ruleStuffing = alert.Rule{ID: "AN1269", Name: "Leaked credentials tried against mail", Version: "1", Kind: alert.Threshold,
	Category: []string{"authentication", "intrusion_detection"}, Reference: "https://attack.mitre.org/detectionstrategies/DET0460/"}

// Detector is AN1269. Read it from Observe down: a failure goes to the incident
// of its client, or else to the evidence from which incidents open; a success is a
// valid credential of an incident, or else teaches which clients are the
// account's own.
type Detector struct {
	policy     *policy.Policy
	tracker    *incident.Tracker
	clients    *window.Table[event.ClientKey, *client]
	accounts   *window.Table[uint64, *account]
	population *baseline.Population

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
	texts                    texts
	failing                  *account         // account of the current failure, or nil
	observer                 explain.Observer // nil if there is no observer
	run                      attemptStats     // statistics of the current run, reused to avoid an allocation
}

// maxPopulation bounds what the tenant's accounts have in common: programs,
// networks and their owners.
const maxPopulation = 1 << 17

// New returns a detector of AN1269 whose incidents leave through the tracker.
// maxIPs and maxUsers bound its tables of clients and accounts, in entries.
func New(p *policy.Policy, tracker *incident.Tracker, maxIPs, maxUsers int) *Detector {
	t := &p.Stuffing
	s := &Detector{
		policy:      p,
		tracker:     tracker,
		clients:     window.NewTable[event.ClientKey, *client](maxIPs, event.ClientKey.Spread),
		accounts:    window.NewTable[uint64, *account](maxUsers, window.Spread),
		population:  baseline.NewPopulation(min(maxPopulation, 4*max(maxUsers, 256))),
		pairs:       &window.PairCache[pair]{},
		clusters:    window.NewTable[uint64, *cluster](maxClusters, window.Spread),
		byTrait:     map[uint64]*campaign{},
		burst:       t.Window.Burst.Milliseconds(),
		slow:        t.Window.Slow.Milliseconds(),
		forgiveness: t.Forgiveness.Milliseconds(),
	}
	tracker.Register(&ruleStuffing, newAttack)
	tracker.AddClients(s.openFor)
	return s
}

// relevant reports whether the event can be part of a stuffing attack at all.
func relevant(ev *event.Event) bool {
	const ignored = event.AllowedNetwork | event.IgnoredAccount | event.KnownAutomation | event.MicrosoftRange | event.ServerItself
	switch {
	case ev.Action != event.SignIn && ev.Action != event.MailAccess,
		ev.Marks&ignored != 0, ev.Family == event.Probe, !ev.IP.IsValid():
		return false
	}
	return ev.UserKind == event.UserPerson || ev.UserKind == event.UserObject || ev.UserKind == event.UserUnknown
}

// Observe implements analytics.Analytic.
func (s *Detector) Observe(ev *event.Event) {
	if !relevant(ev) {
		s.decided(ev, explain.Ignored, "not a sign-in of a person, or allowed by the policy", "networks.allowed")
		return
	}
	switch ev.Outcome {
	case event.Failure:
		s.failed(ev)
	case event.Success, event.Accepted:
		s.succeeded(ev)
	}
}

// failed adds a failure to the incident of its client, or to the evidence from
// which an incident may open. A foreign failure is then added to its campaign
// or to the incident of its account. The client's own incident takes
// precedence. A failure in a campaign never counts as guessing of one account.
func (s *Detector) failed(ev *event.Event) {
	c, a := s.client(ev), s.knownAccount(ev)
	s.failing = a
	t := s.newAttempt(ev, a)
	own, isNew := s.failedAt(ev, &t, c, a)
	switch {
	case !isNew:
		s.decided(ev, explain.Ignored, "another log told of the same attempt", "")
		return
	case a.familiar(c, &t, t.At):
		if t.Agent == mailProtocols && a.stale.addFailure(t.At) {
			s.accounts.MarkDirty(a.key)
		}
		s.decided(ev, explain.Forgiven, "known network of the account", "")
		return
	case s.ownProgram(&t, a):
		s.decided(ev, explain.Forgiven, "mail program of the account", "")
		return
	case a != nil && s.inReach(a.incident, t.At):
		s.decided(ev, explain.Counted, "part of the incident of the account", "")
		s.failedAs(ev, &t, a, own)
		return
	}
	k := s.spread(ev, &t, c, own)
	switch {
	case own != nil:
		s.decided(ev, explain.Counted, "part of the incident of the client", "")
	case k != nil:
		s.decided(ev, explain.Counted, "part of a campaign", "")
	default:
		s.decided(ev, explain.Counted, "foreign to the account, below the thresholds", "stuffing.mailbox_login_threshold")
	}
	if own == nil && named(ev) && (k == nil || k.tenant && len(k.clients) < maxCampaignClients) {
		s.guessed(ev, &t, c, s.account(ev))
	}
}

// failedAt returns the incident of the client that a failure belongs to, or
// nil, and reports whether the failure is new rather than a duplicate from
// another log.
func (s *Detector) failedAt(ev *event.Event, t *window.Attempt, c *client, a *account) (own *attack, isNew bool) {
	s.becomeShared(c, t.Marks)
	if s.inReach(c.incident, t.At) && (c.unit == nil || c.unit.has(t.Tool, a.familiar(c, t, c.incident.Start), t.At)) {
		if c.unit != nil {
			c.unit.newest = max(c.unit.newest, t.At)
		}
		if !c.incident.addFailure(*t, ev) {
			s.tracker.MarkDirty(c.incident.Incident)
			return c.incident, false
		}
		s.tracker.Update(c.incident.Incident)
		return c.incident, true
	}
	s.clients.MarkDirty(c.key)
	c.noteFailure(t.At)
	res := c.attempts.Add(*t, maxClientAttempts)
	switch res {
	case window.Joined:
		return nil, false
	case window.Refined:
		if why := s.opens(c, t); why != "" {
			return s.open(c, why, t.At, ev), true
		}
		known := s.refine(ev, t, c, a)
		if a = s.accountOf(ev, t); known && a != nil && !a.familiar(c, t, t.At) && !s.inReach(a.incident, t.At) {
			s.guessed(ev, t, c, a)
		}
		return nil, !known
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
func (s *Detector) failedAs(ev *event.Event, t *window.Attempt, a *account, own *attack) {
	if own == nil || t.Marks.Has(event.PrivilegedUser) {
		a.incident.addFailure(*t, ev)
		s.tracker.Update(a.incident.Incident)
	}
}

// inReach reports whether an event at a time belongs to the incident: from the
// slow window before its start to the quiet time after its end.
func (s *Detector) inReach(i *attack, at int64) bool {
	return i != nil && !i.Closed() && at >= i.Start-s.slow && at <= i.End+s.policy.Alerts.Quiet.Milliseconds()
}

// open opens an incident of a client's attempts and adds the accounts that
// signed in before the threshold was crossed.
func (s *Detector) open(c *client, why string, at int64, ev *event.Event) *attack {
	subject := c.key.Addr().String()
	if c.unit != nil { // several attacks may come from one office
		subject += " " + strconv.FormatUint(uint64(c.unit.tools[0]), 16)
	}
	i := s.tracker.Open(&ruleStuffing, subject, s.began(&c.attempts, at)).Detail.(*attack)
	i.Extend(at)
	i.Client, i.Prefix, i.Window = ev.IP, s.prefix(c.key), why
	i.Labels, i.Location = s.policy.NetworkLabels(i.Client), s.policy.Locate(i.Client)
	s.begin(i)
	i.AddEvent(ev)
	s.adopt(i, c)
	i.Assess()
	s.tracker.Update(i.Incident)
	return i
}

// began returns the time of the earliest attempt that can belong to an
// incident at a time.
func (s *Detector) began(tries *window.Attempts, at int64) int64 {
	for _, t := range tries.All() {
		if t.At >= at-s.slow {
			return min(t.At, at)
		}
	}
	return at
}

// begin sets the thresholds of high severity: twice the accounts and ten times
// the failures that open an incident.
func (s *Detector) begin(i *attack) {
	t := &s.policy.Stuffing
	i.highFrom.users, i.highFrom.failures = 2*t.MailboxLoginThreshold.Burst, 10*t.FailureThreshold.Burst
}

// adopt moves what a client did within reach into its incident: all of it, or
// of a shared address what the attack did.
func (s *Detector) adopt(i *attack, c *client) {
	all := c.attempts.Take()
	overDays := i.Window == windowWeek || i.Window == windowAccount
	var rest []window.Attempt
	for _, t := range all {
		a, _ := s.accounts.Peek(t.Key)
		if (overDays || s.inReach(i, t.At)) && c.unit.has(t.Tool, a.familiar(c, &t, t.At), t.At) && !(c.unit != nil && t.Succeeded) {
			i.addFailure(t, nil)
		} else if c.unit != nil {
			rest = append(rest, t)
		}
	}
	c.attempts = window.AttemptsOf(rest)
	c.incident = i
	s.clients.MarkDirty(c.key)
	s.clients.Protect(c.key)
	s.own(c, i.Start)
	if c.campaign != nil && s.inReach(c.campaign, i.Start) {
		s.link(c.campaign, i)
	}
	if c.unit != nil {
		s.lookBackAt(i, c)
		return
	}
	for _, got := range c.signIns() {
		if s.inReach(i, got.last) && s.judge(i, c, got.signIn) == valid {
			s.addCredential(i, c, got.signIn)
		}
	}
}

// openFor returns the open incident that a client is part of, or nil. A shared
// address is not part of an incident as a whole: of its accounts the other
// analytics learn by their credentials.
func (s *Detector) openFor(address event.ClientKey, at int64) *incident.Incident {
	c, ok := s.clients.Peek(s.cut(address)) // Observe has made it recent
	switch {
	case !ok:
	case s.inReach(c.incident, at):
		if c.unit == nil {
			return c.incident.Incident
		}
	case s.inReach(c.campaign, at):
		return c.campaign.Incident
	}
	return nil
}

// Incidents implements analytics.Analytic.
func (s *Detector) Incidents(ev *event.Event, list []*incident.Incident) []*incident.Incident {
	if ev.IP.IsValid() {
		if c, ok := s.clients.Peek(s.keyOf(ev)); ok {
			if c.incident != nil && (c.unit == nil || c.unit.has(s.tools.of(ev), false, ev.Time.UnixMilli())) {
				list = append(list, c.incident.Incident)
			}
			if c.campaign != nil {
				list = append(list, c.campaign.Incident)
			}
		}
	}
	if len(ev.User) > 0 {
		if a, ok := s.accounts.Peek(ev.UserHash()); ok && a.incident != nil {
			list = append(list, a.incident.Incident)
		}
	}
	return list
}

// usesAgent reports whether the incident has failures with an agent, by its hash.
func (i *attack) usesAgent(id uint32) bool { return slices.Contains(i.agentIDs, id) }

// namesAgents reports whether the incident has failures of which the agent is known.
func (i *attack) namesAgents() bool {
	return slices.ContainsFunc(i.agentIDs, func(id uint32) bool { return id != 0 })
}

// Explain makes the detector report what it makes of each event; nil stops
// that.
func (s *Detector) Explain(o explain.Observer) { s.observer = o }

// decided reports a decision to the observer, if any.
func (s *Detector) decided(ev *event.Event, v explain.Verdict, reason, key string) {
	if s.observer != nil {
		s.observer.Decided(ev, explain.Decision{Rule: ruleStuffing.ID, Verdict: v, Reason: reason, Policy: key})
	}
}
