package world

import (
	"math"
	"slices"
	"time"

	"redshank/test/world/lines"
	"redshank/test/world/network"
)

// chance is true in share of all cases.
func (w *World) chance(share float64) bool { return w.rng.Float64() < share }

// between draws a duration from [low, high), to the millisecond.
func (w *World) between(low, high time.Duration) time.Duration {
	return low + time.Duration(w.rng.Int64N(int64(high-low))).Truncate(time.Millisecond)
}

// hours returns a duration of n hours.
func hours(n float64) time.Duration { return time.Duration(n * float64(time.Hour)) }

// number draws a number from low to high; low where high is below.
func (w *World) number(low, high int) int { return low + w.rng.IntN(max(1, high-low+1)) }

// around draws a time normally distributed about t.
func (w *World) around(t time.Time, spread time.Duration) time.Time {
	return t.Add(time.Duration(w.rng.NormFloat64() * float64(spread)))
}

// during schedules do at random times from start to end, with a mean interval of every.
func (w *World) during(start, end time.Time, every time.Duration, do func(time.Time)) {
	for t := start.Add(w.wait(every)); t.Before(end); t = t.Add(w.wait(every)) {
		w.at(t, do)
	}
}

// wait draws an interval with the mean every.
func (w *World) wait(every time.Duration) time.Duration {
	return 2*time.Second + time.Duration(-math.Log(1-w.rng.Float64())*float64(every)).Truncate(time.Millisecond)
}

// one returns a random element of list.
func one[T any](w *World, list []T) T { return list[w.rng.IntN(len(list))] }

// some draws n distinct elements of list, or all if list is shorter.
func some[T any](w *World, list []T, n int) []T {
	list = slices.Clone(list)
	w.rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list[:min(n, len(list))]
}

func (w *World) uuid() string     { return lines.UUID(w.rng) }
func (w *World) hex(n int) string { return lines.Hex(w.rng, n) }

// hash returns a number that depends only on the seed and the values.
func (w *World) hash(values ...int64) uint64 {
	h := network.Mix(w.Seed)
	for _, v := range values {
		h = network.Mix(h ^ uint64(v))
	}
	return h
}
