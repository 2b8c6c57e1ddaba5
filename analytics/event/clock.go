package event

import "time"

// Spans of time in milliseconds, the unit of event times in tables.
const (
	Minute = 60 * 1000
	Hour   = 60 * Minute
	Day    = 24 * Hour
)

// UnixTime returns the time ms milliseconds after the start of 1970, UTC.
func UnixTime(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
