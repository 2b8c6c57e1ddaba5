package stuffing

import (
	"strconv"

	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/window"
)

// clientIncidents opens the incidents of single clients.
type clientIncidents struct {
	policy      *policy.Policy
	incidents   *incidents
	profiles    *profiles
	evidence    *evidence.List
	foreign     *foreignSignIns
	credentials *credentials
}

// open opens an incident of a client's attempts and adds the accounts that
// signed in before the threshold was crossed.
func (s *clientIncidents) open(c *client, why string, at int64, ev *event.Event) *attack.Attack {
	subject := c.key.Addr().String()
	if c.unit != nil { // several attacks may come from one office
		subject += " " + strconv.FormatUint(uint64(c.unit.tools[0]), 16)
	}
	i := s.incidents.open(subject, why, s.incidents.began(&c.attempts, at), at)
	i.Client, i.Prefix = ev.IP, s.profiles.prefix(c.key)
	i.Labels, i.Location = s.policy.NetworkLabels(i.Client), s.policy.Locate(i.Client)
	i.AddEvent(ev)
	s.adopt(i, c)
	i.Assess()
	s.incidents.tracker.Update(i.Incident)
	return i
}

// adopt moves what a client did within reach into its incident: all of it, or
// of a shared address what the attack did.
func (s *clientIncidents) adopt(i *attack.Attack, c *client) {
	all := c.attempts.Take()
	overDays := i.Window == windowWeek || i.Window == windowAccount
	var rest []window.Attempt
	for _, t := range all {
		a, _ := s.profiles.accounts.Peek(t.Key)
		if (overDays || s.incidents.inReach(i, t.At)) && c.unit.has(t.Tool, a.familiar(c, &t, t.At), t.At) && !(c.unit != nil && t.Succeeded) {
			i.AddFailure(t, nil)
		} else if c.unit != nil {
			rest = append(rest, t)
		}
	}
	c.attempts = window.AttemptsOf(rest)
	c.incident = i
	s.profiles.clients.MarkDirty(c.key)
	s.profiles.clients.Protect(c.key)
	s.evidence.MarkSingle(c.key, i.Start, s.profiles.cut)
	if c.campaign != nil && s.incidents.inReach(c.campaign, i.Start) {
		s.incidents.link(c.campaign, i)
	}
	if c.unit != nil {
		s.lookBack(i, c)
		return
	}
	for _, got := range c.signIns() {
		if s.incidents.inReach(i, got.last) && s.credentials.judge(i, c, got.signIn) == valid {
			s.credentials.add(i, c, got.signIn)
		}
	}
}

// lookBack adds the successes at a shared address that came before its
// incident opened.
func (s *clientIncidents) lookBack(i *attack.Attack, c *client) {
	for n := range s.foreign.list {
		got := &s.foreign.list[n]
		if s.profiles.cut(got.from) == c.key && got.first >= i.Start-hour && got.first <= i.End+hour && s.credentials.judge(i, c, got) == valid {
			s.credentials.add(i, c, got)
		}
	}
}
