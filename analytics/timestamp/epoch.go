package timestamp

import (
	"bytes"
	"time"

	"redshank/analytics/ascii"
)

// dotNet reads /Date(1773136800000)/ and /Date(1773136800000+0100)/: milliseconds
// since 1970, of which the offset says nothing.
func dotNet(text []byte) (t time.Time, ok bool) {
	at := bytes.Index(text, datePrefix)
	if at < 0 || at > 2 {
		return t, false
	}
	digits := text[at+len(datePrefix):]
	end := 0
	for end < len(digits) && ascii.IsDigit(digits[end]) {
		end++
	}
	n := ascii.Decimal(digits[:end])
	if n < 0 || end == len(digits) {
		return t, false
	}
	return inRange(time.UnixMilli(n).UTC())
}

var datePrefix = []byte("Date(")

// epochText reads a number since 1970, with a fraction or without.
func epochText(text []byte) (t time.Time, ok bool) {
	end := 0
	for end < len(text) && ascii.IsDigit(text[end]) {
		end++
	}
	nanos, rest := readFraction(text[end:])
	if end < len("100000000") || len(rest) > 0 {
		return t, false // a year, a day, a date without separators
	}
	return epoch(ascii.Decimal(text[:end]), nanos)
}

// epoch returns the time of a number since 1970 in the unit that its size shows:
// seconds from 1973 on, milliseconds, microseconds or nanoseconds. A number
// that is a FILETIME or .NET ticks of these years (100 nanoseconds since 1601 and
// since the year 1) is read as such.
// fraction is that of a number of seconds, in nanoseconds.
func epoch(n, fraction int64) (t time.Time, ok bool) {
	const filetimeOf1970, ticksOf1970 = 116_444_736_000_000_000, 621_355_968_000_000_000
	switch {
	case n < 1e8:
		return t, false
	case n < 1e10:
		t = time.Unix(n, fraction)
	case n < 1e13:
		t = time.UnixMilli(n)
	case n < 1e16:
		t = time.UnixMicro(n)
	case n > filetimeOf1970 && n < 2*filetimeOf1970:
		since := n - filetimeOf1970
		t = time.Unix(since/1e7, since%1e7*100)
	case n > ticksOf1970 && n < ticksOf1970+2e16: // until 2033; as nanoseconds it is 1989
		since := n - ticksOf1970
		t = time.Unix(since/1e7, since%1e7*100)
	case n >= 1e17:
		t = time.Unix(n/1e9, n%1e9)
	}
	return inRange(t.UTC())
}

// inRange refuses years that a time.Time does not hold in nanoseconds, so that
// no later arithmetic overflows.
func inRange(t time.Time) (time.Time, bool) {
	if t.Year() < 1970 || t.Year() > 2261 {
		return time.Time{}, false
	}
	return t, true
}

// readFraction reads a decimal fraction of a second, with any number of digits, and
// returns what follows it. A text that begins with none has the fraction 0.
func readFraction(b []byte) (nanos int64, rest []byte) {
	if len(b) < 2 || b[0] != '.' && b[0] != ',' || !ascii.IsDigit(b[1]) {
		return 0, b
	}
	scale := int64(100_000_000)
	for b = b[1:]; len(b) > 0 && ascii.IsDigit(b[0]); b = b[1:] {
		nanos += int64(b[0]-'0') * scale
		scale /= 10 // beyond nanoseconds it is 0, and adds nothing
	}
	return nanos, b
}
