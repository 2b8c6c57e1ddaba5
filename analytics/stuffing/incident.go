package stuffing

import (
	"slices"

	"redshank/analytics/incident"
	"redshank/analytics/policy"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/window"
)

// incidents opens the incidents of AN1269.
type incidents struct {
	policy  *policy.Policy
	tracker *incident.Tracker
	slow    int64 // milliseconds
}

// inReach reports whether an event at a time belongs to the incident: from the
// slow window before its start to the quiet time after its end.
func (s *incidents) inReach(i *attack.Attack, at int64) bool {
	return i != nil && !i.Closed() && at >= i.Start-s.slow && at <= i.End+s.policy.Alerts.Quiet.Milliseconds()
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
		if t.At >= at-s.slow {
			return min(t.At, at)
		}
	}
	return at
}

// link notes that the incident of one client is part of a campaign.
func (s *incidents) link(campaign, single *attack.Attack) {
	if single == nil || single.Campaign == campaign.ID {
		return
	}
	single.Campaign = campaign.ID
	s.tracker.MarkDirty(single.Incident)
	campaign.Members = addMember(campaign.Members, single.ID)
}

// addMember appends an id to the listed members of a campaign.
func addMember(list []string, id string) []string {
	if len(list) >= incident.MaxListed || slices.Contains(list, id) {
		return list
	}
	return append(list, id)
}

// byID returns the open incident with the id, or nil if it is closed.
func (s *incidents) byID(id string) *attack.Attack {
	if i := s.tracker.ByID(id); i != nil {
		return i.Detail.(*attack.Attack)
	}
	return nil
}

func idOf(i *attack.Attack) string {
	if i == nil {
		return ""
	}
	return i.ID
}
