package timestamp

import "redshank/analytics/ascii"

// SecondsPerDay is the length of a day. Leap seconds do not count.
const SecondsPerDay = 24 * 60 * 60

// Seconds reads the hh:mm:ss that b begins with as seconds since midnight.
func Seconds(b []byte) (int64, bool) {
	if !IsClock(b) {
		return 0, false
	}
	h, m, s := pair(b), pair(b[3:]), pair(b[6:])
	return h*3600 + m*60 + s, h < 24 && m < 60 && s <= 60
}

// Days reads yyyy-mm-dd as days since 1970, for years that a time.Time holds in
// nanoseconds. The 30th of February is the 2nd of March.
func Days(b []byte) (int64, bool) {
	if !IsDate(b) {
		return 0, false
	}
	return civil(pair(b)*100+pair(b[2:]), pair(b[5:]), pair(b[8:]))
}

// civil returns the days from 1970 to a date of the Gregorian calendar. Its own
// arithmetic takes a tenth of the time of time.Date.
func civil(y, m, d int64) (int64, bool) {
	if y < 1970 || y > 2261 || m < 1 || m > 12 || d < 1 || d > 31 {
		return 0, false
	}
	if m <= 2 { // the year begins in March, so that leap days end it
		y, m = y-1, m+12
	}
	return 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + d - 1 - 719468, true
}

// pair returns the number that b's first two digits are, and a number out of
// every range if they are no digits.
func pair(b []byte) int64 {
	if !ascii.IsDigit(b[0]) || !ascii.IsDigit(b[1]) {
		return 10000
	}
	return int64(b[0]-'0')*10 + int64(b[1]-'0')
}

// IsDate reports whether b has the shape yyyy-mm-dd.
func IsDate(b []byte) bool {
	return len(b) == 10 && b[4] == '-' && b[7] == '-' && ascii.IsDigit(b[0]) && ascii.IsDigit(b[9])
}

// IsClock reports whether b begins with a text of the shape hh:mm:ss.
func IsClock(b []byte) bool {
	return len(b) >= 8 && b[2] == ':' && b[5] == ':' && ascii.IsDigit(b[0]) && ascii.IsDigit(b[7])
}
