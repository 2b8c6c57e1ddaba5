package coverage

import (
	"slices"
	"time"
)

// PresentFrom is the share of events, in per cent, from which a piece of evidence
// is present; below it is partial.
const PresentFrom = 90

// State is what a cell of the matrix says.
type State uint8

// The states of a cell.
const (
	NotNeeded State = iota // no analytic uses the evidence of that service
	NotSeen                // no event came that could have it, for instance no failed sign-in
	Missing                // no event has it
	Partial                // fewer than PresentFrom per cent have it
	Present
)

var stateNames = [...]string{"not_needed", "not_seen", "missing", "partial", "present"}

func (s State) String() string { return stateNames[s] }

// Report is a Matrix at one moment.
type Report struct {
	Rows    []Row     // services that were seen, in a fixed order
	NotSeen []Service // services without any event
	Gaps    []Gap     // of the rows, in their order
}

// Row is a service with its cells.
type Row struct {
	Service Service
	Total   uint64 // events since the state began
	Events  int64  // events that the cells are about
	Last    time.Time
	Cells   [evidences]Cell
}

// Cell is one piece of evidence of a service.
type Cell struct {
	State    State
	With, Of int64 // events that have the evidence, of all that could
}

// Share returns the share of events that have the evidence, in per cent, rounded
// down.
func (c Cell) Share() int {
	if c.Of == 0 {
		return 0
	}
	return int(c.With * 100 / c.Of)
}

// Gap is a cell that is not present, with the parts of the analytics that are blind
// where the evidence is not there.
type Gap struct {
	Service  Service
	Evidence Evidence
	Cell
	Blind []Part
}

// Part is a part of an analytic: a signal of AN0131, or a way in which AN1269 opens
// an incident.
type Part struct{ Rule, Code string }

// Report returns the rows that were seen, and what is blind.
func (m *Matrix) Report() *Report {
	r := &Report{}
	for s := Service(1); s < services; s++ {
		if m.rows[s].total == 0 {
			r.NotSeen = append(r.NotSeen, s)
			continue
		}
		row := m.row(s)
		r.Rows = append(r.Rows, row)
		for e, cell := range row.Cells {
			if cell.State != NotNeeded && cell.State != Present {
				r.Gaps = append(r.Gaps, Gap{s, Evidence(e), cell, blindOn(s, Evidence(e))})
			}
		}
	}
	return r
}

func (m *Matrix) row(s Service) Row {
	counts, needed := m.rows[s].sum(), neededBy(s)
	row := Row{Service: s, Total: m.rows[s].total, Events: counts.events, Last: m.rows[s].lastOf()}
	for e := range evidences {
		cell := &row.Cells[e]
		if needed>>e&1 == 0 {
			continue
		}
		cell.With, cell.Of = counts.of(e)
		switch {
		case cell.Of == 0:
			cell.State = NotSeen
		case cell.With == 0:
			cell.State = Missing
		case cell.With*100 < cell.Of*PresentFrom:
			cell.State = Partial
		default:
			cell.State = Present
		}
	}
	return row
}

// neededBy returns the evidence that any part needs of a service.
func neededBy(s Service) (all evidenceSet) {
	for _, n := range needs {
		if slices.Contains(n.services, s) {
			all |= n.evidence
		}
	}
	return all
}

// blindOn returns the parts of the analytics that need a piece of evidence of a
// service, each once.
func blindOn(s Service, e Evidence) []Part {
	return partsWhere(s, func(n *need) bool { return n.evidence>>e&1 != 0 })
}

// blindWithout returns the parts of the analytics that a service takes part in.
func blindWithout(s Service) []Part { return partsWhere(s, func(*need) bool { return true }) }

// Needs reports whether a part of an analytic needs a piece of evidence on every
// service on which the part works, and whether it does on any.
func Needs(code string, e Evidence) (always, ever bool) {
	always = true
	for i := range needs {
		if needs[i].code == code {
			needed := needs[i].evidence>>e&1 != 0
			always, ever = always && needed, ever || needed
		}
	}
	return always && ever, ever
}

func partsWhere(s Service, match func(*need) bool) (list []Part) {
	for i := range needs {
		n := &needs[i]
		if p := (Part{n.rule, n.code}); slices.Contains(n.services, s) && match(n) && !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}

// Columns returns all columns, in order.
func Columns() []Evidence {
	list := make([]Evidence, evidences)
	for i := range list {
		list[i] = Evidence(i)
	}
	return list
}
