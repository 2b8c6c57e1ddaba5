package coverage

import (
	"fmt"
	"math/bits"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/state"
)

// Matrix counts events and their evidence by service. The zero value counts
// everything; see Recent. Its size is fixed, and Add does not allocate. A Matrix is
// not safe for concurrent use.
type Matrix struct {
	recent bool
	rows   [services]serviceRow
}

// serviceRow is one service.
type serviceRow struct {
	total   uint64 // events since the start of the state
	last    int64  // newest event, Unix milliseconds
	until   int64  // end of the day of arrivals that now counts, Unix milliseconds
	now     tally
	before  tally // of the day with events before that
	changed bool  // since the last call of Changes
}

// tally counts the events of a service.
type tally struct {
	events, failures, items, contents int64 // contents: events that should have one
	with                              [evidences]int64
}

// Recent returns a Matrix whose shares are of the last two days with events of each
// service, so that a field that disappears is soon seen.
func Recent() *Matrix { return &Matrix{recent: true} }

// Add counts one normalised event that happened at a time and arrived at a time, both
// in Unix milliseconds.
func (m *Matrix) Add(ev *event.Event, at, arrived int64) {
	r := &m.rows[serviceOf(ev)]
	if arrived >= r.until && m.recent {
		r.before, r.now, r.until = r.now, tally{}, (arrived/event.Day+1)*event.Day
	}
	r.changed = true
	r.total++
	r.last = max(r.last, at)
	t := &r.now
	t.events++
	if ev.Outcome == event.Failure {
		t.failures++
	}
	if countsItems(ev) {
		t.items++
	}
	if hasContent(ev) {
		t.contents++
	}
	for s := evidenceOf(ev); s != 0; s &= s - 1 {
		t.with[bits.TrailingZeros16(uint16(s))]++
	}
}

// of returns how many events have the evidence, and how many should.
func (t *tally) of(e Evidence) (with, of int64) {
	switch e {
	case FailedAccount:
		of = t.failures
	case Account, Session, Device:
		of = t.events - t.failures
	case Items:
		of = t.items
	case Content:
		of = t.contents
	default:
		of = t.events
	}
	return t.with[e], of
}

// sum returns both days.
func (r *serviceRow) sum() tally {
	t := r.now
	t.events += r.before.events
	t.failures += r.before.failures
	t.items += r.before.items
	t.contents += r.before.contents
	for e := range t.with {
		t.with[e] += r.before.with[e]
	}
	return t
}

// Table returns the table of the saved state: an entry for each service, under its
// name.
func (m *Matrix) Table() state.Table {
	return state.Table{Name: TableName, Changes: m.changes, Restore: m.restore}
}

// TableName is the name of the table in the saved state.
const TableName = "coverage"

func (m *Matrix) changes(w *state.Writer) {
	for s := range m.rows {
		r := &m.rows[s]
		if !r.changed {
			continue
		}
		r.changed = false
		numbers := r.numbers()
		w.Value = state.AppendPacked(append(w.Value[:0], byte(rowNumbers)), numbers[:])
		w.Put(TableName, []byte(Service(s).String()), true)
	}
}

// rowNumbers is how many numbers a row is saved as, which its first byte says.
const rowNumbers = 3 + 2*(4+int(evidences))

func (r *serviceRow) numbers() (n [rowNumbers]int64) {
	list := append(n[:0], int64(r.total), r.last, r.until)
	for _, t := range [...]*tally{&r.now, &r.before} {
		list = append(list, t.events, t.failures, t.items, t.contents)
		list = append(list, t.with[:]...)
	}
	return n
}

// restore takes one saved row. A row of another version, which has other columns,
// is left out and begins anew.
func (m *Matrix) restore(key, value []byte) error {
	s := -1
	for i := range m.rows {
		if Service(i).String() == string(key) {
			s = i
		}
	}
	switch {
	case s < 0 || len(value) == 0:
		return fmt.Errorf("%q: no such service, or no columns", key)
	case value[0] != byte(rowNumbers):
		return nil
	}
	var n [rowNumbers]int64
	if _, err := state.Unpack(value[1:], n[:]); err != nil {
		return err
	}
	m.rows[s].load(n[:])
	return nil
}

func (r *serviceRow) load(n []int64) {
	r.total, r.last, r.until = uint64(n[0]), n[1], n[2]
	n = n[3:]
	for _, t := range [...]*tally{&r.now, &r.before} {
		t.events, t.failures, t.items, t.contents = n[0], n[1], n[2], n[3]
		n = n[4+copy(t.with[:], n[4:]):]
	}
}

// Restored returns a Matrix of saved rows: each calls its argument for every entry
// of the table.
func Restored(each func(do func(key, value []byte) error) error) (*Matrix, error) {
	m := Recent()
	err := each(m.restore)
	return m, err
}

// lastOf returns the time of the newest event of a row, zero for none.
func (r *serviceRow) lastOf() (t time.Time) {
	if r.total > 0 {
		t = time.UnixMilli(r.last).UTC()
	}
	return t
}
