package replay

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"redshank/analytics/source"
)

// write writes the report and prints the result.
func (r *run) write(ctx context.Context, out io.Writer) error {
	if r.opts.Report != "" {
		if err := r.report(ctx); err != nil {
			return err
		}
	}
	if r.opts.JSON {
		return r.json(out)
	}
	r.tables(out)
	if r.against != nil {
		printChanges(out, r.opts.Against, len(r.other), r.changes())
	}
	if r.opts.Explain != "" {
		r.explanation.write(out, r.result.Incidents, r.opts.Policy)
	}
	if r.opts.Report != "" {
		fmt.Fprintf(out, "\nreport: %s\n", r.opts.Report)
	}
	return nil
}

// tables prints the result for people.
func (r *run) tables(out io.Writer) {
	res := &r.result
	var understood, unknown uint64
	for _, l := range res.Logs {
		understood += l.Counts.Total(source.Understood)
		unknown += l.Counts.Total(source.Unknown) + l.Counts.Total(source.Malformed)
	}
	fmt.Fprintf(out, "%s, %d events", plural(len(res.Logs), "log"), res.Events)
	if first, last := res.Period(); !first.IsZero() {
		fmt.Fprintf(out, " from %s to %s", first.Format(time.DateTime), last.Format(time.DateTime))
	}
	if unknown > 0 {
		fmt.Fprintf(out, "; %d of %d records not understood", unknown, unknown+understood)
	}
	messages := 0
	for _, i := range res.Incidents {
		messages += i.Messages
	}
	fmt.Fprintf(out, "\n%s in %s\n", plural(len(res.Incidents), "incident"), plural(messages, "message"))
	if len(res.Incidents) > 0 {
		fmt.Fprintln(out)
		incidentTable(out, res.Incidents)
	}
	WriteFindings(out, res.Findings)
}

// Period returns the times of the first and the last event; zero if there
// are no events.
func (res *Result) Period() (first, last time.Time) {
	for _, l := range res.Logs {
		if !l.First.IsZero() && (first.IsZero() || l.First.Before(first)) {
			first = l.First
		}
		if l.Last.After(last) {
			last = l.Last
		}
	}
	return first, last
}

func incidentTable(out io.Writer, incidents []*Incident) {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "RULE\tCLASS\tSEVERITY\tSUBJECT\tACCOUNTS\tVALID CREDENTIALS\tFIRST AND LAST SEEN (UTC)")
	for _, i := range incidents {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", i.Rule.ID, i.classText(), i.Severity, printable(i.Origin()), i.Accounts(),
			credentials(i), i.Start.Format("2006-01-02 15:04:05")+" - "+lastOf(i))
	}
	t.Flush()
}

// classText returns the class, and that an incident is a drill.
func (i *Incident) classText() string {
	if i.Drill != "" {
		return i.Class + " (drill)"
	}
	return i.Class
}

// lastOf is the end of an incident, without its date if the start has the same.
func lastOf(i *Incident) string {
	if i.End.Format(time.DateOnly) == i.Start.Format(time.DateOnly) {
		return i.End.Format(time.TimeOnly)
	}
	return i.End.Format(time.DateTime)
}

// Origin returns what an incident is about: its client, its account, application or
// host, or how many addresses a campaign has.
func (i *Incident) Origin() string {
	switch {
	case i.User != nil && i.User.Email != "":
		return i.User.Email
	case i.Subject != "":
		return i.Subject
	case i.User != nil:
		return i.User.Name
	case i.Source.IsValid():
		return i.Source.String()
	}
	return strconv.Itoa(i.Counts.DistinctIPs) + " addresses"
}

// Accounts returns how many accounts an incident touches.
func (i *Incident) Accounts() int {
	n := max(i.Counts.DistinctUsers, i.Counts.Mailboxes, len(i.Users))
	if n == 0 && i.User != nil {
		return 1
	}
	return n
}

// credentials names the first valid credentials.
func credentials(i *Incident) string {
	if len(i.Valid) == 0 {
		return "-"
	}
	var names []string
	for _, v := range i.Valid[:min(3, len(i.Valid))] {
		names = append(names, printable(v.User))
	}
	if more := max(i.Counts.Accepted+i.Counts.Succeeded, len(i.Valid)) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

// printable returns a text of a log without what moves a terminal's cursor or the
// direction of writing.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
