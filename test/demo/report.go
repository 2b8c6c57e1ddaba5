package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"redshank/test/day"
)

// report prints the incidents found and returns an error that names every
// difference from the attacks in the day.
func report(w io.Writer, d *day.Day, path string) error {
	found, messages, err := day.ReadAlerts(path)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%d incidents, reported in %d messages\n\n", len(found), messages)
	table(w, found)
	fmt.Fprintf(w, "\nalerts: %s\n", path)
	if wrong := d.Compare(found, day.Exchange, day.Cloud); len(wrong) > 0 {
		return fmt.Errorf("incidents differ from the attacks in the day:\n  %s", strings.Join(wrong, "\n  "))
	}
	fmt.Fprintf(w, "exactly the %d attacks of the day, and none of its %d near misses\n", len(d.Expected), len(d.Quiet))
	return nil
}

func table(w io.Writer, found []day.Found) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "RULE\tCLASS\tSEVERITY\tSOURCE\tACCOUNTS\tVALID CREDENTIALS\tFIRST AND LAST SEEN")
	for _, f := range found {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", f.Rule, f.Class, f.Severity, origin(f), cmp.Or(f.Accounts, f.Mailboxes),
			cmp.Or(strings.Join(f.Valid, ", "), "-"), f.Start.Format(time.TimeOnly)+" - "+f.End.Format(time.TimeOnly))
	}
	t.Flush()
}

// origin returns the client of an incident, or the number of clients of a campaign.
func origin(f day.Found) string {
	return cmp.Or(f.Source, fmt.Sprintf("%d addresses", f.Addresses))
}
