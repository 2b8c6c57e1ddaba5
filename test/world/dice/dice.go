// Package dice draws what happens in a synthetic organisation, the same for the same
// seed.
package dice

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"redshank/test/world/network"
)

// Dice draw numbers, times and identifiers.
type Dice struct {
	Rand  *rand.Rand
	salt  uint64        // of Hash
	least time.Duration // of Wait
}

// New returns dice that draw from rng. salt distinguishes the values of Hash, and least
// is the shortest interval that Wait draws.
func New(rng *rand.Rand, salt uint64, least time.Duration) Dice { return Dice{rng, salt, least} }

// Chance returns true with the probability share.
func (d *Dice) Chance(share float64) bool { return d.Rand.Float64() < share }

// Number draws a number from low to high, and returns low if high is below.
func (d *Dice) Number(low, high int) int { return low + d.Rand.IntN(max(1, high-low+1)) }

// Between draws a duration from [low, high), to the millisecond.
func (d *Dice) Between(low, high time.Duration) time.Duration {
	return low + time.Duration(d.Rand.Int64N(int64(high-low))).Truncate(time.Millisecond)
}

// Around draws a time normally distributed about t.
func (d *Dice) Around(t time.Time, spread time.Duration) time.Time {
	return t.Add(time.Duration(d.Rand.NormFloat64() * float64(spread)))
}

// Wait draws an exponentially distributed interval with the mean every. Its lower bound
// keeps a busy client from doing two things at the same time.
func (d *Dice) Wait(every time.Duration) time.Duration {
	return d.least + time.Duration(-math.Log(1-d.Rand.Float64())*float64(every)).Truncate(time.Millisecond)
}

// UUID draws a version 4 UUID.
func (d *Dice) UUID() string {
	a, b := d.Rand.Uint64(), d.Rand.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x",
		a>>32, a>>16&0xffff, a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff)
}

// Hex draws n hexadecimal digits, at most 16, in capitals.
func (d *Dice) Hex(n int) string { return fmt.Sprintf("%016X", d.Rand.Uint64())[:n] }

// Hash returns a number that depends only on the salt and the values.
func (d *Dice) Hash(values ...int64) uint64 {
	h := network.Mix(d.salt)
	for _, v := range values {
		h = network.Mix(h ^ uint64(v))
	}
	return h
}

// Source is whatever embeds Dice.
type Source interface{ source() *rand.Rand }

func (d *Dice) source() *rand.Rand { return d.Rand }

// One returns a random element of list.
func One[T any](d Source, list []T) T { return list[d.source().IntN(len(list))] }

// OneOf returns a random element of list.
func OneOf[T any](d Source, list ...T) T { return One(d, list) }

// Some returns n distinct elements of list in random order, or all if list is shorter.
func Some[T any](d Source, list []T, n int) []T {
	list = slices.Clone(list)
	d.source().Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list[:min(n, len(list))]
}

// Hours returns a duration of n hours.
func Hours(n float64) time.Duration { return time.Duration(n * float64(time.Hour)) }
