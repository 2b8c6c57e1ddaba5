package windows

import (
	"bytes"
	"time"

	"redshank/analytics/timestamp"
)

// time is when the event happened, fluent where it does not say.
func (r *row) time(fluent time.Time) time.Time {
	arrival, ok := timestamp.Parse(bytes.TrimSpace(r.arrival))
	if !ok {
		arrival = fluent
	}
	clock := bytes.TrimSpace(r.clock)
	t, ok := timestamp.Parse(clock)
	switch {
	case !ok:
		return arrival
	case zoned(clock):
		return t
	}
	return local(t, arrival)
}

// winZoned reports whether a time says its offset from UTC: behind the date,
// which has signs of its own.
func zoned(clock []byte) bool {
	n := len(clock)
	return n > 10 && (clock[n-1]|0x20 == 'z' || bytes.ContainsAny(clock[10:], "+-UG"))
}

const (
	offsets = 26 * time.Hour   // from -12 to +14
	quantum = 30 * time.Minute // all but four of the offsets in use are whole half hours
	early   = time.Minute      // how far the writer's clock may be ahead
)

// winLocal is the UTC of a local time without an offset (NXLog's EventTime):
// the latest that some offset of whole half hours allows and that is not
// after the arrival. So it is right for what arrives within half an hour; a
// time more than a day off has been read late, and is taken as UTC.
func local(local, arrival time.Time) time.Time {
	ahead := local.Sub(arrival) - early
	if arrival.IsZero() || ahead > offsets || ahead < -offsets {
		return local
	}
	steps := ahead / quantum
	if ahead%quantum > 0 {
		steps++
	}
	return local.Add(-steps * quantum)
}
