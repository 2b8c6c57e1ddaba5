package iis

import (
	"time"

	"redshank/analytics/ascii"
	"redshank/analytics/source/format"
	"redshank/analytics/timestamp"
)

// w3cClock determines the time of the lines of a stream. Without a date column, the day
// is that of the #Date line of the file plus the midnights passed since.
type w3cClock struct {
	day    int64 // of the last line, in days since 1970; 0: not known
	second int64 // of the last line, within its day
}

// read returns the time of r, which arrived at now, or the reason why r has no time.
func (c *w3cClock) read(r *w3cRow, now time.Time) (t time.Time, why format.Reason) {
	date, clock := r.get(w3cDate), r.get(w3cTime)
	switch {
	case clock == nil && date == nil:
		if clock = r.get(w3cStamp); clock == nil {
			return t, format.NoTime
		}
		return anyTime(clock)
	case clock == nil:
		return t, format.NoTime
	}
	second, ok := timestamp.Seconds(clock)
	if !ok {
		return anyTime(clock) // a parser has put both into one
	}
	day := c.day
	switch {
	case date != nil:
		if day, ok = timestamp.Days(date); !ok {
			var joined [64]byte
			return anyTime(append(append(append(joined[:0], ascii.Clip(date, 24)...), ' '), ascii.Clip(clock, 24)...))
		}
	case day == 0:
		day = nearestDay(now, second)
	case second < c.second-timestamp.SecondsPerDay/2:
		day++
	}
	c.day, c.second = day, second
	return time.Unix(day*timestamp.SecondsPerDay+second, 0).UTC(), format.NoReason
}

func anyTime(text []byte) (t time.Time, why format.Reason) {
	t, ok := timestamp.Parse(text)
	if !ok {
		return t, format.BadTime
	}
	return t, format.NoReason
}

// nearestDay returns the latest day on which the second of the day is before now.
func nearestDay(now time.Time, second int64) int64 {
	day := now.Unix() / timestamp.SecondsPerDay
	if second > now.Unix()%timestamp.SecondsPerDay {
		day--
	}
	return day
}
