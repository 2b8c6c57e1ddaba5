package iis

import (
	"time"

	"redshank/analytics/timestamp"
)

// w3cClock gives the lines of a stream their time. Where they have no date
// column, the day is that of the file's #Date line and the midnights since.
type w3cClock struct {
	day    int64 // of the last line, in days since 1970; 0: not known
	second int64 // of the last line, within its day
}

// read is the time of r, which came at now; false where it has none.
func (c *w3cClock) read(r *w3cRow, now time.Time) (time.Time, bool) {
	date, clock := r.get(w3cDate), r.get(w3cTime)
	if date == nil && !timestamp.IsClock(clock) {
		return timestamp.Parse(clock) // a parser has put both into one
	}
	second, ok := timestamp.Seconds(clock)
	if !ok {
		return time.Time{}, false
	}
	day := c.day
	switch {
	case date != nil:
		if day, ok = timestamp.Days(date); !ok {
			return time.Time{}, false
		}
	case day == 0:
		day = nearestDay(now, second)
	case second < c.second-timestamp.SecondsPerDay/2:
		day++
	}
	c.day, c.second = day, second
	return time.Unix(day*timestamp.SecondsPerDay+second, 0).UTC(), true
}

// nearestDay is the day on which second came last before now.
func nearestDay(now time.Time, second int64) int64 {
	day := now.Unix() / timestamp.SecondsPerDay
	if second > now.Unix()%timestamp.SecondsPerDay {
		day--
	}
	return day
}
