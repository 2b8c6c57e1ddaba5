package analytics

import (
	"time"

	"redshank/analytics/coverage"
	"redshank/analytics/health"
	"redshank/analytics/source"
)

// Finding is something about the records that an operator must hear about.
type Finding = health.Finding

// Health is what an operator wants to know of an engine.
type Health struct {
	Time      time.Time // newest arrival: Fluent Bit's time, not a clock
	Stats     Stats
	Baselines struct{ Mature, All int } // of accounts that signed in, for AN0131
	// Raised and Cleared are new since the last call, Open all that holds, in
	// the order of their codes. What was raised and cleared in between is in
	// both.
	Raised, Cleared, Open []Finding
	// Unread are the kinds of records that no source understands, the most
	// frequent first.
	Unread []source.Unread
	// Coverage is the evidence that the records bring, of the last days.
	Coverage *coverage.Report
}

// Health returns the figures and the findings. One caller at a time gets each
// finding once in Raised and Cleared. The cost does not depend on the size of the
// tables.
func (e *Engine) Health() Health {
	e.mu.Lock()
	defer e.mu.Unlock()
	h := Health{Time: e.monitor.Time(), Stats: e.statsNow()}
	h.Baselines.Mature, h.Baselines.All = e.collection.Baselines()
	h.Unread = e.sources.Unread()
	h.Coverage = e.coverage.Report()
	e.monitor.CheckUnread()
	e.monitor.Maturity(h.Baselines.Mature, h.Baselines.All)
	h.Open, h.Raised, h.Cleared = e.monitor.Take()
	return h
}

// Review returns what the events so far show about the logs that they are from, for the
// end of a run of ObserveEvent.
func (e *Engine) Review() []Finding {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.monitor.Review(e.received)
}
