package attack

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/window"
)

// Fill completes an alert with the accounts, the techniques, the confidence and
// the message.
func (i *Attack) Fill(a *alert.Alert) {
	i.UpdateCounts((*window.Distinct).Count)
	addresses := a.Counts.DistinctIPs
	a.Counts = i.Counts
	a.Counts.DistinctIPs = addresses
	a.Users = i.topUsers()
	a.Confidence = confidence(i)
	a.Techniques = i.Techniques(attackTechniques[i.Class])
	a.Message = sentence(a)
	if i.Withdrawn() {
		a.Message += "; withdrawn: most of the accounts signed in soon afterwards"
	}
}

// Accounts returns the names of the accounts that were tried, sorted, and reports
// whether they are all.
func (i *Attack) Accounts() ([]string, bool) {
	names := make([]string, 0, len(i.tallies))
	for _, t := range i.tallies {
		names = append(names, t.name)
	}
	slices.Sort(names)
	return names, len(names) >= i.users.Count()
}

// topUsers are the accounts with the most failures, ties by name so that a
// replay gives the same list.
func (i *Attack) topUsers() []alert.UserCount {
	top := make([]*tally, 0, incident.MaxListed+1)
	for _, t := range i.tallies {
		place, _ := slices.BinarySearchFunc(top, t, byFailures)
		if place < incident.MaxListed {
			top = slices.Insert(top, place, t)
			top = top[:min(len(top), incident.MaxListed)]
		}
	}
	users := make([]alert.UserCount, 0, len(top))
	for _, t := range top {
		users = append(users, alert.UserCount{Name: t.name, Failures: t.failures, LastReason: t.reason.String(),
			Privileged: t.marks.Has(event.PrivilegedUser), Leaked: t.marks.Has(event.LeakedAccount)})
	}
	return users
}

// byFailures orders accounts by falling failures, then by name.
func byFailures(a, b *tally) int {
	return cmp.Or(cmp.Compare(b.failures, a.failures), strings.Compare(a.name, b.name))
}

// confidence is higher with proof than with numbers: 0.5 for what just reached
// a threshold, 0.7 for twice that or names from a list, 0.9 with a credential.
func confidence(i *Attack) float64 {
	switch {
	case i.Valid.Count() > 0:
		return 0.9
	case i.Severity >= alert.High, i.Counts.UnknownUsers > 0:
		return 0.7
	}
	return 0.5
}

// sentence describes the incident and, if a credential is known to be valid,
// the first step of the response.
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
