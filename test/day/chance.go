package day

import (
	"fmt"
	"math"
	"time"
)

// clock is a time of the day in hours and minutes.
func clock(hour, minute int) time.Time {
	return Date.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}

// midnight ends the day; nothing happens at or after it.
var midnight = clock(24, 0)

// around draws a time normally distributed about t.
func (m *maker) around(t time.Time, spread time.Duration) time.Time {
	return t.Add(time.Duration(m.rng.NormFloat64() * float64(spread)))
}

// between draws a duration from [low, high), to the millisecond.
func (m *maker) between(low, high time.Duration) time.Duration {
	return low + time.Duration(m.rng.Int64N(int64(high-low))).Truncate(time.Millisecond)
}

// often draws the wait for something that happens every so often at pace 1.
// Its lower bound keeps a busy client from doing two things at once.
func (m *maker) often(every time.Duration) time.Duration {
	mean := float64(every) / m.pace
	return 2*time.Second + time.Duration(-math.Log(1-m.rng.Float64())*mean).Truncate(time.Millisecond)
}

// during calls do at random times, every so often, from start to end.
func (m *maker) during(start, end time.Time, every time.Duration, do func(time.Time)) {
	for t := start.Add(m.often(every)); t.Before(end) && t.Before(midnight); t = t.Add(m.often(every)) {
		do(t)
	}
}

// chance is true in share of all cases.
func (m *maker) chance(share float64) bool { return m.rng.Float64() < share }

// pick draws one of list.
func pick[T any](m *maker, list []T) T { return list[m.rng.IntN(len(list))] }

// uuid draws a version 4 UUID.
func (m *maker) uuid() string {
	a, b := m.rng.Uint64(), m.rng.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x",
		a>>32, a>>16&0xffff, a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff)
}

// hex draws n hexadecimal digits, at most 16, in capitals.
func (m *maker) hex(n int) string {
	return fmt.Sprintf("%016X", m.rng.Uint64())[:n]
}

// port draws an ephemeral port.
func (m *maker) port() int { return 49152 + m.rng.IntN(16000) }
