package timestamp

import (
	"time"

	"redshank/analytics/record"
)

// Of reads the time that a field holds: a text as Parse reads it, a number since
// 1970 in the unit that its size shows, or a map around one of them.
//
//	{"value": "/Date(1773136800000)/", "DateTime": "..."}   PowerShell 5 and 7
//	{"SystemTime": ...}, {"@SystemTime": ...}, {"#attributes": {"SystemTime": ...}}
//	{"$date": ...}                                          MongoDB's JSON
//	{"seconds": 1773136800, "nanos": 0}                     protocol buffers
func Of(v record.Value) (time.Time, bool) {
	t, _, ok := OfZone(v)
	return t, ok
}

// OfZone is Of, and reports whether the field says the offset from UTC. Numbers
// since 1970 do.
func OfZone(v record.Value) (t time.Time, zoned, ok bool) {
	if v = v.Unwrap(wraps[:]...); v.Bytes() != nil {
		return ParseZone(v.Bytes())
	}
	t, ok = number(v)
	return t, true, ok
}

// wraps are the keys that a time stands under, in lower case and without the
// signs before them; the best first.
var wraps = [...]string{"value", "systemtime", "system_time", "date", "seconds", "numberlong", "text", "datetime", "iso"}

// number reads a number since 1970; a float may have a fraction of a second.
func number(v record.Value) (t time.Time, ok bool) {
	if n, whole := v.Int(); whole {
		return epoch(n, 0)
	}
	f, ok := v.Float()
	if !ok || f < 1e8 || f > 1e18 {
		return t, false
	}
	if f >= 1e10 {
		return epoch(int64(f), 0)
	}
	seconds := int64(f)
	return epoch(seconds, int64((f-float64(seconds))*1e6)*1000) // a float64 of now holds microseconds at most
}
