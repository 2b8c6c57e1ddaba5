package record

import (
	"encoding/binary"
	"math"
	"time"
)

// lastSecond is the end of the year 9999, in Unix seconds: nothing beyond it
// can be written in RFC 3339.
const lastSecond = 253402300799

// timestamp reads the time at b[at:], and where it ends, in any form that the
// core's own decoder takes: ext type 0 (seconds and nanoseconds, 32 bits
// each), an integer or a float; and nil, which is no time. A number that no
// date can have (negative, NaN, beyond the year 9999) is no time either, since
// a record counts for more than its date. Anything else is not ok.
func timestamp(b []byte, at int) (t time.Time, end int, ok bool) {
	// By table and not by skip: a search for records after damage comes here
	// again and again, and what is no time may be a value of megabytes.
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

// fixedTime reads seconds and nanoseconds of 32 bits each.
func fixedTime(b []byte) time.Time {
	sec, nsec := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	return time.Unix(int64(sec), int64(nsec)).UTC()
}

// seconds is v as Unix seconds, the zero time where no date has that number.
func seconds(v Value) (t time.Time) {
	f, ok := v.Float()
	if !ok || f < 0 || f > lastSecond {
		return t
	}
	sec, frac := math.Modf(f)
	return time.Unix(int64(sec), int64(frac*1e9)).UTC()
}

// isMarker recognises the timestamps that open and close an event group: the
// seconds -1 and -2 as 32 unsigned bits, on the dot. A record that claims to
// be of the rest of those two seconds, in 2106, is a record.
func isMarker(t time.Time) bool {
	return t.Nanosecond() == 0 && t.Unix()>>1 == 0xfffffffe>>1
}
