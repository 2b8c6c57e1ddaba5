package incident

import (
	"slices"

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

// covered reports whether the messages of a campaign include an incident, so that it sends
// none of its own, and counts the message as suppressed in the campaign. A botnet has
// thousands of clients with an incident each: the campaign has sent a message and lists as
// many of them as an alert can, with all agents and applications of this one, which is not
// listed, has sent nothing, has no credential, and is less than a tenth of the campaign. If
// the campaign is withdrawn the incident sends its message after all.
func (t *Tracker) covered(i *Incident) bool {
	if i.Campaign == "" || i.last.sequence > 0 || i.Severity >= alert.Critical {
		return false
	}
	k := t.ByID(i.Campaign)
	if k == nil || k.last.sequence == 0 || len(k.Members) < MaxListed || slices.Contains(k.Members, i.ID) || 10*i.Detail.Volume() >= k.Detail.Volume() ||
		!containsAll(k.agents, i.agents) || !containsAll(k.apps, i.apps) {
		return false
	}
	if !i.last.muted {
		k.suppressed++
		t.stats.Suppressed++
	}
	i.last = notification{at: i.End, sent: t.newest, severity: i.Severity, class: i.Class, volume: i.Detail.Volume(), muted: true}
	t.MarkDirty(i)
	t.MarkDirty(k)
	return true
}

func containsAll(list, of []string) bool {
	return !slices.ContainsFunc(of, func(s string) bool { return !slices.Contains(list, s) })
}
