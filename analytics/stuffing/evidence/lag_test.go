package evidence

import (
	"bytes"
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/state"
)

// TestLagsAfterARestart checks that the lags are saved when they change, and only then, and
// restored.
func TestLagsAfterARestart(t *testing.T) {
	var before, after List
	saved := map[string][]state.Entry{}
	save := func(e *List) (lags int) {
		for _, table := range e.Tables(nil) {
			table.Changes(state.NewWriter(func(entry state.Entry) {
				saved[entry.Table] = append(saved[entry.Table], state.Entry{Key: bytes.Clone(entry.Key), Value: bytes.Clone(entry.Value)})
			}))
		}
		return len(saved[tableLags])
	}
	for range 100 {
		before.Lags.Arrived(1<<event.Entra, 3*event.Minute)
	}
	if first, second := save(&before), save(&before); first != 1 || second != 1 {
		t.Fatalf("saved %d times, then %d", first, second)
	}
	for _, table := range after.Tables(nil) {
		for _, e := range saved[table.Name] {
			if err := table.Restore(e.Key, e.Value); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got, want := after.Lags.Of(1<<event.Entra), before.Lags.Of(1<<event.Entra); got != want || want < 2*event.Minute {
		t.Errorf("%d ms after the restart, %d before", got, want)
	}
	if n := save(&after); n != 1 {
		t.Error("what was restored is saved again")
	}
}
