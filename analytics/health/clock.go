package health

import "redshank/analytics/event"

// A clock counts as wrong if all events of a batch are off by more than skewLeast
// and by about the same. The events of a backlog have delays of all sizes, and no
// event arrives before it happened.
const (
	skewLeast  = 5 * event.Minute
	aheadLeast = 2 * event.Minute
	skewSpread = 10 * event.Minute
	skewSpan   = 10 * event.Minute // of arrival times, that a batch has to cover
)

// clockCheck is the delay between event time and arrival in a batch of events.
type clockCheck struct {
	events      int
	least, most int64
	from, to    int64 // arrivals
}

func (c *clockCheck) add(happened, arrived int64) {
	delay := arrived - happened
	if delay == 0 || arrived <= 0 || happened <= 0 {
		return // the event has Fluent Bit's time, not its own
	}
	if c.events == 0 {
		*c = clockCheck{least: delay, most: delay, from: arrived, to: arrived}
	}
	c.events++
	c.least, c.most = min(c.least, delay), max(c.most, delay)
	c.from, c.to = min(c.from, arrived), max(c.to, arrived)
}

// isCloud reports whether the records of a source normally arrive minutes to a day late.
func isCloud(s event.Source) bool {
	return s == event.UAL || s == event.Entra || s == event.Graph
}

// check reports in which direction the clock is off, and by how many milliseconds,
// after a complete batch, and begins a new batch.
func (c *clockCheck) check(lateByNature bool) (behind, ahead bool, by int64, ok bool) {
	if c.events < batch || c.to-c.from < skewSpan {
		return false, false, 0, false
	}
	behind = !lateByNature && c.least > skewLeast && c.most-c.least <= skewSpread
	ahead = c.most < -aheadLeast
	by = c.least
	if ahead {
		by = -c.most
	}
	*c = clockCheck{}
	return behind, ahead, by, true
}
