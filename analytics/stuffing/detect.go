package stuffing

import (
	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/incident"
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
type Detector struct {
	policy    *policy.Policy
	tracker   *incident.Tracker
	clients   *window.Table[event.ClientKey, *client]
	accounts  *window.Table[uint64, *account]
	campaigns *window.Table[uint64, *campaign]

	burst, slow, forgiveness int64 // milliseconds
	scratch                  []accountStats
	failing                  *account                     // whose failure is at hand; nil: nobody's
	stats                    attemptStats                 // of the run at hand: handed to a function it would be allocated
	addresses                map[event.ClientKey]struct{} // scratch of mayBeWide
	pairs                    *window.PairCache[pair]
}

// maxCampaigns bounds the lists of the distributed form, in agents, apps and
// networks watched at a time.
const maxCampaigns = 16384

func New(p *policy.Policy, tracker *incident.Tracker, maxIPs, maxUsers int) *Detector {
	t := &p.Stuffing
	s := &Detector{
		policy:      p,
		tracker:     tracker,
		clients:     window.NewTable[event.ClientKey, *client](maxIPs),
		accounts:    window.NewTable[uint64, *account](maxUsers),
		campaigns:   window.NewTable[uint64, *campaign](maxCampaigns),
		pairs:       &window.PairCache[pair]{},
		burst:       t.Window.Burst.Milliseconds(),
		slow:        t.Window.Slow.Milliseconds(),
		forgiveness: t.Forgiveness.Milliseconds(),
		addresses:   map[event.ClientKey]struct{}{},
	}
	tracker.Register(&ruleStuffing, newAttack)
	tracker.AddClients(s.openFor)
	return s
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

// Observe implements analytics.Analytic.
func (s *Detector) Observe(ev *event.Event) {
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

// failed finds the incident that a failure belongs to, or adds it to the
// evidence from which one may open: its client's first, then the campaigns',
// then its account's.
func (s *Detector) failed(ev *event.Event) {
	c, a := s.client(ev), s.account(ev)
	s.failing = a
	t := newAttempt(ev, a)
	if i := s.incidentOf(t.At, c, a, ev); i != nil {
		if i.addFailure(t, ev) {
			s.tracker.Update(i.Incident)
		} else {
			s.tracker.MarkDirty(i.Incident)
		}
		return
	}
	s.clients.MarkDirty(c.key)
	c.noteFailure(t.At)
	if c.attempts.Add(t, maxClientAttempts) == window.Joined {
		return
	}
	c.attempts.Prune(t.At - 2*s.slow)
	if _, two := twoAccounts(c.attempts.All()); two {
		s.clients.Protect(c.key) // evidence that a flood must not push out
	}
	if why := s.opens(c, t.At); why != "" {
		s.open(c, why, t.At, ev)
		return
	}
	s.watchCampaigns(ev, t, c, a)
}

// incidentOf is the open incident a failure at this time is part of. A client
// that fails within the reach of an open campaign joins it.
func (s *Detector) incidentOf(at int64, c *client, a *account, ev *event.Event) *attack {
	if s.inReach(c.incident, at) {
		return c.incident
	}
	if hasKnownClientNear(a, c.key) {
		return nil
	}
	if i := s.campaignOf(ev, at); i != nil {
		c.incident = i
		s.clients.MarkDirty(c.key)
		return i
	}
	if a != nil && s.inReach(a.incident, at) {
		return a.incident
	}
	return nil
}

func hasKnownClientNear(a *account, k event.ClientKey) bool {
	return a != nil && a.hasKnownClientNear(k)
}

// inReach tells whether an event at this time still belongs to the incident:
// up to the slow window before it began and the quiet time after it ended.
func (s *Detector) inReach(i *attack, at int64) bool {
	return i != nil && at >= i.Start-s.slow && at <= i.End+s.policy.Alerts.Quiet.Milliseconds()
}

// opens names the horizon in which the client's tries make an incident.
func (s *Detector) opens(c *client, at int64) string {
	t := &s.policy.Stuffing
	why := ""
	s.windows(c, at, s.burst, func(w *attemptStats) bool {
		if w.opens(t.MailboxLoginThreshold.Burst, t.FailureThreshold.Burst) {
			why = "burst"
		}
		return why != ""
	})
	if why != "" {
		return why
	}
	s.windows(c, at, s.slow, func(w *attemptStats) bool {
		switch {
		case w.opens(t.MailboxLoginThreshold.Slow, t.FailureThreshold.Slow):
			why = "slow"
		case w.leaked >= t.MailboxLoginThreshold.Leaked && w.leaked == w.foreign+w.known:
			why = "leaked"
		}
		return why != ""
	})
	return why
}

func (s *Detector) windows(c *client, at, length int64, f func(*attemptStats) bool) {
	least := s.policy.Stuffing.MailboxLoginThreshold.Leaked
	c.attempts.Windows(at, length, func(run []window.Attempt) bool {
		if len(run) < least { // nearly every call ends here
			return false
		}
		s.stats = s.statistics(c, run)
		return f(&s.stats)
	})
}

// open turns a client's tries into an incident and looks back for accounts
// that got in before the threshold was crossed.
func (s *Detector) open(c *client, why string, at int64, ev *event.Event) {
	i := s.tracker.Open(&ruleStuffing, c.key.Addr().String(), s.began(&c.attempts, at)).Detail.(*attack)
	i.Extend(at)
	i.Client, i.Prefix, i.Window = ev.IP, s.prefix(c.key), why
	i.Labels, i.Location = s.policy.NetworkLabels(i.Client), s.policy.Locate(i.Client)
	s.begin(i)
	i.AddEvent(ev)
	s.absorb(i, c)
	i.Assess()
	s.tracker.Update(i.Incident)
}

// began is the time of the earliest try that can belong to an incident at the
// given time.
func (s *Detector) began(tries *window.Attempts, at int64) int64 {
	for _, t := range tries.All() {
		if t.At >= at-s.slow {
			return min(t.At, at)
		}
	}
	return at
}

// begin sets from where on the severity is high: twice the accounts and ten
// times the failures that open.
func (s *Detector) begin(i *attack) {
	t := &s.policy.Stuffing
	i.highFrom.users, i.highFrom.failures = 2*t.MailboxLoginThreshold.Burst, 10*t.FailureThreshold.Burst
}

// adopt moves all that a client did within reach into an incident.
func (s *Detector) absorb(i *attack, c *client) {
	for _, t := range c.attempts.Take() {
		if s.inReach(i, t.At) {
			i.addFailure(t, nil)
		}
	}
	c.incident = i
	s.clients.MarkDirty(c.key)
	s.clients.Protect(c.key)
	for n := range c.logonList() {
		if a := &c.logons.list[n]; s.inReach(i, a.last) {
			s.classifyLogon(i, a.from, a)
		}
	}
}

// openFor returns the open incident that a client is part of, or nil.
func (s *Detector) openFor(address event.ClientKey, at int64) *incident.Incident {
	if c, ok := s.clients.Get(s.cut(address)); ok && s.inReach(c.incident, at) {
		return c.incident.Incident
	}
	return nil
}

// Incidents implements analytics.Analytic.
func (s *Detector) Incidents(ev *event.Event, list []*incident.Incident) []*incident.Incident {
	if ev.IP.IsValid() {
		if c, ok := s.clients.Peek(s.keyOf(ev)); ok && c.incident != nil {
			list = append(list, c.incident.Incident)
		}
	}
	if len(ev.User) > 0 {
		if a, ok := s.accounts.Peek(ev.UserHash()); ok && a.incident != nil {
			list = append(list, a.incident.Incident)
		}
	}
	return list
}

func (i *attack) usesAgent(id uint32) bool {
	for _, have := range i.agentIDs {
		if have == id {
			return true
		}
	}
	return false
}
