package delivery

import (
	"time"

	"redshank/analytics"
	"redshank/analytics/alert"
)

// Report are the figures of one instance since its start, as they stand at one
// moment. Metrics and health records both come out of it, so they agree.
type Report struct {
	analytics.Stats
	Told     Told
	Queue    Queue
	Spool    SpoolStats
	Enriched EnrichedStats
	// SinkErrors are failed deliveries, of alerts and of enriched records.
	SinkErrors uint64
	Flush      time.Duration // spent in the flush callback
	Crashes    uint64        // recovered
}

// Queue is what waits for the sink.
type Queue struct {
	Messages int
	Bytes    int64
	Age      time.Duration // of the oldest
}

// EnrichedStats count what went to the sink of enriched records.
type EnrichedStats struct {
	Chunks  uint64
	Errors  uint64
	Refused uint64 // records that the receiver will never take
}

// Rules are the analytics that a Told counts, by id.
var Rules = [...]string{"AN1269", "AN0131"}

// Told counts what was raised by rule and severity, as the message said it;
// an incident counts where it began, with its first message.
type Told [len(Rules)][alert.Critical + 1]struct{ Incidents, Alerts uint64 }

// Add counts alerts.
func (t *Told) Add(alerts []*alert.Alert) {
	for _, a := range alerts {
		for i, rule := range Rules {
			if a.Rule.ID != rule {
				continue
			}
			cell := &t[i][min(a.Severity, alert.Critical)]
			cell.Alerts++
			if a.Sequence == 1 {
				cell.Incidents++
			}
		}
	}
}
