// Package source turns records into events: one file per log format, and this
// one, which finds the format of each record and remembers it per stream.
package format

import (
	"time"

	"redshank/analytics/event"
	"redshank/analytics/record"
)

// Outcome is what became of one record.
type Outcome uint8

// Every record has exactly one outcome, so that the counts add up to what was
// read. Understood: it led to an event or completes one that is held.
// Ignored: its format is known and it says nothing of interest (header lines,
// other operations, challenges of protocols). Malformed: a format claimed it
// and could not read it.
const (
	Unknown Outcome = iota
	Ignored
	Understood
	Malformed
	Outcomes // how many there are
)

// Input is one record as a format sees it: either a raw line or a map.
type Input struct {
	Tag    string
	Time   time.Time    // Fluent Bit's timestamp, for records that have none of their own
	Line   []byte       // the raw line, trimmed of BOM, NUL padding and line ends; nil where it came as a map
	Fields record.Value // the map; absent where it came as a line
	Stream *Stream      // what is remembered of this tag and path

	Scratch *Scratch      // memory for JSON in strings; nil: such strings stay closed
	Index   *record.Index // of Fields, or of another map; nil: none yet
}

// find sets at[i] to the number of the field called names[i], as Index.Find. All
// formats, and who looks for a wrapper, share one walk of the map.
func (in *Input) Find(k *record.Keys, fold bool, at []uint32) {
	if in.Index == nil {
		in.Index = new(record.Index)
	}
	if !in.Index.Of(in.Fields) {
		in.Index.Read(in.Fields)
	}
	in.Index.Find(k, fold, at)
}

// maxValues bounds the names that values looks for at once.
const maxValues = 64

// values is find for who wants the fields themselves: dst[i] is the one called
// names[i], absent where there is none.
func (in *Input) Values(k *record.Keys, fold bool, dst []record.Value) (found int) {
	var at [maxValues]uint32
	in.Find(k, fold, at[:len(dst)])
	for i, field := range at[:len(dst)] {
		if dst[i] = in.Index.Field(field); field > 0 {
			found++
		}
	}
	return found
}

// structured is v itself where it is a map or array, and what stands in it
// where it is JSON in a string; absent where it is neither. Sentinel and
// Purview write some fields either way.
func (in *Input) Structured(v record.Value) record.Value {
	text := v.Bytes()
	if text == nil {
		return v
	}
	if in.Scratch == nil || len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return nil
	}
	inner, rest, err := in.Scratch.Json(text)
	if err != nil || len(rest) > 0 {
		return nil
	}
	return inner
}

// Emit takes a finished event; the event is the caller's again afterwards.
type Emit func(*event.Event)

// format is one log format. Implementations keep state bounded and keyed by
// event time, never read a clock, and never keep a view into the input.
type Format interface {
	// source is the name the format goes by in options and events.
	Source() event.Source
	// claims is a cheap look that tells whether the record is of this format.
	Claims(in *Input) bool
	// decode fills ev, which has been Reset and then given the format's source
	// and Fluent Bit's time, and calls emit for each finished event (one record
	// can finish several, or none). Unknown passes the record on to the other
	// formats. It is called right after claims said yes to the same input, so
	// what claims has found need not be looked for again.
	Decode(in *Input, ev *event.Event, emit Emit) Outcome
}

// lineFormat is a format that reads a line which follows another one of its
// stream at less cost than decode does.
type LineFormat interface {
	Format
	// nextLine decodes a line of the same file and the same day as the last one,
	// and reports whether the line is one; nothing has happened where it is not.
	NextLine(s *Stream, line []byte, ev *event.Event, emit Emit) (Outcome, bool)
}
