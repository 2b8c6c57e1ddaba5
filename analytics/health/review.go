package health

import (
	"time"

	"redshank/analytics/event"
)

// Review returns the findings that hold over all events so far, in the order of their
// codes: missing fields, missing kinds of records, clients behind a proxy. It is for
// events of logs that already exist, which have no times of arrival, and is called once,
// after the last event, instead of Chunk. newest is the time of the newest event.
func (w *Monitor) Review(newest time.Time) []Finding {
	w.now = newest.UnixMilli()
	for s := range w.sources {
		of := event.Source(s)
		if f := &w.sources[s].fields; f.namedFailures > 0 {
			w.sources[s].flow.last = w.now
		}
		w.checkFields(of, &w.sources[s])
		w.checkShared(of, &w.sources[s])
	}
	w.checkAudits()
	open, _, _ := w.Take()
	return open
}
