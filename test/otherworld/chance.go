package otherworld

import (
	"math"
	"slices"
	"time"

	"redshank/test/world/lines"
	"redshank/test/world/network"
)

// span is a range from which a number is drawn.
type span struct{ low, high float64 }

func (w *World) chance(share float64) bool { return w.rng.Float64() < share }
func (w *World) draw(s span) float64       { return s.low + (s.high-s.low)*w.rng.Float64() }
func (w *World) count(low, high int) int   { return low + w.rng.IntN(max(1, high-low+1)) }
func (w *World) uuid() string              { return lines.UUID(w.rng) }
func (w *World) token() string             { return lines.Hex(w.rng, 16) + lines.Hex(w.rng, 6) }
func hours(n float64) time.Duration        { return time.Duration(n * float64(time.Hour)) }
func (w *World) minutes(low, high float64) time.Duration {
	return hours(w.draw(span{low / 60, high / 60}))
}
func (w *World) seconds(low, high float64) time.Duration { return w.minutes(low/60, high/60) }

// one returns a random element of list.
func one[T any](w *World, list ...T) T { return list[w.rng.IntN(len(list))] }

// some returns n distinct elements of list, or all if there are fewer.
func some[T any](w *World, list []T, n int) []T {
	list = slices.Clone(list)
	w.rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list[:min(n, len(list))]
}

// about draws a time around t, normally distributed.
func (w *World) about(t time.Time, spread time.Duration) time.Time {
	return t.Add(time.Duration(w.rng.NormFloat64() * float64(spread)))
}

// during plans do at random times, with a mean interval of every.
func (w *World) during(start, end time.Time, every time.Duration, do func(time.Time)) {
	for t := start.Add(w.wait(every)); t.Before(end); t = t.Add(w.wait(every)) {
		w.at(t, do)
	}
}

// wait draws an interval with a mean of every, exponentially distributed.
func (w *World) wait(every time.Duration) time.Duration {
	return time.Second + time.Duration(-math.Log(1-w.rng.Float64())*float64(every)).Truncate(time.Millisecond)
}

// hash returns a number that depends on the seed and the values only.
func (w *World) hash(values ...int64) uint64 {
	h := network.Mix(w.Seed ^ 0x5bd1e995)
	for _, v := range values {
		h = network.Mix(h ^ uint64(v))
	}
	return h
}
