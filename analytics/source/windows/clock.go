package windows

import (
	"time"

	"redshank/analytics/source/format"
	"redshank/analytics/timestamp"
)

// eventTime returns the time of the event. The offset of a local time is derived from the
// arrival, or from Fluent Bit's own time. For an event with no time or an invalid
// one, why is the reason.
func (r *row) eventTime(fluent time.Time) (t time.Time, why format.Reason) {
	arrival, arrived := timestamp.Of(r.arrival)
	var zoned, ok bool
	switch {
	case len(r.clockText) > 0:
		t, zoned, ok = timestamp.ParseZone(r.clockText)
	case r.clock.Present() && r.clock.Type() != nilType:
		t, zoned, ok = timestamp.OfZone(r.clock)
	case arrived:
		return arrival, format.NoReason
	case r.arrival.Present():
		return t, format.BadTime
	default:
		return t, format.NoTime
	}
	switch {
	case !ok:
		return t, format.BadTime
	case zoned:
		return t, format.NoReason
	case !arrived:
		arrival = fluent
	}
	return local(t, arrival), format.NoReason
}

const (
	offsets = 26 * time.Hour   // from -12 to +14
	quantum = 30 * time.Minute // all but four of the offsets in use are whole half hours
	early   = time.Minute      // how far the writer's clock may be ahead
)

// local returns the UTC of a local time without an offset (NXLog's EventTime): the
// latest time that an offset of whole half hours allows and that is not after the
// arrival. The result is right for events that arrive within half an hour; a time
// more than a day off has been read late, and is taken as UTC.
func local(t, arrival time.Time) time.Time {
	ahead := t.Sub(arrival) - early
	if arrival.IsZero() || ahead > offsets || ahead < -offsets {
		return t
	}
	steps := ahead / quantum
	if ahead%quantum > 0 {
		steps++
	}
	return t.Add(-steps * quantum)
}
