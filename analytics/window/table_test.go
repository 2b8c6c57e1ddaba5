package window

import (
	"math/rand/v2"
	"testing"
)

func TestTableKeepsWhatIsPromoted(t *testing.T) {
	table := NewTable[int, string](100)
	for k := range 50 {
		table.Add(k, "proven")
		table.Promote(k)
	}
	for k := 1000; k < 11_000; k++ {
		table.Add(k, "flood")
	}
	for k := range 50 {
		if v, ok := table.Get(k); !ok || v != "proven" {
			t.Fatalf("entry %d was flushed by a flood", k)
		}
	}
	if table.Len() > 100 || table.Evicted() != 50+10_000-100 {
		t.Errorf("%d entries, %d evicted", table.Len(), table.Evicted())
	}
}

// Promoted entries leave newcomers their share: a table full of old evidence
// must still see new clients.
func TestTableLeavesRoomForNewcomers(t *testing.T) {
	table := NewTable[int, int](100)
	for k := range 500 {
		table.Add(k, k)
		table.Promote(k)
	}
	for k := 1000; k < 1025; k++ {
		table.Add(k, k)
	}
	for k := 1000; k < 1025; k++ {
		if _, ok := table.Get(k); !ok {
			t.Fatalf("newcomer %d found no room", k)
		}
	}
}

// What Changes tells must be enough to rebuild the table elsewhere.
func TestTableChanges(t *testing.T) {
	table := NewTable[int, int](50)
	table.Track()
	type entry struct {
		value  int
		proven bool
	}
	mirror := map[int]entry{}
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 400 {
		for range 10 {
			k := random.IntN(200)
			switch _, ok := table.Get(k); {
			case !ok:
				table.Add(k, round)
			case random.IntN(3) == 0:
				table.Promote(k)
			default:
				table.Add(k, round)
			}
		}
		table.Changes(func(k, v int, there, proven bool) {
			if there {
				mirror[k] = entry{v, proven}
			} else {
				delete(mirror, k)
			}
		})
		if len(mirror) != table.Len() {
			t.Fatalf("round %d: %d entries mirrored, %d in the table", round, len(mirror), table.Len())
		}
	}
	for k, want := range mirror {
		if v, ok := table.Get(k); !ok || v != want.value {
			t.Errorf("entry %d: %d, want %d", k, v, want.value)
		}
	}
}

func TestSeen(t *testing.T) {
	seen := NewSeen(3)
	seen.Track()
	for _, key := range []uint64{1, 2, 3, 1, 4} {
		seen.Before(key)
	}
	got := map[uint64]bool{}
	seen.Changes(func(key uint64, there bool) { got[key] = there })
	if !seen.Before(1) || seen.Before(2) || !got[4] || got[2] {
		t.Errorf("1 was asked for again, 2 made room for 4: changes %v", got)
	}
}
