package replay

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"redshank/analytics"
	"redshank/analytics/event"
	"redshank/analytics/source"
	"redshank/analytics/source/format"
)

// Finding is what a run shows about the logs themselves, and not about attacks: a field
// that no record has, a proxy that hides the clients, records that are not understood.
type Finding = analytics.Finding

// FindingDocument is a finding as JSON.
type FindingDocument struct {
	Code    string `json:"code"`
	Subject string `json:"subject,omitempty"`
	Detail  string `json:"detail"`
}

// Documents returns findings for a JSON document.
func Documents(list []Finding) (all []FindingDocument) {
	for _, f := range list {
		all = append(all, FindingDocument{f.Code, f.Subject, f.Detail})
	}
	return all
}

// WriteFindings prints findings, one a line.
func WriteFindings(out io.Writer, list []Finding) {
	for n, f := range list {
		if n == 0 {
			fmt.Fprintln(out, "\nFindings about the logs:")
		}
		fmt.Fprintf(out, "  %s: %s\n", f.Code, printable(f.Detail))
	}
}

// maxUnreadKinds bounds the kinds of records that are listed as not understood.
const maxUnreadKinds = 30

// unreadKind is one kind of record that is not understood, over all logs.
type unreadKind struct {
	source.Unread
	logs int
	name string // of the first log
}

// unread returns findings about events without a time, about logs that no analytic needs,
// and about each kind of record that is not understood, the most frequent first.
func unread(logs []Log) (list []Finding) {
	type key struct {
		source event.Source
		reason string
		shape  string
	}
	kinds := map[key]*unreadKind{}
	for i := range logs {
		for _, u := range logs[i].Unread {
			at := key{u.Source, u.Reason.String(), u.Shape}
			if kinds[at] == nil {
				kinds[at] = &unreadKind{Unread: source.Unread{Source: u.Source, Reason: u.Reason, Shape: u.Shape}, name: logs[i].Name}
			}
			kinds[at].Count += u.Count
			kinds[at].logs++
		}
	}
	all := make([]*unreadKind, 0, len(kinds))
	for _, k := range kinds {
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b *unreadKind) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.name, b.name), cmp.Compare(a.Shape, b.Shape))
	})
	list = append(untimed(logs), unneeded(logs)...)
	for n, k := range all {
		if n == maxUnreadKinds {
			return append(list, Finding{Code: "not_understood", Detail: fmt.Sprintf("%d more kinds of records", len(all)-n)})
		}
		list = append(list, Finding{Code: "not_understood", Subject: k.name, Detail: k.sentence()})
	}
	return list
}

// unneeded returns a finding about each log that no analytic needs.
func unneeded(logs []Log) (list []Finding) {
	at := map[string]int{}
	counts := []uint64{}
	for i := range logs {
		for _, u := range logs[i].Unneeded {
			n, seen := at[u.Name]
			if !seen {
				n = len(list)
				at[u.Name] = n
				list, counts = append(list, Finding{Code: "not_needed", Subject: u.Name}), append(counts, 0)
			}
			counts[n] += u.Count
		}
	}
	for i := range list {
		list[i].Detail = fmt.Sprintf("%s of the log %s: no analytic needs them", plural(int(counts[i]), "record"), list[i].Subject)
	}
	return list
}

// untimed returns a finding about the events that are left out because their log has no
// dates, if there are any.
func untimed(logs []Log) []Finding {
	var events int64
	first := ""
	for i := range logs {
		if events += logs[i].Untimed; logs[i].Untimed > 0 {
			first = cmp.Or(first, logs[i].Name)
		}
	}
	if events == 0 {
		return nil
	}
	return []Finding{{Code: "without_time", Subject: first, Detail: fmt.Sprintf("%d events of %s, or of other logs, have no date and are left out", events, first)}}
}

func (k *unreadKind) sentence() string {
	what := "of no known format"
	if k.Source != event.SourceUnknown {
		what = "of " + k.Source.String()
	}
	where := k.name
	if k.logs > 1 {
		where = fmt.Sprintf("%s and %s", k.name, plural(k.logs-1, "other log"))
	}
	why := k.Reason.String() + "; "
	if k.Reason == format.NoFormat {
		why = ""
	}
	return fmt.Sprintf("%s %s in %s (%s%s)", plural(int(k.Count), "record"), what, where, why, k.Shape)
}
