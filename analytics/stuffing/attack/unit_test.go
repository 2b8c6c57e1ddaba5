package attack

import (
	"testing"

	"redshank/analytics/event"
)

// The part of a shared address that is an attack is its tool, and for a tool that
// people there use, the accounts that do not live there, for an hour.
func TestUnit(t *testing.T) {
	for _, c := range []struct {
		u        Unit
		tool     uint32
		familiar bool
		at       int64
		want     bool
	}{
		{Unit{Tools: []uint32{1}, Rare: []uint32{1}}, 1, true, event.Day, true},
		{Unit{Tools: []uint32{1}, Rare: []uint32{1}}, 2, false, 0, false},
		{Unit{Tools: []uint32{1}, Newest: event.Hour, Pause: event.Hour}, 1, false, 2 * event.Hour, true},
		{Unit{Tools: []uint32{1}, Newest: event.Hour, Pause: event.Hour}, 1, false, 2*event.Hour + 1, false},
		{Unit{Tools: []uint32{1}, Oldest: event.Hour, Newest: event.Hour, Pause: event.Minute}, 1, false, event.Hour - event.Minute, true},
		{Unit{Tools: []uint32{1}, Oldest: event.Hour, Newest: event.Hour, Pause: event.Minute}, 1, false, event.Hour - event.Minute - 1, false},
		{Unit{Tools: []uint32{1}, Newest: event.Hour}, 1, true, event.Hour, false},
		{Unit{Tools: []uint32{1}, Newest: event.Hour, Familiar: true}, 1, true, event.Hour, true},
	} {
		if got := c.u.Has(c.tool, c.tool == 1, c.familiar, c.at); got != c.want {
			t.Errorf("%+v: tool %d, familiar %v at %d: %v, want %v", c.u, c.tool, c.familiar, c.at, got, c.want)
		}
	}
	u := Unit{Tools: []uint32{1}, Rare: []uint32{1}}
	for n := range uint32(2 * maxUnitTools) {
		u.Join(&Unit{Tools: []uint32{1, n + 2}, Familiar: true, Newest: int64(n)})
	}
	if len(u.Tools) != maxUnitTools || len(u.Rare) != 1 || !u.Familiar || u.Newest != 2*maxUnitTools-1 {
		t.Errorf("joined: %+v", u)
	}
}
