package replay

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"redshank/plugin/replay/report"
)

// Change is an incident that a second policy opens, closes or changes.
type Change struct {
	Before, After *Incident // nil: not open under that policy
}

// changesBetween returns what the second policy changes, in the order in which the
// incidents began.
func changesBetween(before, after []*Incident) (changes []Change) {
	rest := slices.Clone(after)
	for _, b := range before {
		at := slices.IndexFunc(rest, func(a *Incident) bool { return a.ID == b.ID })
		if at < 0 {
			at = slices.IndexFunc(rest, func(a *Incident) bool { return sameSubject(a, b) })
		}
		if at < 0 {
			changes = append(changes, Change{Before: b})
			continue
		}
		if differs(b, rest[at]) {
			changes = append(changes, Change{b, rest[at]})
		}
		rest = slices.Delete(rest, at, at+1)
	}
	for _, a := range rest {
		changes = append(changes, Change{After: a})
	}
	slices.SortStableFunc(changes, func(a, b Change) int { return a.either().Start.Compare(b.either().Start) })
	return changes
}

// either returns the incident as it was before, or as it is.
func (c Change) either() *Incident { return cmp.Or(c.Before, c.After) }

// sameSubject reports whether two incidents with different ids are about the same:
// the id has the day of the beginning in it, which a threshold can move.
func sameSubject(a, b *Incident) bool {
	return a.Rule.ID == b.Rule.ID && a.Origin() == b.Origin() && !a.Start.After(b.End) && !b.Start.After(a.End)
}

// differs reports whether a reader of alerts would see a difference.
func differs(a, b *Incident) bool {
	return a.Class != b.Class || a.Severity != b.Severity || a.Counts != b.Counts || a.Messages != b.Messages || credentials(a) != credentials(b)
}

// printChanges prints what the second policy changes.
func printChanges(out io.Writer, policy string, incidents int, changes []Change) {
	fmt.Fprintf(out, "\nunder %s: %s, %s\n", printable(policy), plural(incidents, "incident"), plural(len(changes), "change"))
	if len(changes) == 0 {
		return
	}
	fmt.Fprintln(out)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "CHANGE\tRULE\tCLASS\tSEVERITY\tSUBJECT\tACCOUNTS\tFAILURES\tVALID CREDENTIALS\tMESSAGES\tFIRST SEEN (UTC)")
	for _, c := range changes {
		c.row(t, c.either().Rule.ID)
	}
	t.Flush()
}

// Kind returns what happens to the incident: opens, closes or changes.
func (c Change) Kind() string {
	switch {
	case c.Before == nil:
		return "opens"
	case c.After == nil:
		return "closes"
	}
	return "changes"
}

// show returns the change for people.
func (c Change) show() report.Difference {
	before, after := c.Before, c.After
	if before == nil {
		before = after
	}
	if after == nil {
		after = before
	}
	return report.Difference{Kind: c.Kind(), ID: before.ID, At: before.Start, Origin: before.Origin(),
		Class: arrow(before.Class, after.Class), Severity: arrow(before.Severity.String(), after.Severity.String()),
		Accounts: arrow(before.Accounts(), after.Accounts()), Failures: arrow(before.Counts.Failures, after.Counts.Failures),
		Valid: arrow(credentials(before), credentials(after)), Messages: arrow(before.Messages, after.Messages)}
}

func (c Change) row(t io.Writer, rule string) {
	s := c.show()
	fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s.Kind, rule, s.Class, s.Severity, printable(s.Origin),
		s.Accounts, s.Failures, s.Valid, s.Messages, s.At.Format(time.DateTime))
}

// arrow shows a value, or both where they differ.
func arrow[T comparable](before, after T) string {
	if before == after {
		return fmt.Sprint(before)
	}
	return fmt.Sprintf("%v -> %v", before, after)
}
