// Package source turns records into events. The package itself finds the format
// of each record, steps into what collectors wrap around records, and remembers
// the format of each stream; one package a family below it decodes the formats.
package source

import "redshank/analytics/source/format"

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
