package timestamp

import (
	"time"

	"redshank/analytics/ascii"
)

// parseTime reads every spelling of a time that the cloud logs use and tells
// whether text was one. It allocates nothing. Without a zone it is UTC.
//
//	2021-03-26T08:50:52            unified audit log
//	2019-10-18T04:45:48.0729893Z   Entra, seven digits; also -05:00 and +0000
//	2025-07-07 09:11:11.000000000  exports
//	2021-03-26T08:50               cut after the minutes
//	4/28/2021, 2:08:45.221 PM      Log Analytics
//	5/18/2021 9:13:33 PM           Purview
func Parse(text []byte) (time.Time, bool) {
	if t, ok := parsePlain(text); ok {
		return t, true
	}
	return parseAny(text)
}

func parseAny(text []byte) (time.Time, bool) {
	c := clock{rest: text}
	if c.date(); c.american {
		c.skip(',')
		c.want(' ')
	} else if !c.skip('T') {
		c.want(' ')
	}
	c.timeOfDay()
	c.half()
	offset := c.zone()
	if c.bad || len(c.rest) > 0 || !c.valid() {
		return time.Time{}, false
	}
	t := time.Date(c.year, time.Month(c.month), c.day, c.hour, c.minute, c.second, c.nanos, time.UTC)
	return t.Add(-offset), true
}

// plainTime reads the first form, which most are of, at a fifth of the cost.
func parsePlain(b []byte) (time.Time, bool) {
	if len(b) != len("2006-01-02T15:04:05") || b[4] != '-' || b[7] != '-' || b[10] != 'T' || b[13] != ':' || b[16] != ':' {
		return time.Time{}, false
	}
	year, month, day := 100*twoDigits(b[0:])+twoDigits(b[2:]), twoDigits(b[5:]), twoDigits(b[8:])
	hour, minute, second := twoDigits(b[11:]), twoDigits(b[14:]), twoDigits(b[17:])
	if year < 1970 || year >= 2262 || month-1 >= 12 || day-1 >= 31 || hour >= 24 || minute >= 60 || second > 60 {
		return time.Time{}, false
	}
	days := 365*(year-1970) + (year-1969)/4 - (year-1901)/100 + (year-1601)/400 + daysBefore[month-1] + day - 1
	if month > 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		days++
	}
	return time.Unix(int64(days*86400+hour*3600+minute*60+second), 0).UTC(), true
}

// daysBefore each month, but for the 29th of February.
var daysBefore = [12]uint{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334}

// twoDigits is a number of two digits, and a huge one for what is none.
func twoDigits(b []byte) uint {
	tens, ones := b[0]-'0', b[1]-'0'
	if tens > 9 || ones > 9 {
		return 1 << 16
	}
	return uint(tens)*10 + uint(ones)
}

// clock is a time half read.
type clock struct {
	rest                                          []byte
	year, month, day, hour, minute, second, nanos int
	american, bad                                 bool
}

// valid keeps to years that time.Time holds in nanoseconds, so that nothing
// behind overflows. A 30th of February is taken for the 2nd of March.
func (c *clock) valid() bool {
	return c.year >= 1970 && c.year < 2262 && c.month >= 1 && c.month <= 12 && c.day >= 1 && c.day <= 31 &&
		c.hour < 24 && c.minute < 60 && c.second <= 60
}

// date reads y-m-d, or m/d/y.
func (c *clock) date() {
	first := c.number(4)
	if c.skip('/') {
		c.american = true
		c.month, c.day = first, c.number(2)
		c.want('/')
		c.year = c.number(4)
		return
	}
	c.year = first
	c.want('-')
	c.month = c.number(2)
	c.want('-')
	c.day = c.number(2)
}

// timeOfDay reads h:m, h:m:s or h:m:s.f with any number of digits.
func (c *clock) timeOfDay() {
	c.hour = c.number(2)
	c.want(':')
	c.minute = c.number(2)
	if !c.skip(':') {
		return
	}
	c.second = c.number(2)
	if !c.skip('.') {
		return
	}
	scale := 100_000_000
	for len(c.rest) > 0 && ascii.IsDigit(c.rest[0]) {
		c.nanos += int(c.rest[0]-'0') * scale
		scale /= 10 // beyond nanoseconds it is 0, and adds nothing
		c.rest = c.rest[1:]
	}
}

// half reads AM or PM.
func (c *clock) half() {
	if !c.american || len(c.rest) == 0 {
		return
	}
	c.skip(' ')
	if len(c.rest) < 2 || c.rest[1]|0x20 != 'm' || c.hour < 1 || c.hour > 12 {
		return // 24 hours, or refused for what is left over
	}
	switch c.rest[0] | 0x20 {
	case 'a':
		c.hour %= 12
	case 'p':
		c.hour = c.hour%12 + 12
	default:
		return
	}
	c.rest = c.rest[2:]
}

// zone reads Z, an offset, " UTC" or nothing.
func (c *clock) zone() time.Duration {
	if c.skip('Z') || c.skip('z') || len(c.rest) == 0 {
		return 0
	}
	c.skip(' ')
	if string(c.rest) == "UTC" || string(c.rest) == "GMT" {
		c.rest = nil
		return 0
	}
	sign := time.Duration(1)
	if c.skip('-') {
		sign = -1
	} else {
		c.want('+')
	}
	hours := c.number(2)
	c.skip(':')
	minutes := c.number(2)
	if hours > 14 || minutes > 59 {
		c.bad = true
	}
	return sign * (time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute)
}

// number reads at least one digit and at most that many.
func (c *clock) number(digits int) (n int) {
	i := 0
	for ; i < len(c.rest) && i < digits && ascii.IsDigit(c.rest[i]); i++ {
		n = n*10 + int(c.rest[i]-'0')
	}
	c.bad = c.bad || i == 0
	c.rest = c.rest[i:]
	return n
}

func (c *clock) skip(b byte) bool {
	if len(c.rest) == 0 || c.rest[0] != b {
		return false
	}
	c.rest = c.rest[1:]
	return true
}

func (c *clock) want(b byte) { c.bad = !c.skip(b) || c.bad }
