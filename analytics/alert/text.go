package alert

import (
	"fmt"
	"time"
)

// Count returns "1 one" or "n many".
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Elapsed returns a duration in the whole seconds, minutes or hours that suit it.
func Elapsed(d time.Duration) string {
	switch {
	case d < time.Minute:
		return Count(int(d.Seconds()), "second", "seconds")
	case d < 2*time.Hour:
		return Count(int(d.Minutes()), "minute", "minutes")
	}
	return Count(int(d.Hours()), "hour", "hours")
}
