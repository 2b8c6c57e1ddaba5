package analytics

import (
	"fmt"
	"sync"

	"redshank/analytics/policy"
	"redshank/analytics/state"
)

// StateFormat is the version of what Changes writes. An engine restores its own
// version only: a saved struct with another number of fields cannot be read, so each new
// field changes the version.
const StateFormat = 7

// Entry is one saved entry of a table.
type Entry = state.Entry

// Tables returns the names of all tables, in the order in which Restore asks for
// them. The slice is shared.
var Tables = sync.OnceValue(func() (names []string) {
	e, err := New(Options{Policy: policy.Default(), Source: "auto"})
	if err != nil {
		return nil // cannot happen: the built-in policy is valid
	}
	for _, t := range e.allTables() {
		names = append(names, t.Name)
	}
	return names
})

// allTables returns the tables of the engine. What others refer to comes first.
func (e *Engine) allTables() []state.Table {
	if e.tables == nil {
		e.tables = e.tracker.Tables()
		for _, a := range e.analytics {
			e.tables = append(e.tables, a.Tables()...)
		}
		e.tables = append(e.tables, state.SeenTable("chunks", e.seen.chunks), state.SeenTable("ids", e.seen.ids), e.coverage.Table(), e.directory.Table(), state.Table{
			Name:    "streams",
			Track:   e.sources.Track,
			Changes: func(w *state.Writer) { e.sources.Changes(w.Pass("streams")) },
			Restore: e.sources.Restore,
		})
	}
	return e.tables
}

// Track makes the engine remember what changes, for Changes. Track is called
// before the first Observe; Restore calls it.
func (e *Engine) Track() {
	for _, t := range e.allTables() {
		if t.Track != nil {
			t.Track()
		}
	}
}

// Changes calls put for every entry that changed since the last call. The cost
// follows what changed, not what the tables hold. The bytes are valid until put
// returns. With all entries before them they are the state after the last chunk.
func (e *Engine) Changes(put func(Entry)) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	w := state.NewWriter(put)
	for _, t := range e.allTables() {
		t.Changes(w)
	}
	return w.Err()
}

// Restore takes up a saved state and tracks what changes from then on. each calls
// do for every entry of a table. After an error the engine is half filled and
// must not be used.
func (e *Engine) Restore(each func(table string, do func(key, value []byte) error) error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.Track()
	for _, t := range e.allTables() {
		if err := each(t.Name, t.Restore); err != nil {
			return fmt.Errorf("state: %s: %w", t.Name, err)
		}
		if t.Loaded != nil {
			t.Loaded()
		}
	}
	return nil
}
