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

// covered reports whether the messages of the campaign of an incident include it, so that it
// sends none of its own now, and counts the message as suppressed in the campaign: once if the
// incident has not sent a message. An incident that sent a message before the campaign did also
// sends its final one. If the campaign is withdrawn, all of its incidents send their messages.
func (t *Tracker) covered(i *Incident) bool {
	k := t.ByID(i.Campaign)
	if k == nil || !includes(k, i) {
		return false
	}
	l := &i.last
	if l.sequence == 0 && l.volume > 0 {
		return true // counted before
	}
	k.suppressed++
	t.stats.Suppressed++
	l.at, l.severity, l.class, l.volume, l.valid, l.upToDate = i.End, i.Severity, i.Class, i.Detail.Volume(), i.compromised(), false
	t.MarkDirty(i)
	t.MarkDirty(k)
	return true
}

// maxApart is how many failures that are not those of a campaign one of its clients may have for
// the messages of the campaign to include it: as many more are an attack of its own.
const maxApart = 4

// crowd is a Detail that knows how much of an attack from many clients one of them makes.
type crowd interface {
	// ShareOf returns the share, from 0 to 1, of the client of an incident in the latest attempts
	// of the attack that were made during the incident.
	ShareOf(i *Incident) float64
}

// includes reports whether the messages of a campaign, which has sent one, include a client: it is
// no more severe, makes less than half of the campaign while it takes part, has made hardly any
// failures but those of the campaign, and no credential, agent or application of it is missing
// there, except where too many agents or applications are to be listed.
func includes(k, i *Incident) bool {
	whole, ok := k.Detail.(crowd)
	return ok && k.last.sequence > 0 && i.Severity <= k.Severity && i.Apart <= maxApart &&
		lists(k.agents, i.agents) && lists(k.apps, i.apps) && named(k, i) && whole.ShareOf(i) < 0.5
}

// soon is how many messages a campaign may have sent for the next one to leave within minutes.
const soon = 3

// named reports whether a campaign has named the credentials of a client, or will within minutes.
func named(k, i *Incident) bool {
	return k.Valid.includes(&i.Valid) && (i.Valid.Count() == 0 || k.compromised() <= k.last.valid || k.last.sequence <= soon)
}

// lists reports whether a list has all of some texts, or is full.
func lists(list, of []string) bool {
	return len(list) >= maxAgents || !slices.ContainsFunc(of, func(s string) bool { return !slices.Contains(list, s) })
}

// leave settles what becomes of the clients that a campaign which closes has covered: its final
// message includes them, unless it is withdrawn. A client that closes and has sent no message
// is no longer listed by its campaign.
func (t *Tracker) leave(i *Incident) {
	if k := t.ByID(i.Campaign); k != nil && i.last.sequence == 0 {
		k.Members = slices.DeleteFunc(k.Members, func(id string) bool { return id == i.ID })
	}
	if _, ok := i.Detail.(crowd); !ok || i.Client.IsValid() || i.Account != "" {
		return // of one client, or one account
	}
	t.Each(i.Rule, func(o *Incident) {
		switch {
		case o.Campaign != i.ID || o.last.sequence > 0:
		case i.withdrawn:
			t.Update(o)
		case includes(i, o):
			o.last.upToDate = true
			t.MarkDirty(o)
		}
	})
}

// listedMembers returns the members of a campaign without those that have sent no message.
func (t *Tracker) listedMembers(k *Incident) []string {
	return slices.DeleteFunc(slices.Clone(k.Members), func(id string) bool {
		i := t.ByID(id)
		return i != nil && i.last.sequence == 0
	})
}
