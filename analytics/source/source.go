// Package source turns records into events. The package itself finds the format
// of each record, steps into what collectors wrap around records, and remembers
// the format of each stream; one package a family below it decodes the formats.
package source

import (
	"redshank/analytics/event"
	"redshank/analytics/source/format"
)

// Outcome is what became of one record; see format.Outcome.
type Outcome = format.Outcome

// Emit takes a finished event; see format.Emit.
type Emit = format.Emit

// The outcomes of a record.
const (
	Unknown    = format.Unknown
	Ignored    = format.Ignored
	Understood = format.Understood
	Malformed  = format.Malformed
)

// Counts are what became of leaf records (a wrapper around three counts as
// three), by the source that took them; event.SourceUnknown stands for those
// that none took.
type Counts [event.Sources][format.Outcomes]uint64

// Read returns how many leaf records there were: the sum over everything.
func (c *Counts) Read() (n uint64) {
	for o := range format.Outcomes {
		n += c.Total(o)
	}
	return n
}

// Total returns how many had that outcome, over all sources.
func (c *Counts) Total(o format.Outcome) (n uint64) {
	for s := range c {
		n += c[s][o]
	}
	return n
}
