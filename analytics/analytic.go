package analytics

import (
	"time"

	"redshank/analytics/coverage"
	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/policy"
	"redshank/analytics/state"
)

// Analytic detects one kind of attack. Its incidents leave through the tracker
// that it was made with.
type Analytic interface {
	// Observe takes one normalised event. The event is only valid during the call.
	Observe(ev *event.Event)
	// Tables returns the tables of its state, in the order in which they are
	// restored.
	Tables() []state.Table
	// Incidents appends the incidents that the address, the account, the
	// application or the host of an event are part of, open or closed.
	Incidents(ev *event.Event, list []*incident.Incident) []*incident.Incident
}

// Options configure an Engine.
type Options struct {
	Policy   *policy.Policy
	Source   string // "auto" or the name of one format
	MaxIPs   int    // bound of the client table, in entries
	MaxUsers int    // bound of the account table, in entries
	// Clock returns the time of day. Timestamps of Fluent Bit that are ahead of it
	// are not believed. Nil: every timestamp is, as a replay of old logs needs.
	Clock func() time.Time
	// Coverage counts the evidence of the events. Nil: a Matrix of the last days.
	Coverage *coverage.Matrix
}
