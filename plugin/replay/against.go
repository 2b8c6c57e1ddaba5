package replay

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
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
	slices.SortStableFunc(changes, func(a, b Change) int { return a.start().Compare(b.start()) })
	return changes
}

func (c Change) start() time.Time {
	if c.Before != nil {
		return c.Before.Start
	}
	return c.After.Start
}

// sameSubject reports whether two incidents with different ids are about the same:
// the id has the day of the beginning in it, which a threshold can move.
func sameSubject(a, b *Incident) bool {
	return a.Rule.ID == b.Rule.ID && a.Origin() == b.Origin() && !a.Start.After(b.End) && !b.Start.After(a.End)
}

// differs reports whether a reader of alerts would see a difference.
func differs(a, b *Incident) bool {
	return a.Class != b.Class || a.Severity != b.Severity || a.Counts != b.Counts || a.Messages != b.Messages || credentials(a) != credentials(b)
}

// comparison prints what the second policy changes.
func (r *run) comparison(out io.Writer) {
	changes := changesBetween(r.result.Incidents, r.other)
	fmt.Fprintf(out, "\nunder %s: %s, %s\n", printable(r.opts.Against), plural(len(r.other), "incident"), plural(len(changes), "change"))
	if len(changes) == 0 {
		return
	}
	fmt.Fprintln(out)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "CHANGE\tRULE\tCLASS\tSEVERITY\tSUBJECT\tACCOUNTS\tFAILURES\tVALID CREDENTIALS\tMESSAGES\tFIRST SEEN (UTC)")
	for _, c := range changes {
		c.row(t)
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

func (c Change) row(t io.Writer) {
	before, after := c.Before, c.After
	if before == nil {
		before = after
	}
	if after == nil {
		after = before
	}
	fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", c.Kind(), before.Rule.ID,
		arrow(before.Class, after.Class), arrow(before.Severity.String(), after.Severity.String()), printable(before.Origin()),
		arrow(before.Accounts(), after.Accounts()), arrow(before.Counts.Failures, after.Counts.Failures),
		arrow(credentials(before), credentials(after)), arrow(before.Messages, after.Messages), before.Start.Format(time.DateTime))
}

// arrow shows a value, or both where they differ.
func arrow[T comparable](before, after T) string {
	if before == after {
		return fmt.Sprint(before)
	}
	return fmt.Sprintf("%v -> %v", before, after)
}
