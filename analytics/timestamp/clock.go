package timestamp

import (
	"time"

	"redshank/analytics/ascii"
)

// clock is a time that is being read from rest.
type clock struct {
	rest                        []byte
	year, month, day            int64
	hour, minute, second, nanos int64
	offset                      time.Duration
	zoned, bad                  bool
}

// parseAny reads every form that a person or a program writes out.
func parseAny(text []byte) (t time.Time, zoned, ok bool) {
	c := clock{rest: text}
	c.date()
	c.gap()
	c.timeOfDay()
	c.half()
	c.zone()
	if c.gap(); c.year < 0 { // ctime: Tue Mar 10 10:00:45 2026
		c.year, _ = c.number(4)
		c.zone()
	}
	c.gap()
	day, isDay := civil(c.year, c.month, c.day)
	if c.bad || len(c.rest) > 0 || !isDay || c.hour > 23 || c.minute > 59 || c.second > 60 {
		return t, false, false
	}
	seconds := day*SecondsPerDay + c.hour*3600 + c.minute*60 + c.second
	return time.Unix(seconds, c.nanos).UTC().Add(-c.offset), c.zoned, true
}

// date reads the date, and sets year to -1 if the year follows the time.
func (c *clock) date() {
	if c.letter() {
		c.namedDate()
		return
	}
	n, digits := c.number(8)
	switch {
	case digits == 8:
		c.year, c.month, c.day = n/10000, n/100%100, n%100
	case digits == 4:
		c.year = n
		c.separator()
		c.month = c.monthOrName()
		c.separator()
		c.day, _ = c.number(2)
	case c.at('/') && len(c.rest) > 1 && ascii.IsDigit(c.rest[1]):
		c.separator()
		second, _ := c.number(2)
		if c.month, c.day = n, second; n > 12 {
			c.month, c.day = second, n
		}
		c.separator()
		c.shortYear()
	default: // day first
		c.day = n
		c.separator()
		c.month = c.monthOrName()
		c.separator()
		c.shortYear()
	}
}

// namedDate reads a date that begins with the name of a weekday or a month.
func (c *clock) namedDate() {
	month := c.name()
	c.gap()
	if month == 0 { // a weekday
		if !c.letter() {
			c.date() // Tue, 10 Mar 2026
			return
		}
		month = c.name()
		c.gap()
	}
	c.month = month
	c.day, _ = c.number(2)
	c.gap()
	if c.year = -1; len(c.rest) > 4 && ascii.IsDigit(c.rest[2]) {
		c.year, _ = c.number(4)
	}
}

// separator takes one of the signs between the parts of a date, and the blanks
// beside it.
func (c *clock) separator() {
	c.skip(' ')
	if !c.skip('-') && !c.skip('/') && !c.skip('.') && !c.letter() && !c.digit() {
		c.bad = true
	}
	c.skip(' ')
}

func (c *clock) shortYear() {
	n, digits := c.number(4)
	if digits == 2 {
		n += 2000
	}
	c.year = n
}

func (c *clock) monthOrName() int64 {
	if c.letter() {
		return c.name()
	}
	n, _ := c.number(2)
	return n
}

// gap takes what stands between a date and a time: a T, blanks, commas, a colon
// as web servers write it.
func (c *clock) gap() {
	for len(c.rest) > 0 {
		switch b := c.rest[0]; {
		case b == ' ' || b == ',' || b == '\t' || b == ':' || b == ')' || b == '(' || b == '@':
			c.rest = c.rest[1:]
		case (b == 'T' || b == 't') && len(c.rest) > 1 && ascii.IsDigit(c.rest[1]):
			c.rest = c.rest[1:]
		default:
			return
		}
	}
}

// timeOfDay reads h:m, h:m:s or h:m:s.f, and hhmmss.
func (c *clock) timeOfDay() {
	n, digits := c.number(6)
	if digits == 6 {
		c.hour, c.minute, c.second = n/10000, n/100%100, n%100
	} else {
		c.hour = n
		c.bad = c.bad || !c.skip(':')
		c.minute, _ = c.number(2)
		if !c.skip(':') {
			return
		}
		c.second, _ = c.number(2)
	}
	c.nanos, c.rest = readFraction(c.rest)
}

// half reads AM or PM, which some exports write behind a no-break space.
func (c *clock) half() {
	rest := c.rest
	for len(rest) > 0 && (rest[0] == ' ' || rest[0] >= 0x80) {
		rest = rest[1:]
	}
	if len(rest) < 2 || rest[1]|0x20 != 'm' || c.hour < 1 || c.hour > 12 {
		return // 24-hour clock, or refused for the remaining text
	}
	switch rest[0] | 0x20 {
	case 'a':
		c.hour %= 12
	case 'p':
		c.hour = c.hour%12 + 12
	default:
		return
	}
	c.rest = rest[2:]
}

// zone reads Z, an offset, UTC or GMT, or nothing; Go writes an offset and UTC.
func (c *clock) zone() {
	for range 2 {
		c.gap()
		switch {
		case ascii.HasPrefix(c.rest, "utc") || ascii.HasPrefix(c.rest, "gmt"):
			c.rest, c.zoned = c.rest[3:], true
		case c.skip('Z') || c.skip('z'):
			c.zoned = true
			return
		case c.at('+') || c.at('-'):
			c.readOffset()
		}
	}
}

func (c *clock) readOffset() {
	sign := time.Duration(1)
	if c.rest[0] == '-' {
		sign = -1
	}
	c.rest = c.rest[1:]
	hours, digits := c.number(4)
	minutes := hours % 100
	if hours /= 100; digits <= 2 {
		hours, minutes = minutes, 0
		if c.skip(':') {
			minutes, _ = c.number(2)
		}
	}
	c.bad = c.bad || hours > 14 || minutes > 59
	c.offset = sign * (time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute)
	c.zoned = true
}

// months are the first three letters of the months' English names.
const months = "janfebmaraprmayjunjulaugsepoctnovdec"

// name reads a word and returns the month that it names, or 0.
func (c *clock) name() (month int64) {
	word := c.rest
	n := 0
	for n < len(word) && ascii.Lower(word[n])-'a' < 26 {
		n++
	}
	if c.rest = word[n:]; len(c.rest) > 0 && c.rest[0] == '.' {
		c.rest = c.rest[1:]
	}
	for i := 0; n >= 3 && i < len(months); i += 3 {
		if ascii.HasPrefix(word, months[i:i+3]) {
			return int64(i/3 + 1)
		}
	}
	return 0
}

// number reads at least one digit and at most that many.
func (c *clock) number(most int) (n int64, digits int) {
	for ; digits < len(c.rest) && digits < most && ascii.IsDigit(c.rest[digits]); digits++ {
		n = n*10 + int64(c.rest[digits]-'0')
	}
	c.bad = c.bad || digits == 0
	c.rest = c.rest[digits:]
	return n, digits
}

func (c *clock) letter() bool { return len(c.rest) > 0 && ascii.Lower(c.rest[0])-'a' < 26 }

func (c *clock) digit() bool { return len(c.rest) > 0 && ascii.IsDigit(c.rest[0]) }

func (c *clock) at(b byte) bool { return len(c.rest) > 0 && c.rest[0] == b }

func (c *clock) skip(b byte) bool {
	if !c.at(b) {
		return false
	}
	c.rest = c.rest[1:]
	return true
}
