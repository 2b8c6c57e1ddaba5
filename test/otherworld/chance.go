package otherworld

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"redshank/test/world/lines"
	"redshank/test/world/network"
)

// dice draw what happens in a world.
type dice struct {
	Options
	rng *rand.Rand
}

// span is a range from which a number is drawn.
type span struct{ low, high float64 }

func (d *dice) chance(share float64) bool { return d.rng.Float64() < share }
func (d *dice) draw(s span) float64       { return s.low + (s.high-s.low)*d.rng.Float64() }
func (d *dice) count(low, high int) int   { return low + d.rng.IntN(max(1, high-low+1)) }
func (d *dice) uuid() string              { return lines.UUID(d.rng) }
func (d *dice) token() string             { return lines.Hex(d.rng, 16) + lines.Hex(d.rng, 6) }
func hours(n float64) time.Duration       { return time.Duration(n * float64(time.Hour)) }
func (d *dice) minutes(low, high float64) time.Duration {
	return hours(d.draw(span{low / 60, high / 60}))
}
func (d *dice) seconds(low, high float64) time.Duration { return d.minutes(low/60, high/60) }

func (d *dice) random() *rand.Rand { return d.rng }

// drawer is whatever holds the dice of a world.
type drawer interface{ random() *rand.Rand }

// one returns a random element of list.
func one[T any](d drawer, list ...T) T { return list[d.random().IntN(len(list))] }

// some returns n distinct elements of list, or all if there are fewer.
func some[T any](d drawer, list []T, n int) []T {
	list = slices.Clone(list)
	d.random().Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list[:min(n, len(list))]
}

// about draws a time around t, normally distributed.
func (d *dice) about(t time.Time, spread time.Duration) time.Time {
	return t.Add(time.Duration(d.rng.NormFloat64() * float64(spread)))
}

// wait draws an interval with a mean of every, exponentially distributed.
func (d *dice) wait(every time.Duration) time.Duration {
	return time.Second + time.Duration(-math.Log(1-d.rng.Float64())*float64(every)).Truncate(time.Millisecond)
}

// hash returns a number that depends on the seed and the values only.
func (d *dice) hash(values ...int64) uint64 {
	h := network.Mix(d.Seed ^ 0x5bd1e995)
	for _, v := range values {
		h = network.Mix(h ^ uint64(v))
	}
	return h
}
