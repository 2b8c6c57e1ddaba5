package window

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

func spreadInt(k int) uint64 { return Spread(uint64(k)) }

func TestTableKeepsWhatIsProtected(t *testing.T) {
	table := NewTable[int, string](100, spreadInt)
	for k := range 50 {
		table.Add(k, "protected")
		table.Protect(k)
	}
	for k := 1000; k < 11_000; k++ {
		table.Add(k, "flood")
	}
	for k := range 50 {
		if v, ok := table.Get(k); !ok || v != "protected" {
			t.Fatalf("entry %d was flushed by a flood", k)
		}
	}
	if table.Len() > 100 || table.Evicted() != 50+10_000-100 {
		t.Errorf("%d entries, %d evicted", table.Len(), table.Evicted())
	}
}

// Protected entries leave room for new ones: a table full of old evidence
// must still see new clients.
func TestTableLeavesRoomForNewEntries(t *testing.T) {
	table := NewTable[int, int](100, spreadInt)
	for k := range 500 {
		table.Add(k, k)
		table.Protect(k)
	}
	for k := 1000; k < 1025; k++ {
		table.Add(k, k)
	}
	for k := 1000; k < 1025; k++ {
		if _, ok := table.Get(k); !ok {
			t.Fatalf("new key %d found no room", k)
		}
	}
}

// The entries of Changes are enough to rebuild the table elsewhere.
func TestTableChanges(t *testing.T) {
	table := NewTable[int, int](50, spreadInt)
	table.Track()
	type entry struct {
		value     int
		protected bool
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
				table.Protect(k)
			default:
				table.Add(k, round)
			}
		}
		table.Changes(func(k, v int, there, protected bool) {
			if there {
				mirror[k] = entry{v, protected}
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
	seen.Changes(func(d Dated[struct{}], there bool) { got[d.Key] = there })
	if !seen.Before(1) || seen.Before(2) || !got[4] || got[2] {
		t.Errorf("1 was asked for again, 2 made room for 4: changes %v", got)
	}
}

// A Recent holds the same keys as a cache of golang-lru, with the same values.
func TestRecentAgainstGolangLRU(t *testing.T) {
	const size = 40
	random := rand.New(rand.NewPCG(3, 7))
	got := NewRecent[int](size)
	want, err := simplelru.NewLRU[uint64, int](size, nil)
	if err != nil {
		t.Fatal(err)
	}
	for step := range 20_000 {
		k := random.Uint64N(2 * size)
		if random.IntN(2) == 0 {
			got.Add(k, step)
			want.Add(k, step)
		} else {
			v, ok := got.Get(k)
			if w, there := want.Get(k); v != w || ok != there {
				t.Fatalf("step %d: Get(%d) is %d, %v, want %d, %v", step, k, v, ok, w, there)
			}
		}
		k = random.Uint64N(2 * size)
		v, ok := got.Peek(k)
		if w, there := want.Peek(k); v != w || ok != there || got.Len() != want.Len() {
			t.Fatalf("step %d: Peek(%d) is %d, %v, want %d, %v", step, k, v, ok, w, there)
		}
	}
}

// What is taken up again is as old as it was, whatever order it comes in, and
// no change; what a smaller bound has no room for is one.
func TestRecentIsTakenUp(t *testing.T) {
	kept := NewRecent[string](8)
	kept.Track()
	var saved []Dated[string]
	for key := range uint64(8) {
		kept.Add(key, fmt.Sprint("value ", key))
	}
	kept.Changes(func(d Dated[string], there bool) {
		if there {
			saved = append(saved, d) // in the order of a map
		}
	})
	again := NewRecent[string](6)
	again.Track()
	for _, d := range saved {
		again.Load(d)
	}
	again.Loaded()
	var gone []uint64
	again.Changes(func(d Dated[string], there bool) {
		if !there {
			gone = append(gone, d.Key)
		}
	})
	slices.Sort(gone)
	if v, ok := again.Get(7); fmt.Sprint(gone) != "[0 1]" || !ok || v != "value 7" {
		t.Errorf("%v gone, %q", gone, v)
	}
	again.Add(9, "new")
	if _, ok := again.Peek(2); ok {
		t.Error("the oldest is not the first to go")
	}
}

// TestTableTellsWhatDoesNotFit checks that entries loaded beyond a smaller bound are
// reported, so that they do not stay in the file forever.
func TestTableTellsWhatDoesNotFit(t *testing.T) {
	table := NewTable[int, string](4, spreadInt)
	table.Track()
	for k := range 10 {
		table.Load(k, "x", k%2 == 0)
	}
	gone := 0
	table.Changes(func(_ int, _ string, there, _ bool) {
		if there {
			t.Error("an entry that was loaded is reported as a change")
		}
		gone++
	})
	if gone != 6 || table.Len() != 4 {
		t.Errorf("%d gone, %d there", gone, table.Len())
	}
}

// What can be recalled is in the table, and is what the table has for its key:
// whatever is added, found and protected meanwhile, at any size.
func TestHeldIsNeverGone(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	recalled, over := 0, 0
	for size := 2; size < 120; size++ {
		table := NewTable[int, *int](size, spreadInt)
		held := map[int]Handle[*int]{}
		for range 4000 {
			k := random.IntN(2 * size)
			h := held[k]
			if v, ok := table.StillValid(&h); ok {
				recalled++
				if have, ok := table.Peek(k); !ok || have != v {
					t.Fatalf("size %d: %d is recalled and not in the table", size, k)
				}
				if random.IntN(4) > 0 {
					continue
				}
			} else if h.at > 0 {
				over++
			}
			v, ok := table.Get(k)
			if !ok {
				v = &k
				table.Add(k, v)
			}
			held[k] = table.Handle(v)
			if random.IntN(5) == 0 {
				table.Protect(k)
			}
		}
	}
	if recalled < 10_000 || over < 10_000 {
		t.Errorf("%d recalled, %d not any more: too few to tell", recalled, over)
	}
}

// Entries that were looked up lately are found like all others, and none is found
// after it was evicted, even if all of them meet in the last slots.
func TestTableFindsWhatItHolds(t *testing.T) {
	last := func(k int) uint64 { return ^uint64(k%3) << 32 }
	t.Run("spread", func(t *testing.T) { testFinds(t, NewTable[int, int](64, spreadInt)) })
	t.Run("met", func(t *testing.T) { testFinds(t, NewTable[int, int](64, last)) })
}

func testFinds(t *testing.T, table *Table[int, int]) {
	random := rand.New(rand.NewPCG(9, 9))
	for step := range 20_000 {
		switch k := random.IntN(150); random.IntN(8) {
		case 0:
			table.Protect(k)
		case 1:
			table.Add(k, step)
		case 2:
			if _, ok := table.Peek(k); !ok {
				table.Load(k, step, random.IntN(2) == 0)
			}
		default:
			table.Get(k)
		}
		held := map[int]int{}
		table.Each(func(k, v int) { held[k] = v })
		k := random.IntN(150)
		want, present := held[k]
		if v, ok := table.Peek(k); ok != present || v != want {
			t.Fatalf("step %d: Peek(%d) is %d, %v; the table holds %d, %v", step, k, v, ok, want, present)
		}
		if v, ok := table.Get(k); ok != present || v != want {
			t.Fatalf("step %d: Get(%d) is %d, %v; the table holds %d, %v", step, k, v, ok, want, present)
		}
	}
}
