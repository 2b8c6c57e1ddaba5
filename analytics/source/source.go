// Package source turns records into events. It opens the wrappers that collectors put
// around records, finds the format of each record, and remembers the format of each stream.
// The packages below it decode the formats, one package for each log family.
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

// Counts are the numbers of leaf records (a wrapper around three records counts as three)
// by source and outcome. Records that no source has taken count for event.SourceUnknown.
type Counts [event.Sources][format.Outcomes]uint64

// Read returns the number of leaf records, the sum of all counts.
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
