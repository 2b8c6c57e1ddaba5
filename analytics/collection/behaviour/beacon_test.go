package behaviour

import (
	"math/rand/v2"
	"slices"
	"testing"

	"redshank/analytics/event"
)

func TestBeaconing(t *testing.T) {
	even := func(n int, gap, jitter int64) []int64 {
		random := rand.New(rand.NewPCG(3, 4))
		var times []int64
		for i := range int64(n) {
			times = append(times, tuesday+i*gap+random.Int64N(jitter+1))
		}
		return times
	}
	for name, tc := range map[string]struct {
		times []int64
		want  bool
	}{
		"every two seconds":         {even(40, 2000, 100), true},
		"sixteen are too few":       {even(16, 2000, 0), false},
		"a person":                  {even(100, 10_000, 9_000), false},
		"a burst":                   {even(100, 200, 10), false},
		"every two hours":           {even(40, 2*event.Hour, 0), false},
		"the same time, many times": {make([]int64, 40), false},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(5) {
				times := slices.Clone(tc.times)
				if seed > 0 {
					rand.New(rand.NewPCG(seed, 9)).Shuffle(len(times), func(i, j int) { times[i], times[j] = times[j], times[i] })
				}
				var r Beacon
				got := false
				for _, at := range times {
					got = r.Add(at) || got
				}
				if got != tc.want {
					t.Errorf("order %d: %v", seed, got)
				}
				if !slices.IsSorted(r.times[:r.count]) {
					t.Error("not in order")
				}
			}
		})
	}
}
