package analytics

import (
	"fmt"
	"redshank/analytics/alert"
	"redshank/analytics/event"
	"slices"
	"strings"
	"time"
)

// alert writes the message about an incident as it stands. Nothing in it is
// shared with the incident.
func (i *incident) alert(phase string) *alert.Alert {
	c := i.counts
	c.DistinctUsers, c.DistinctIPs = i.users.Count(), i.clients.Count()
	a := &alert.Alert{
		ID: i.id, Sequence: i.last.sequence, Rule: *i.rule, Phase: phase,
		Class: i.class, Severity: i.severity, Confidence: confidence(i),
		Time: i.lastTime(), Start: timeOf(i.start), End: i.lastTime(),
		Source: i.client, Prefix: i.prefix, IPs: slices.Clone(i.ips), Users: i.topUsers(),
		Hosts: slices.Clone(i.hosts), Valid: slices.Clone(i.valid.list), Familiar: slices.Clone(i.familiar.list),
		Services: i.serviceNames(), Agents: slices.Clone(i.agents), Apps: slices.Clone(i.apps),
		Counts: c, Window: i.opened, Signals: slices.Clone(i.signals),
		Subject: i.subject, Evidence: slices.Clone(i.evidence), Labels: i.labels, Suppressed: i.suppressed,
		Campaign: i.campaign, Members: slices.Clone(i.members),
	}
	a.Geo, a.AS = i.geo()
	if i.account != "" {
		a.User = alert.NewUser(i.account)
	}
	a.Techniques = techniques(i)
	if i.rule == &ruleCollection {
		i.fill(a)
	} else {
		a.Message = sentence(a)
	}
	return a
}

// last is the time of the last failure or of the last account's first getting
// in, so that it does not depend on the order in which they came.
func (i *incident) lastTime() time.Time {
	last := timeOf(i.end)
	for _, v := range i.valid.list {
		if v.At.After(last) {
			last = v.At
		}
	}
	return last
}

func timeOf(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// topUsers are the accounts with the most failures, ties by name so that a
// replay gives the same list.
func (i *incident) topUsers() []alert.UserCount {
	users := make([]alert.UserCount, 0, len(i.tallies))
	for _, t := range i.tallies {
		users = append(users, alert.UserCount{Name: t.name, Failures: t.failures, LastReason: t.reason.String(),
			Privileged: t.marks.Has(event.PrivilegedUser), Leaked: t.marks.Has(event.LeakedAccount)})
	}
	slices.SortFunc(users, func(a, b alert.UserCount) int {
		if a.Failures != b.Failures {
			return b.Failures - a.Failures
		}
		return strings.Compare(a.Name, b.Name)
	})
	return slices.Clip(users[:min(len(users), maxListed)])
}

// serviceNames leaves Windows out where another log tells which service of the
// mail system was behind the logon.
func (i *incident) serviceNames() []string {
	var names []string
	for s := event.OWA; s < event.Windows; s++ {
		if i.services&(1<<s) != 0 {
			names = append(names, s.String())
		}
	}
	if len(names) == 0 && i.services&(1<<event.Windows) != 0 {
		return []string{event.Windows.String()}
	}
	return names
}

// confidence is higher with proof than with numbers: 0.5 for what just reached
// a threshold, 0.7 for twice that or names from a list, 0.9 with a credential.
func confidence(i *incident) float64 {
	switch {
	case i.valid.count() > 0:
		return 0.9
	case i.severity >= alert.High, i.counts.UnknownUsers > 0:
		return 0.7
	}
	return 0.5
}

// techniques are those of the class and, for AN0131, those of its signals.
func techniques(i *incident) []alert.Technique {
	var list []alert.Technique
	if t, ok := alert.TechniqueByID(classTechniques[i.class]); ok {
		list = append(list, t)
	}
	for _, s := range i.signals {
		if t, ok := alert.TechniqueByID(s.Technique); ok && !slices.Contains(list, t) && len(list) < maxListed {
			list = append(list, t)
		}
	}
	valid := "T1078"
	if i.cloud {
		valid = "T1078.004"
	}
	if t, ok := alert.TechniqueByID(valid); ok && i.valid.count() > 0 {
		list = append(list, t)
	}
	return list
}

// sentence says what happened and, where a password is known to be lost, what
// to do first.
func sentence(a *alert.Alert) string {
	var b strings.Builder
	b.WriteString(strings.ToUpper(a.Class[:1]) + strings.ReplaceAll(a.Class[1:], "_", " "))
	switch {
	case a.Prefix.IsValid():
		fmt.Fprintf(&b, " from %s", a.Prefix)
	case a.Source.IsValid():
		fmt.Fprintf(&b, " from %s", a.Source)
	case a.User != nil:
		fmt.Fprintf(&b, " against one account, %s, from %s", a.User.DisplayName(), alert.Count(a.Counts.DistinctIPs, "address", "addresses"))
	default:
		fmt.Fprintf(&b, " from %s that act as one", alert.Count(a.Counts.DistinctIPs, "address", "addresses"))
	}
	fmt.Fprintf(&b, ": %s", alert.Count(a.Counts.Failures, "failure", "failures"))
	if n := a.Counts.DistinctUsers; n > 0 {
		fmt.Fprintf(&b, " of %s", alert.Count(n, "account", "accounts"))
	}
	fmt.Fprintf(&b, " over %s in %s", strings.Join(a.Services, ", "), alert.Elapsed(a.End.Sub(a.Start)))
	if n := len(a.Valid); n > 0 {
		names := make([]string, 0, n)
		for _, v := range a.Valid[:min(n, 3)] {
			names = append(names, v.User)
		}
		more := ""
		if n > 3 {
			more = fmt.Sprintf(" and %d more", n-3)
		}
		fmt.Fprintf(&b, "; the password of %s%s is known to the attacker: reset it and revoke its sessions", strings.Join(names, ", "), more)
	}
	return b.String()
}
