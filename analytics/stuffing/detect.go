package stuffing

import (
	"encoding/binary"
	"math"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/explain"
	"redshank/analytics/incident"
	"redshank/analytics/policy"
	"redshank/analytics/state"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/campaign"
	"redshank/analytics/stuffing/credential"
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/stuffing/profile"
	"redshank/analytics/window"
)

var ruleStuffing = alert.Rule{ID: "AN1269", Name: "Leaked credentials tried against mail", Version: "1", Kind: alert.Threshold,
	Category: []string{"authentication", "intrusion_detection"}, Reference: "https://attack.mitre.org/detectionstrategies/DET0460/"}

// Detector is AN1269. It takes each event to the parts that judge it: a failure goes
// to the incident of its client, or else to the evidence from which incidents
// open; a success is a valid credential of an incident, or else teaches which
// clients are the account's own.
//
// A Detector is not safe for concurrent use.
type Detector struct {
	policy     *policy.Policy
	incidents  *incidents
	profiles   *profile.Set
	rarity     *profile.Rarity
	statistics *statistics
	shared     *sharedAddresses
	thresholds *thresholds
	clients    *clientIncidents
	evidence   *evidence.List
	foreign    *profile.ForeignSignIns
	campaigns  *campaigns
	guessing   *guessing
	signIns    *signIns
	observer   explain.Observer // nil if there is no observer
}

// New returns a detector of AN1269 whose incidents leave through the tracker. geo finds
// the owners of networks. maxIPs and maxUsers bound its tables of clients and accounts,
// in entries.
func New(p *policy.Policy, tracker *incident.Tracker, geo *policy.GeoCache, maxIPs, maxUsers int) *Detector {
	burst, slow, forgiveness := p.Stuffing.Window.Burst.Milliseconds(), p.Stuffing.Window.Slow.Milliseconds(), p.Stuffing.Forgiveness.Milliseconds()
	i := &incidents{Reach: attack.Reach{Slow: slow, Quiet: p.Alerts.Quiet.Milliseconds()}, policy: p, tracker: tracker}
	a := profile.New(p, tracker, maxIPs, maxUsers)
	r := profile.NewRarity(p, maxUsers)
	population := r.Population
	st := &statistics{policy: p, incidents: i, population: population, accounts: a.Accounts, geo: geo, forgiveness: forgiveness, slack: forgiveness}
	sh := &sharedAddresses{policy: p, incidents: i, profiles: a, rarity: r, statistics: st, burst: burst, slow: slow}
	e, f := &evidence.List{}, profile.NewForeignSignIns(a)
	cr := credential.NewFinder(p, tracker, a, r)
	ci := &clientIncidents{policy: p, incidents: i, profiles: a, evidence: e, foreign: f, credentials: cr}
	fi := campaign.NewFinder(p, tracker, population, e)
	set := campaign.NewSet(fi, a.OwnerOf)
	cc := credential.NewCampaignFinder(cr, i.Reach, f, set, geo)
	ca := &campaigns{policy: p, incidents: i, profiles: a, rarity: r, evidence: e, foreign: f, finder: fi, set: set, credentials: cc,
		undecided: window.NewDeadlines[uint64, evidence.Undecided](maxUndecided)}
	th := &thresholds{policy: p, incidents: i, profiles: a, rarity: r, statistics: st, shared: sh, burst: burst, slow: slow,
		undecided: window.NewDeadlines[event.ClientKey, evidence.Undecided](maxUndecided)}
	s := &Detector{
		policy: p, incidents: i, profiles: a, rarity: r, statistics: st, shared: sh, clients: ci, evidence: e, foreign: f, campaigns: ca,
		thresholds: th,
		guessing:   &guessing{policy: p, incidents: i, profiles: a, clients: ci, foreign: f, credentials: cr, geo: geo, burst: burst, slow: slow},
		signIns: &signIns{incidents: i, profiles: a, rarity: r, shared: sh, evidence: e, foreign: f, inCampaigns: cc, credentials: cr, geo: geo,
			learning: &learning{profiles: a, rarity: r}, revisions: &revisions{incidents: i, profiles: a, thresholds: th, campaigns: ca, inCampaigns: cc, set: set}, forgiveness: forgiveness},
	}
	tracker.Register(&ruleStuffing, attack.New)
	tracker.AddClients(s.openFor)
	tracker.OnClose(s.decideAll)
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
	s.decide()
	if !relevant(ev) {
		s.decided(ev, explain.Ignored, "not a sign-in of a person, or allowed by the policy", "networks.allowed")
		return
	}
	switch ev.Outcome {
	case event.Failure:
		s.failed(ev)
	case event.Success, event.Accepted:
		s.signIns.observe(ev)
	}
}

// decide makes the decisions that have waited long enough for people to get in.
func (s *Detector) decide() {
	now := s.incidents.tracker.Newest()
	s.thresholds.undecided.Due(now, func(k event.ClientKey, u evidence.Undecided) {
		if c, ok := s.profiles.Clients.Peek(k); ok {
			if why, at := s.thresholds.decide(c, &u); why != "" {
				s.clients.open(c, why, at, u.Event)
			}
		}
	})
	s.campaigns.undecided.Due(now, s.campaigns.decide)
}

// decideAll makes the decisions that wait, each at its time: no further event comes.
func (s *Detector) decideAll() {
	for {
		next := min(s.thresholds.undecided.Next(), s.campaigns.undecided.Next())
		if next == math.MaxInt64 {
			return
		}
		s.incidents.tracker.Advance(next)
		s.decide()
	}
}

// failed adds a failure to the incident of its client, or to the evidence from
// which an incident may open. A foreign failure is then added to its campaign
// or to the incident of its account. The client's own incident takes
// precedence. A failure in a campaign never counts as guessing of one account.
func (s *Detector) failed(ev *event.Event) {
	c, a := s.profiles.Client(ev), s.profiles.KnownAccount(ev)
	s.statistics.failing = a
	t := s.profiles.NewAttempt(ev, a)
	own, isNew := s.failedAt(ev, &t, c, a)
	switch {
	case !isNew:
		s.decided(ev, explain.Ignored, "another log has reported the same attempt", "")
		return
	case a.Familiar(c, &t, t.At):
		if t.Agent == profile.MailProtocols && a.Stale.AddFailure(t.At) {
			s.profiles.Accounts.MarkDirty(a.Key)
		}
		if own == nil && besideOwnNetworks(&t, c, a) {
			s.failedBeside(ev, &t, c, a)
			return
		}
		s.decided(ev, explain.Forgiven, "known network of the account", "")
		if a.KnowsSubnet(c.Key) { // one who tries accounts may use the provider of their owners
			s.failedAtOwn(ev, a)
		}
		return
	case a.OwnProgram(&t) && !s.rarity.OddOwner(c, t.At):
		s.decided(ev, explain.Forgiven, "mail program of the account", "")
		return
	case a != nil && s.incidents.InReach(a.Incident, t.At):
		s.decided(ev, explain.Counted, "part of the incident of the account", "")
		s.failedAs(ev, &t, a, own)
		return
	}
	if own == nil && c.GotIn(t.Key) && c.Forgives(&t, a, s.signIns.forgiveness, c.Shared(t.Marks)) {
		s.decided(ev, explain.Forgiven, "the account got in soon afterwards", "stuffing.forgiveness")
		return // the record of the success came first
	}
	k := s.campaigns.observe(ev, &t, c, own)
	switch {
	case own != nil:
		s.decided(ev, explain.Counted, "part of the incident of the client", "")
		if own.Campaign != "" && (k == nil || k.Incident.ID != own.Campaign) {
			own.Apart++
		}
	case k != nil:
		s.decided(ev, explain.Counted, "part of a campaign", "")
	default:
		s.decided(ev, explain.Counted, "foreign to the account, below the thresholds", "stuffing.mailbox_login_threshold")
	}
	if own == nil && profile.NamesAccount(ev) && !a.OwnProgram(&t) && (k == nil || k.OfTenant() && !k.Full()) {
		s.guessing.observe(ev, &t, c, s.profiles.Account(ev))
	}
}

// failedAt returns the incident of the client that a failure belongs to, or
// nil, and reports whether the failure is new rather than a duplicate from
// another log.
func (s *Detector) failedAt(ev *event.Event, t *window.Attempt, c *profile.Client, a *profile.Account) (own *attack.Attack, isNew bool) {
	s.shared.limit(c, t.Marks)
	c.SwitchTo(t.Tool)
	if s.incidents.InReach(c.Incident, t.At) && attackMade(c, t, a) {
		if c.Unit != nil {
			c.Unit.Oldest, c.Unit.Newest = min(c.Unit.Oldest, t.At), max(c.Unit.Newest, t.At)
		}
		if !c.Incident.AddFailure(*t, ev) {
			s.incidents.tracker.MarkDirty(c.Incident.Incident)
			return c.Incident, false
		}
		s.incidents.tracker.Update(c.Incident.Incident)
		if t.Key != 0 && s.signIns.revisions.recovered(c, t) {
			return nil, true
		}
		return c.Incident, true
	}
	s.profiles.Clients.MarkDirty(c.Key)
	c.NoteFailure(t.At)
	res := c.Attempts.Add(*t, profile.MaxAttempts)
	switch res {
	case window.Joined:
		return nil, false
	case window.Refined:
		if why, at := s.thresholds.opens(c, c.Kept(t), ev); why != "" {
			return s.clients.open(c, why, at, ev), true
		}
		known := s.campaigns.refine(ev, t, c, a)
		if a = s.profiles.AccountOf(ev, t); known && a != nil && !a.Familiar(c, t, t.At) && !s.incidents.InReach(a.Incident, t.At) {
			s.guessing.observe(ev, t, c, a)
		}
		return nil, !known
	}
	c.Added++
	c.Attempts.Prune(t.At - week)
	if _, two := twoAccounts(c.Attempts.All()); two {
		s.profiles.Clients.Protect(c.Key) // evidence that a flood must not push out
	}
	if why, at := s.thresholds.opens(c, t, ev); why != "" {
		return s.clients.open(c, why, at, ev), true
	}
	return nil, true
}

// failedAtOwn counts an account that fails in a network of its own, once an hour.
func (s *Detector) failedAtOwn(ev *event.Event, a *profile.Account) {
	if a.FailsInHour(ev.Time.UnixMilli()) {
		s.profiles.Accounts.MarkDirty(a.Key)
		s.evidence.Level(ev.Service).AddFamiliar(ev.Time.UnixMilli())
	}
}

// failedBeside adds a failure of a privileged account, in another network of an owner
// that it uses, to the incident of the account or to its failures.
func (s *Detector) failedBeside(ev *event.Event, t *window.Attempt, c *profile.Client, a *profile.Account) {
	s.decided(ev, explain.Counted, "privileged account, in a new network of an owner that it uses", "stuffing.privileged")
	if s.incidents.InReach(a.Incident, t.At) {
		s.failedAs(ev, t, a, nil)
		return
	}
	s.guessing.observe(ev, t, c, a)
}

// failedAs adds a foreign failure to the incident of its account.
func (s *Detector) failedAs(ev *event.Event, t *window.Attempt, a *profile.Account, own *attack.Attack) {
	if own == nil || t.Marks.Has(event.PrivilegedUser) {
		a.Incident.AddFailure(*t, ev)
		s.incidents.tracker.Update(a.Incident.Incident)
	}
}

// openFor returns the open incident that a client is part of, or nil. A shared
// address is not part of an incident as a whole: of its accounts the other
// analytics learn by their credentials.
func (s *Detector) openFor(address event.ClientKey, at int64) *incident.Incident {
	c := s.profiles.ClientAt(address) // Observe has made it recent
	switch {
	case c == nil:
	case s.incidents.InReach(c.Incident, at):
		if c.Unit == nil {
			return c.Incident.Incident
		}
	case s.incidents.InReach(c.Campaign, at):
		return c.Campaign.Incident
	}
	return nil
}

// Incidents implements analytics.Analytic.
func (s *Detector) Incidents(ev *event.Event, list []*incident.Incident) []*incident.Incident {
	if ev.IP.IsValid() {
		if c := s.profiles.ClientAt(ev.IP.As16()); c != nil {
			if c.Incident != nil && (c.Unit == nil || c.Unit.Has(s.profiles.ToolOf(ev), profile.Lasts(ev.Family, profile.ProgramOf(ev)), false, ev.Time.UnixMilli())) {
				list = append(list, c.Incident.Incident)
			}
			if c.Campaign != nil {
				list = append(list, c.Campaign.Incident)
			}
		}
	}
	if len(ev.User) > 0 {
		if a, ok := s.profiles.Accounts.Peek(ev.UserHash()); ok && a.Incident != nil {
			list = append(list, a.Incident.Incident)
		}
	}
	return list
}

// Tables implements analytics.Analytic.
func (s *Detector) Tables() []state.Table {
	tables := append(s.profiles.Tables(), s.campaigns.set.Table())
	tables = append(tables, s.evidence.Tables(s.campaigns.finder.Loaded)...)
	return append(tables,
		s.foreign.Table(), s.rarity.Table(),
		state.Table{Name: tableLateness, Restore: s.statistics.restoreLateness, Changes: s.statistics.saveLateness},
		evidence.UndecidedTable(tableUndecidedClients, s.thresholds.undecided, func(k event.ClientKey) []byte { return k[:] }, profile.ParseKey),
		evidence.UndecidedTable(tableUndecidedCampaigns, s.campaigns.undecided, func(k uint64) []byte { return binary.BigEndian.AppendUint64(nil, k) }, state.Number))
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
