package day

import (
	"math"
	"net/netip"
	"time"

	"redshank/test/world/lines"
)

// clock returns a time of the day.
func clock(hour, minute int) time.Time {
	return Date.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}

// midnight is the end of the day; no event has this or a later time.
var midnight = clock(24, 0)

// client returns the source of a request.
func client(ip, agent string) lines.Client {
	return lines.Client{IP: netip.MustParseAddr(ip), Agent: agent}
}

// around draws a time normally distributed about t.
func (m *maker) around(t time.Time, spread time.Duration) time.Time {
	return t.Add(time.Duration(m.rng.NormFloat64() * float64(spread)))
}

// between draws a duration from [low, high), to the millisecond.
func (m *maker) between(low, high time.Duration) time.Duration {
	return low + time.Duration(m.rng.Int64N(int64(high-low))).Truncate(time.Millisecond)
}

// often draws the interval between events with the given mean at pace 1. Its lower
// bound keeps a busy client from doing two things at the same time.
func (m *maker) often(every time.Duration) time.Duration {
	mean := float64(every) / m.pace
	return 2*time.Second + time.Duration(-math.Log(1-m.rng.Float64())*mean).Truncate(time.Millisecond)
}

// during calls do at random times from start to end, with a mean interval of every.
func (m *maker) during(start, end time.Time, every time.Duration, do func(time.Time)) {
	for t := start.Add(m.often(every)); t.Before(end) && t.Before(midnight); t = t.Add(m.often(every)) {
		do(t)
	}
}

// chance returns true with the probability share.
func (m *maker) chance(share float64) bool { return m.rng.Float64() < share }

// pick returns a random element of list.
func pick[T any](m *maker, list []T) T { return list[m.rng.IntN(len(list))] }
