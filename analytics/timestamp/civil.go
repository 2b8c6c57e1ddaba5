package timestamp

import (
	"time"

	"redshank/analytics/ascii"
)

const SecondsPerDay = 24 * 60 * 60

// secondsOf reads hh:mm:ss.
func Seconds(b []byte) (int64, bool) {
	if !IsClock(b) {
		return 0, false
	}
	h, m, s := pair(b), pair(b[3:]), pair(b[6:])
	return h*3600 + m*60 + s, h < 24 && m < 60 && s <= 60
}

// daysOf reads yyyy-mm-dd as days since 1970, by the civil calendar's own
// arithmetic: time.Date costs ten times as much.
func Days(b []byte) (int64, bool) {
	if !IsDate(b) {
		return 0, false
	}
	y, m, d := pair(b)*100+pair(b[2:]), pair(b[5:]), pair(b[8:])
	if y < 1970 || y > 2261 || m < 1 || m > 12 || d < 1 || d > 31 {
		return 0, false
	}
	if m <= 2 { // the year begins in March, so that leap days end it
		y, m = y-1, m+12
	}
	return 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + d - 1 - 719468, true
}

// pair is a number of two digits, out of any range where they are none.
func pair(b []byte) int64 {
	if !ascii.IsDigit(b[0]) || !ascii.IsDigit(b[1]) {
		return 10000
	}
	return int64(b[0]-'0')*10 + int64(b[1]-'0')
}

func IsDate(b []byte) bool {
	return len(b) == 10 && b[4] == '-' && b[7] == '-' && ascii.IsDigit(b[0]) && ascii.IsDigit(b[9])
}

func IsClock(b []byte) bool {
	return len(b) >= 8 && b[2] == ':' && b[5] == ':' && ascii.IsDigit(b[0]) && ascii.IsDigit(b[7])
}

// exchangeTimestamp reads the times of these logs, and leaves every other
// spelling (a parser in between has its own) to parseTime.
func ParseUTC(b []byte) (time.Time, bool) {
	if len(b) < 20 || b[10] != 'T' || b[len(b)-1] != 'Z' {
		return Parse(b)
	}
	day, isDay := Days(b[:10])
	second, isSecond := Seconds(b[11:19])
	if !isDay || !isSecond {
		return time.Time{}, false
	}
	var nanos int64
	scale := int64(100_000_000)
	for _, c := range b[19 : len(b)-1] {
		if ascii.IsDigit(c) {
			nanos += int64(c-'0') * scale
			scale /= 10
		}
	}
	return time.Unix(day*SecondsPerDay+second, nanos).UTC(), true
}
