package source

import (
	"bytes"
	"time"
)

// time is when the event happened, fluent where it does not say.
func (r *winRow) time(fluent time.Time) time.Time {
	arrival, ok := parseTime(bytes.TrimSpace(r.arrival))
	if !ok {
		arrival = fluent
	}
	clock := bytes.TrimSpace(r.clock)
	t, ok := parseTime(clock)
	switch {
	case !ok:
		return arrival
	case winZoned(clock):
		return t
	}
	return winLocal(t, arrival)
}

// winZoned reports whether a time says its offset from UTC: behind the date,
// which has signs of its own.
func winZoned(clock []byte) bool {
	n := len(clock)
	return n > 10 && (clock[n-1]|0x20 == 'z' || bytes.ContainsAny(clock[10:], "+-UG"))
}

const (
	winOffsets = 26 * time.Hour   // from -12 to +14
	winQuantum = 30 * time.Minute // all but four of the offsets in use are whole half hours
	winEarly   = time.Minute      // how far the writer's clock may be ahead
)

// winLocal is the UTC of a local time without an offset (NXLog's EventTime):
// the latest that some offset of whole half hours allows and that is not
// after the arrival. So it is right for what arrives within half an hour; a
// time more than a day off has been read late, and is taken as UTC.
func winLocal(local, arrival time.Time) time.Time {
	ahead := local.Sub(arrival) - winEarly
	if arrival.IsZero() || ahead > winOffsets || ahead < -winOffsets {
		return local
	}
	steps := ahead / winQuantum
	if ahead%winQuantum > 0 {
		steps++
	}
	return local.Add(-steps * winQuantum)
}
