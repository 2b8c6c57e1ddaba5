package source

import "time"

// w3cClock gives the lines of a stream their time. Where they have no date
// column, the day is that of the file's #Date line and the midnights since.
type w3cClock struct {
	day    int64 // of the last line, in days since 1970; 0: not known
	second int64 // of the last line, within its day
}

const secondsOfDay = 24 * 60 * 60

// read is the time of r, which came at now; false where it has none.
func (c *w3cClock) read(r *w3cRow, now time.Time) (time.Time, bool) {
	date, clock := r.get(w3cDate), r.get(w3cTime)
	if date == nil && !isClock(clock) {
		return parseTime(clock) // a parser has put both into one
	}
	second, ok := secondsOf(clock)
	if !ok {
		return time.Time{}, false
	}
	day := c.day
	switch {
	case date != nil:
		if day, ok = daysOf(date); !ok {
			return time.Time{}, false
		}
	case day == 0:
		day = nearestDay(now, second)
	case second < c.second-secondsOfDay/2:
		day++
	}
	c.day, c.second = day, second
	return time.Unix(day*secondsOfDay+second, 0).UTC(), true
}

// nearestDay is the day on which second came last before now.
func nearestDay(now time.Time, second int64) int64 {
	day := now.Unix() / secondsOfDay
	if second > now.Unix()%secondsOfDay {
		day--
	}
	return day
}

// secondsOf reads hh:mm:ss.
func secondsOf(b []byte) (int64, bool) {
	if !isClock(b) {
		return 0, false
	}
	h, m, s := pair(b), pair(b[3:]), pair(b[6:])
	return h*3600 + m*60 + s, h < 24 && m < 60 && s <= 60
}

// daysOf reads yyyy-mm-dd as days since 1970, by the civil calendar's own
// arithmetic: time.Date costs ten times as much.
func daysOf(b []byte) (int64, bool) {
	if !isDate(b) {
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
	if !digit(b[0]) || !digit(b[1]) {
		return 10000
	}
	return int64(b[0]-'0')*10 + int64(b[1]-'0')
}
