package health

import (
	"cmp"
	"slices"
	"time"

	"redshank/analytics/event"
)

// Finding is a fault of the input that makes detection blind without an error.
type Finding struct {
	Code    string // silent_source, no_client_address, ...
	Subject string // the source, table, address or automation; may be empty
	Detail  string // one sentence with its figures
	Since   time.Time
}

// maxFindings bounds the open findings, and those kept for the next Take.
const maxFindings = 100

// findings are the open findings, each raised once until it clears.
type findings struct {
	open            map[findingKey]Finding
	raised, cleared []Finding
}

type findingKey struct{ code, subject string }

// set raises or clears a finding. detail is called only for a finding that is raised.
func (b *findings) set(holds bool, now int64, code, subject string, detail func() string) {
	key := findingKey{code, subject}
	f, open := b.open[key]
	switch {
	case holds && !open && len(b.open) < maxFindings:
		f = Finding{Code: code, Subject: subject, Detail: detail(), Since: event.UnixTime(now)}
		if b.open == nil {
			b.open = map[findingKey]Finding{}
		}
		b.open[key] = f
		b.raised = appendFinding(b.raised, f)
	case !holds && open:
		delete(b.open, key)
		b.cleared = appendFinding(b.cleared, f)
	}
}

func appendFinding(list []Finding, f Finding) []Finding {
	if len(list) >= maxFindings {
		return list
	}
	return append(list, f)
}

// Take returns the findings that hold, in the order of their codes, and those
// that were raised and cleared since the last call.
func (b *findings) Take() (open, raised, cleared []Finding) {
	for _, f := range b.open {
		open = append(open, f)
	}
	slices.SortFunc(open, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Subject, b.Subject))
	})
	raised, cleared = b.raised, b.cleared
	b.raised, b.cleared = nil, nil
	return open, raised, cleared
}
