package evidence

import (
	"bytes"
	"math"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/event"
	"redshank/analytics/state"
	"redshank/analytics/window"
)

func undecidedTable(all *window.Deadlines[uint64, Undecided]) state.Table {
	return UndecidedTable("undecided", all, func(k uint64) []byte { return state.NewWriter(nil).Number(k) }, state.Number)
}

// The failures of ten seconds are one decision, which is copied and saved once.
func TestPostpone(t *testing.T) {
	all := window.NewDeadlines[uint64, Undecided](4)
	table, saved := undecidedTable(all), 0
	table.Track()
	w := state.NewWriter(func(state.Entry) { saved++ })
	ev := &event.Event{Host: []byte("a")}
	for n := range int64(1000) {
		if n == 500 {
			ev.Host = []byte("b")
		}
		Postpone(all, 1, n*40, 60_000, &Failure{}, ev) // forty seconds
		table.Changes(w)
	}
	if w.Err() != nil || saved != 4 {
		t.Errorf("saved %d times (%v), want 4", saved, w.Err())
	}
	u, _ := all.Get(1)
	if string(u.Event.Host) != "b" || u.Since < 40_000 || u.Since > 40_000+moment {
		t.Errorf("%+v, want the event of the latest moment", u)
	}
	decided := 0
	all.Due(u.Since+59_999, func(uint64, Undecided) { decided++ })
	all.Due(u.Since+70_000, func(uint64, Undecided) { decided += 10 })
	if decided != 10 {
		t.Errorf("decided %d, want once at the end", decided)
	}
}

// A saved decision that is damaged is refused or left out, or is a decision that can be made.
func TestDamagedDecision(t *testing.T) {
	from := window.NewDeadlines[uint64, Undecided](4)
	table := undecidedTable(from)
	table.Track()
	Postpone(from, 1, 1000, 60_000, &Failure{Attempt: window.Attempt{At: 1000, Key: 7}, Traits: [MaxTraits]uint64{1}}, &event.Event{Host: []byte("a"), ID: []byte("id")})
	var key, value []byte
	table.Changes(state.NewWriter(func(e state.Entry) { key, value = bytes.Clone(e.Key), bytes.Clone(e.Value) }))
	restore := func(key, value []byte) (n int, err error) {
		to := window.NewDeadlines[uint64, Undecided](4)
		err = undecidedTable(to).Restore(key, value)
		to.Due(math.MaxInt64, func(_ uint64, u Undecided) {
			n++
			if u.Event == nil {
				t.Error("a decision without an event")
			}
		})
		return n, err
	}
	if n, err := restore(key, value); n != 1 || err != nil {
		t.Fatalf("%d decisions (%v), want the one that was saved", n, err)
	}
	if n, err := restore(key[:3], value); n != 0 || err == nil {
		t.Errorf("short key: %d decisions (%v), want an error", n, err)
	}
	for length := range value {
		if n, err := restore(key, value[:length]); n != 0 || err == nil {
			t.Errorf("cut after %d of %d bytes: %d decisions (%v), want an error", length, len(value), n, err)
		}
	}
	for at := range value {
		for _, b := range []byte{0, 0x7f, 0xc0, 0xff} {
			damaged := bytes.Clone(value)
			damaged[at] = b
			if n, err := restore(key, damaged); n > 1 || n == 1 && err != nil {
				t.Errorf("byte %d is %#x: %d decisions (%v)", at, b, n, err)
			}
		}
	}
	for _, failures := range []state.Attempts{nil, {{At: 1}, {At: 2}}} {
		damaged, err := msgpack.Marshal(&savedUndecided{At: 1, Failure: savedFailure{Attempt: failures}})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := restore(key, damaged); n != 0 || err != nil {
			t.Errorf("%d failures: %d decisions (%v), want none", len(failures), n, err)
		}
	}
}
