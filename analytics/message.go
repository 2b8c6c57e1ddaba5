package analytics

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"redshank/analytics/event"
)

// The phases of an incident that a message can tell of.
const (
	PhaseOpened    = "opened"
	PhaseEscalated = "escalated"
	PhaseChanged   = "changed" // another class than before
	PhaseGrown     = "grown"   // ten times the failures of the last message
	PhaseQuiet     = "quiet"   // final figures
)

// alert writes the message about an incident as it stands. Nothing in it is
// shared with the incident.
func (i *incident) alert(phase string) *Alert {
	c := i.counts
	c.DistinctUsers, c.DistinctIPs = i.users.Count(), i.clients.Count()
	a := &Alert{
		ID: i.id, Sequence: i.told.sequence, Rule: *i.rule, Phase: phase,
		Class: i.class, Severity: i.severity, Confidence: confidence(i),
		Time: i.last(), Start: at(i.start), End: i.last(),
		Source: i.client, Prefix: i.prefix, IPs: slices.Clone(i.ips), Users: i.topUsers(),
		Hosts: slices.Clone(i.hosts), Valid: slices.Clone(i.valid.list), AtHome: slices.Clone(i.present.list),
		Services: i.serviceNames(), Agents: slices.Clone(i.agents), Apps: slices.Clone(i.apps),
		Counts: c, Window: i.opened, Signals: slices.Clone(i.signals),
		Subject: i.subject, Evidence: slices.Clone(i.evidence), Labels: i.labels, Suppressed: i.suppressed,
		Campaign: i.campaign, Members: slices.Clone(i.members),
	}
	a.Geo, a.AS = i.geo()
	if i.account != "" {
		a.User = newUser(i.account)
	}
	a.Techniques = techniques(i)
	if i.rule == &ruleCollection {
		i.finish(a)
	} else {
		a.Message = sentence(a)
	}
	return a
}

// last is the time of the last failure or of the last account's first getting
// in, so that it does not depend on the order in which they came.
func (i *incident) last() time.Time {
	last := at(i.end)
	for _, v := range i.valid.list {
		if v.At.After(last) {
			last = v.At
		}
	}
	return last
}

func at(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func newUser(name string) *User {
	user := &User{Name: name}
	if local, domain, ok := strings.Cut(name, "@"); ok {
		user.Name, user.Domain, user.Email = local, domain, name
	}
	return user
}

// topUsers are the accounts with the most failures, ties by name so that a
// replay gives the same list.
func (i *incident) topUsers() []UserCount {
	users := make([]UserCount, 0, len(i.tallies))
	for _, t := range i.tallies {
		users = append(users, UserCount{Name: t.name, Failures: t.failures, LastReason: t.reason.String(),
			Privileged: t.marks.Has(event.PrivilegedUser), Leaked: t.marks.Has(event.LeakedAccount)})
	}
	slices.SortFunc(users, func(a, b UserCount) int {
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
	case i.severity >= High, i.counts.UnknownUsers > 0:
		return 0.7
	}
	return 0.5
}

// techniques are those of the class and, for AN0131, those of its signals.
func techniques(i *incident) []Technique {
	var list []Technique
	if t, ok := classTechniques[i.class]; ok {
		list = append(list, t)
	}
	for _, s := range i.signals {
		if t, ok := signalTechniques[s.Technique]; ok && !slices.Contains(list, t) && len(list) < maxListed {
			list = append(list, t)
		}
	}
	switch {
	case i.valid.count() > 0 && i.cloud:
		return append(list, techniqueCloud)
	case i.valid.count() > 0:
		return append(list, techniqueValid)
	}
	return list
}

// sentence says what happened and, where a password is known to be lost, what
// to do first.
func sentence(a *Alert) string {
	var b strings.Builder
	b.WriteString(strings.ToUpper(a.Class[:1]) + strings.ReplaceAll(a.Class[1:], "_", " "))
	switch {
	case a.Prefix.IsValid():
		fmt.Fprintf(&b, " from %s", a.Prefix)
	case a.Source.IsValid():
		fmt.Fprintf(&b, " from %s", a.Source)
	case a.User != nil:
		fmt.Fprintf(&b, " against one account, %s, from %s", a.User.display(), plural(a.Counts.DistinctIPs, "address", "addresses"))
	default:
		fmt.Fprintf(&b, " from %s that act as one", plural(a.Counts.DistinctIPs, "address", "addresses"))
	}
	fmt.Fprintf(&b, ": %s", plural(a.Counts.Failures, "failure", "failures"))
	if n := a.Counts.DistinctUsers; n > 0 {
		fmt.Fprintf(&b, " of %s", plural(n, "account", "accounts"))
	}
	fmt.Fprintf(&b, " over %s in %s", strings.Join(a.Services, ", "), span(a.End.Sub(a.Start)))
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

func (u *User) display() string {
	if u.Email != "" {
		return u.Email
	}
	return u.Name
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return plural(int(d.Seconds()), "second", "seconds")
	case d < 2*time.Hour:
		return plural(int(d.Minutes()), "minute", "minutes")
	}
	return plural(int(d.Hours()), "hour", "hours")
}
