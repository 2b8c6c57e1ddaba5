package record

import (
	"encoding/binary"
	"math"
	"time"
)

// lastSecond is the end of the year 9999, in Unix seconds. RFC 3339 cannot
// represent a later time.
const lastSecond = 253402300799

// timestamp returns the time at b[at:] and its end, in any form that Fluent Bit's
// own decoder accepts: ext type 0 (seconds and nanoseconds, 32 bits each), an
// integer or a float. nil and numbers that are not a date (negative, NaN, beyond
// the year 9999) give the zero time, since a record is worth more than its date. ok
// is false for anything else.
func timestamp(b []byte, at int) (t time.Time, end int, ok bool) {
	// A table is used instead of skip, because the search for records after damage
	// calls timestamp often, and a value that is not a time may have megabytes.
	if at >= len(b) {
		return t, at, false
	}
	end = at + int(sizes[b[at]])
	if b[at] == 0xc7 {
		end = at + 11
	}
	if end > len(b) || end == at {
		return t, at, false
	}
	v := Value(b[at:end:end])
	switch c := v[0]; {
	case c == 0xd7 && v[1] == 0, c == 0xc7 && v[1] == 8 && v[2] == 0: // fixext8, ext8
		return fixedTime(v[len(v)-8:]), end, true
	case c < 0x80, c >= 0xe0, c >= 0xca && c <= 0xd3: // fixints; floats, uints, ints
		return seconds(v), end, true
	}
	return t, end, v[0] == 0xc0
}

// fixedTime returns the time of seconds and nanoseconds of 32 bits each.
func fixedTime(b []byte) time.Time {
	sec, nsec := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	return time.Unix(int64(sec), int64(nsec)).UTC()
}

// seconds returns v, Unix seconds, as a time; the zero time if v is not a date.
func seconds(v Value) (t time.Time) {
	f, ok := v.Float()
	if !ok || f < 0 || f > lastSecond {
		return t
	}
	sec, frac := math.Modf(f)
	return time.Unix(int64(sec), int64(frac*1e9)).UTC()
}

// isMarker reports whether a timestamp opens or closes an event group: exactly the
// seconds -1 and -2 as 32 unsigned bits, with 0 nanoseconds. Any other time in
// those two seconds of 2106 belongs to a record.
func isMarker(t time.Time) bool {
	return t.Nanosecond() == 0 && t.Unix()>>1 == 0xfffffffe>>1
}
