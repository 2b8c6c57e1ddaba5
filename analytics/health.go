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

// Stats are the engine's counters since New.
type Stats struct {
	Chunks, RepeatedChunks           uint64
	Sources                          source.Counts // log records by source and outcome
	BadRecords                       uint64        // not decodable as records
	LostBytes                        uint64        // of chunks that could not be read to the end
	Events, Duplicates, Late, Future uint64
	Clients, Accounts                int // entries now
	ClientsEvicted, AccountsEvicted  uint64
	Incidents, Alerts, Suppressed    uint64
	Muted                            uint64 // messages that the policy kept back
	Drill                            uint64 // events of drills, which no other counter includes
}
