package analytics

import (
	"redshank/analytics/alert"
	"redshank/analytics/event"
)

// ObserveEvent takes one decoded event to the analytics, as Observe does with
// those of a chunk. Who decodes logs elsewhere, on several goroutines, brings the
// events here in the order of their times: each counts as received when it
// happened. The event is the caller's again afterwards; its canonical fields have
// been filled in, except where IsIdle reports true.
func (e *Engine) ObserveEvent(ev *event.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.received = ev.Time
	e.observe(ev)
}

// Flush returns the alerts that the events since the last Flush caused, as Observe
// does at the end of a chunk.
func (e *Engine) Flush() []*alert.Alert {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.tracker.flush()
}

// IsIdle reports whether an event only moves the clock: no analytic takes one of
// its kind, and no result code can turn it into another.
func IsIdle(ev *event.Event) bool { return idle(ev) }
