package stuffing

import (
	"slices"
	"strconv"

	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/policy"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/credential"
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/stuffing/profile"
	"redshank/analytics/window"
)

// incidents opens the incidents of AN1269.
type incidents struct {
	attack.Reach
	policy  *policy.Policy
	tracker *incident.Tracker
}

// open opens the incident of a subject, from one time to another, for the reason why:
// one of the windows. Its severity is high from twice the accounts and ten times the
// failures on that open an incident.
func (s *incidents) open(subject, why string, from, to int64) *attack.Attack {
	i := s.tracker.Open(&ruleStuffing, subject, from).Detail.(*attack.Attack)
	i.Extend(to)
	i.Window = why
	t := &s.policy.Stuffing
	i.SetHigh(2*t.MailboxLoginThreshold.Burst, 10*t.FailureThreshold.Burst)
	return i
}

// began returns the time of the earliest attempt that can belong to an
// incident at a time.
func (s *incidents) began(tries *window.Attempts, at int64) int64 {
	for _, t := range tries.All() {
		if t.At >= at-s.Slow {
			return min(t.At, at)
		}
	}
	return at
}

// link notes that the incident of a single client is part of that of a whole campaign.
func (s *incidents) link(whole, single *attack.Attack) {
	if single == nil || single.Campaign == whole.ID {
		return
	}
	single.Campaign, single.Apart = whole.ID, 0
	s.tracker.MarkDirty(single.Incident)
	whole.Members = addMember(whole.Members, single.ID)
}

// addMember appends an id to the listed members of a campaign.
func addMember(list []string, id string) []string {
	if len(list) >= incident.MaxListed || slices.Contains(list, id) {
		return list
	}
	return append(list, id)
}

// clientIncidents opens the incidents of single clients.
type clientIncidents struct {
	policy      *policy.Policy
	incidents   *incidents
	profiles    *profile.Set
	evidence    *evidence.List
	foreign     *profile.ForeignSignIns
	credentials *credential.Finder
}

// open opens an incident of a client's attempts and adds the accounts that
// signed in before the threshold was crossed.
func (s *clientIncidents) open(c *profile.Client, why string, at int64, ev *event.Event) *attack.Attack {
	subject := c.Key.Addr().String()
	if c.Unit != nil { // several attacks may come from one office
		subject += " " + strconv.FormatUint(uint64(c.Unit.Tools[0]), 16)
	}
	i := s.incidents.open(subject, why, s.incidents.began(&c.Attempts, at), at)
	i.Client, i.Prefix = ev.IP, s.profiles.Prefix(c.Key)
	i.Labels, i.Location = s.policy.NetworkLabels(i.Client), s.policy.Locate(i.Client)
	i.AddEvent(ev)
	s.adopt(i, c)
	if why == windowWeek {
		s.adoptNeighbours(i, c)
	}
	i.Assess()
	s.incidents.tracker.Update(i.Incident)
	return i
}

// adoptNeighbours adds the other clients of a subnet that try several accounts each over days.
func (s *clientIncidents) adoptNeighbours(i *attack.Attack, c *profile.Client) {
	s.profiles.Neighbours(c.Key, func(o *profile.Client) {
		if o.Unit == nil && !s.incidents.InReach(o.Incident, i.End) && severalAccounts(o.Attempts.All()) && !o.Shared(0) {
			s.adopt(i, o)
		}
	})
}

// adopt moves what a client did within reach into its incident: all of it, or
// of a shared address what the attack did.
func (s *clientIncidents) adopt(i *attack.Attack, c *profile.Client) {
	all := c.Attempts.Take()
	overDays := i.Window == windowWeek || i.Window == windowAccount
	var rest, familiar []window.Attempt
	for _, t := range all {
		a, _ := s.profiles.Accounts.Peek(t.Key)
		known := a.Familiar(c, &t, t.At)
		switch {
		case !overDays && !s.incidents.InReach(i, t.At), !c.Unit.Has(t.Tool, profile.Lasts(t.Family, t.Agent), known, t.At), c.Unit != nil && t.Succeeded:
			rest = append(rest, t)
		case known && c.Unit == nil:
			familiar = append(familiar, t)
		default:
			i.AddFailure(t, nil)
		}
	}
	s.adoptFamiliar(i, familiar)
	for _, got := range c.SignIns() {
		s.incidents.recovers(i, got.SignIn)
	}
	if c.Unit == nil {
		rest = nil
	}
	c.Attempts = window.AttemptsOf(rest)
	c.Incident = i
	s.profiles.Clients.MarkDirty(c.Key)
	s.profiles.Clients.Protect(c.Key)
	s.evidence.MarkSingle(c.Key, i.Start, s.profiles.KeyOf)
	if c.Campaign != nil && s.incidents.InReach(c.Campaign, i.Start) {
		s.incidents.link(c.Campaign, i)
	}
	if c.Unit != nil {
		s.lookBack(i, c)
		return
	}
	for _, got := range c.SignIns() {
		if s.incidents.InReach(i, got.Last) && s.credentials.Judge(i, c, got.SignIn) == credential.Valid {
			s.credentials.Add(i, c, got.SignIn)
		}
	}
}

// adoptFamiliar adds the failures of accounts that know the network of their client: in
// an attack on others, only those with a program of the attack.
func (s *clientIncidents) adoptFamiliar(i *attack.Attack, familiar []window.Attempt) {
	onOthers := i.Counts.Failures >= s.policy.Stuffing.MailboxLoginThreshold.Leaked
	for _, t := range familiar {
		if !onOthers || t.Agent == 0 || i.UsesAgent(t.Agent) {
			i.AddFailure(t, nil)
		}
	}
}

// lookBack adds the successes at a shared address that came before its
// incident opened.
func (s *clientIncidents) lookBack(i *attack.Attack, c *profile.Client) {
	for got := range s.foreign.All() {
		if s.profiles.KeyOf(got.From) == c.Key && got.First >= i.Start-hour && got.First <= i.End+hour && s.credentials.Judge(i, c, got) == credential.Valid {
			s.credentials.Add(i, c, got)
		}
	}
}

// attackMade reports whether a failure within reach of the client's incident is part of
// it, and not one of the other people there.
func attackMade(c *profile.Client, t *window.Attempt, a *profile.Account) bool {
	familiar := a.Familiar(c, t, c.Incident.Start)
	if c.Unit != nil {
		return c.Unit.Has(t.Tool, profile.Lasts(t.Family, t.Agent), familiar, t.At)
	}
	if profile.WindowsOnly(t) { // names no program
		return !familiar || t.At <= c.Incident.End+attack.Pause
	}
	return !c.OfOthers(c.Incident, a, t.Agent, familiar, t.At)
}
