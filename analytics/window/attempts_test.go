package window

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cespare/xxhash/v2"
)

func TestTriesJoin(t *testing.T) {
	const iis, security, smtp = 1, 2, 4
	a := [16]byte{1}
	steps := []struct {
		name string
		try  Attempt
		fate AddResult
		left int
	}{
		{"first", Attempt{At: 10_000, Client: a, Key: 1, Sources: iis}, New, 1},
		{"the same log again", Attempt{At: 10_000, Client: a, Key: 1, Sources: iis}, New, 2},
		{"another log, a second later", Attempt{At: 11_000, Client: a, Key: 1, Sources: security}, Joined, 2},
		{"and once more, for the second", Attempt{At: 11_500, Client: a, Key: 1, Sources: security}, Joined, 2},
		{"a third time is one more", Attempt{At: 11_800, Client: a, Key: 1, Sources: security}, New, 3},
		{"too far away", Attempt{At: 18_000, Client: a, Key: 1, Sources: security}, New, 4},
		{"another client", Attempt{At: 10_000, Client: [16]byte{2}, Key: 1, Sources: security}, New, 5},
		{"another account", Attempt{At: 10_000, Client: a, Key: 2, Sources: security}, New, 6},
		{"a log that names nobody", Attempt{At: 30_000, Client: a, Sources: security}, New, 7},
		{"gets a name from another", Attempt{At: 31_000, Client: a, Key: 3, Name: "c", Sources: smtp}, Identified, 7},
	}
	var list Attempts
	for _, s := range steps {
		if fate := list.Add(s.try, 100); fate != s.fate || len(list.All()) != s.left {
			t.Errorf("%s: fate %d, %d tries, want %d, %d", s.name, fate, len(list.All()), s.fate, s.left)
		}
	}
	if last := list.All()[6]; last.Key != 3 || last.Name != "c" {
		t.Errorf("the unnamed try became %+v", last)
	}
}

func TestTriesAreBoundedAndInOrder(t *testing.T) {
	var list Attempts
	random := rand.New(rand.NewPCG(3, 4))
	for n := range 1000 {
		list.Add(Attempt{At: random.Int64N(1_000_000), Key: uint64(n + 1), Sources: 1}, 64)
	}
	at := func(a, b Attempt) int { return int(a.At - b.At) }
	if len(list.All()) != 64 || !slices.IsSortedFunc(list.All(), at) {
		t.Errorf("%d tries, sorted %v", len(list.All()), slices.IsSortedFunc(list.All(), at))
	}
	list.Prune(list.All()[10].At)
	if len(list.All()) > 54 {
		t.Errorf("%d tries after pruning ten", len(list.All()))
	}
}

// Windows against the obvious: the largest number of distinct accounts in any
// span of the length that holds the given time.
func TestWindowsAgainstAModel(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		var list Attempts
		span := 1 + random.Int64N(100) // times meet the ends of windows exactly
		for n := range 1 + random.IntN(40) {
			list.Add(Attempt{At: random.Int64N(span), Key: uint64(1 + n%7), Sources: 1}, 100)
		}
		all := list.All()
		at, length := all[random.IntN(len(all))].At, 1+random.Int64N(span)
		best := 0
		list.Windows(at, length, func(run []Attempt) bool {
			if run[len(run)-1].At-run[0].At > length || run[0].At > at || run[len(run)-1].At < at {
				t.Fatalf("run %d..%d for %d and length %d", run[0].At, run[len(run)-1].At, at, length)
			}
			best = max(best, distinctKeys(run))
			return false
		})
		want := 0
		for _, first := range all {
			if first.At > at || first.At < at-length {
				continue
			}
			var in []Attempt
			for _, o := range all {
				if o.At >= first.At && o.At <= first.At+length {
					in = append(in, o)
				}
			}
			want = max(want, distinctKeys(in))
		}
		if best != want {
			t.Fatalf("best window has %d accounts, want %d", best, want)
		}
	}
}

func distinctKeys(run []Attempt) int {
	seen := map[uint64]bool{}
	for _, o := range run {
		seen[o.Key] = true
	}
	return len(seen)
}

// hash returns a uniformly distributed hash of k.
func hash(k uint64) uint64 { return xxhash.Sum64(binary.LittleEndian.AppendUint64(nil, k)) }

func TestDistinct(t *testing.T) {
	var d Distinct
	for k := range uint64(1024) {
		if !d.Add(hash(k)) || d.Add(hash(k)) {
			t.Fatalf("key %d: not counted exactly once", k)
		}
	}
	if d.Count() != 1024 || !d.Has(hash(1)) {
		t.Errorf("%d keys, want 1024 exactly", d.Count())
	}
	for k := range uint64(100_000) {
		d.Add(hash(k))
	}
	if n := d.Count(); n < 97_000 || n > 103_000 {
		t.Errorf("estimated %d of 100000: more than three standard errors off", n)
	}
	for k := range uint64(15_000) { // more than an eighth
		d.Add(hash(200_000 + k))
	}
	if n := d.Estimate(); n < 110_000 {
		t.Errorf("estimated %d after a growth to 115000", n)
	}
}

func TestDistinctIsPutDownAndTakenUp(t *testing.T) {
	for _, size := range []uint64{0, 1, 1024, 5000} {
		var d, back Distinct
		for k := range size {
			d.Add(hash(k))
		}
		saved, err := d.MarshalBinary()
		if err == nil {
			err = back.UnmarshalBinary(saved)
		}
		if err != nil || back.Count() != d.Count() {
			t.Errorf("%d keys: %d after, %v", size, back.Count(), err)
		}
		for cut := range min(len(saved), 200) {
			_ = back.UnmarshalBinary(saved[:cut]) // must not panic
		}
	}
}

// plain is a reference implementation of Attempts that moves all entries at once.
type plain []Attempt

func (p *plain) add(t Attempt, limit int) AddResult {
	near := func(o Attempt) bool {
		return max(o.At-t.At, t.At-o.At) <= JoinWithin && o.Client == t.Client && o.Sources&t.Sources == 0
	}
	for _, rule := range []func(o Attempt) bool{
		func(o Attempt) bool { return o.Key == t.Key },
		func(o Attempt) bool { return o.Key == 0 || t.Key == 0 },
	} {
		for i := len(*p) - 1; i >= 0; i-- {
			if o := &(*p)[i]; near(*o) && rule(*o) {
				named := o.Key == 0 && t.Key != 0
				o.Merge(t)
				if named {
					return Identified
				}
				return Joined
			}
		}
	}
	if len(*p) >= limit {
		if t.At < (*p)[0].At {
			return New
		}
		*p = slices.Delete(*p, 0, 1)
	}
	place := len(*p)
	for place > 0 && (*p)[place-1].At > t.At {
		place--
	}
	*p = slices.Insert(*p, place, t)
	return New
}

func TestTriesAgainstAPlainList(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for _, limit := range []int{1, 2, 15, 64} {
		var list Attempts
		var model plain
		for n := range int64(5000) {
			one := Attempt{At: n*300 - random.Int64N(2)*random.Int64N(20_000), Client: [16]byte{byte(random.IntN(3))},
				Key: random.Uint64N(3), Sources: 1 << random.IntN(3), Agent: uint32(n)}
			if fate, want := list.Add(one, limit), model.add(one, limit); fate != want {
				t.Fatalf("limit %d, try %d: fate %d, want %d", limit, n, fate, want)
			}
			if n%7 == 0 {
				at := one.At - random.Int64N(40_000)
				list.Prune(at)
				model = slices.DeleteFunc(model, func(o Attempt) bool { return o.At < at })
			}
			if !slices.Equal(list.All(), model) {
				t.Fatalf("limit %d, try %d: %d tries are not the %d of the plain list", limit, n, len(list.All()), len(model))
			}
		}
		if most := limit + limit/8 + 1; cap(list.array) > most {
			t.Errorf("limit %d: room for %d tries, want at most %d", limit, cap(list.array), most)
		}
	}
}
