package world

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

func (d *dice) random() *rand.Rand { return d.rng }

// drawer is whatever holds the dice of a world.
type drawer interface{ random() *rand.Rand }

// chance is true in share of all cases.
func (d *dice) chance(share float64) bool { return d.rng.Float64() < share }

// between draws a duration from [low, high), to the millisecond.
func (d *dice) between(low, high time.Duration) time.Duration {
	return low + time.Duration(d.rng.Int64N(int64(high-low))).Truncate(time.Millisecond)
}

// hours returns a duration of n hours.
func hours(n float64) time.Duration { return time.Duration(n * float64(time.Hour)) }

// number draws a number from low to high; low where high is below.
func (d *dice) number(low, high int) int { return low + d.rng.IntN(max(1, high-low+1)) }

// around draws a time normally distributed about t.
func (d *dice) around(t time.Time, spread time.Duration) time.Time {
	return t.Add(time.Duration(d.rng.NormFloat64() * float64(spread)))
}

// wait draws an interval with the mean every.
func (d *dice) wait(every time.Duration) time.Duration {
	return 2*time.Second + time.Duration(-math.Log(1-d.rng.Float64())*float64(every)).Truncate(time.Millisecond)
}

// one returns a random element of list.
func one[T any](d drawer, list []T) T { return list[d.random().IntN(len(list))] }

// some draws n distinct elements of list, or all if list is shorter.
func some[T any](d drawer, list []T, n int) []T {
	list = slices.Clone(list)
	d.random().Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list[:min(n, len(list))]
}

func (d *dice) uuid() string     { return lines.UUID(d.rng) }
func (d *dice) hex(n int) string { return lines.Hex(d.rng, n) }

// hash returns a number that depends only on the seed and the values.
func (d *dice) hash(values ...int64) uint64 {
	h := network.Mix(d.Seed)
	for _, v := range values {
		h = network.Mix(h ^ uint64(v))
	}
	return h
}
