package incident

import (
	"redshank/analytics/alert"
	"redshank/analytics/policy"
)

// muted reports whether the policy keeps a message back: by a mute, by its class, or because
// the severity, and that of the message before, is too low. The incident goes on as if the
// message had been sent.
func (t *Tracker) muted(a *alert.Alert, worst alert.Severity) bool {
	return worst < t.least || !t.policy.AlertsOn(a.Class, len(a.Valid) > 0) || len(t.policy.Mutes()) > 0 && t.policy.Muted(t.noticeOf(a)) != nil
}

// noticeOf returns what mutes are compared with. A list of the alert that does
// not have all members is left out, so that no mute covers what it hides.
func (t *Tracker) noticeOf(a *alert.Alert) *policy.Notice {
	n := &policy.Notice{Rule: a.Rule.ID, Class: a.Class, Time: a.Time, Drill: t.OfDrill}
	if a.Counts.DistinctUsers <= len(a.Users) && len(a.Valid) < MaxListed {
		for _, u := range a.Users {
			n.Accounts = append(n.Accounts, u.Name)
		}
		for _, v := range a.Valid {
			n.Accounts = append(n.Accounts, v.User)
		}
		if a.User != nil {
			n.Accounts = append(n.Accounts, a.User.DisplayName())
		}
	}
	if a.Counts.DistinctIPs <= len(a.IPs) {
		n.Addresses = a.IPs
	}
	if len(a.Apps) < maxAgents {
		n.Apps = a.Apps
	}
	return n
}
