// Package format is what the log formats have in common: what a format is, what
// it is given, and what it answers. The families of formats import it, and
// package source imports them.
package format

import (
	"time"

	"redshank/analytics/event"
	"redshank/analytics/record"
)

// Outcome is what became of one record.
type Outcome uint8

// The outcomes. Every record has exactly one, so that the counts add up to what
// was read.
const (
	Unknown    Outcome = iota // no format knows the record
	Ignored                   // irrelevant: the format knows what the record is, and detection does not need it
	Understood                // it led to an event, or completes one that is held
	Malformed                 // not understood: a record of the format's family that it could not read
	Outcomes                  // how many outcomes there are
)

// Reason is why a record is not understood.
type Reason uint8

// The reasons.
const (
	NoReason  Reason = iota
	BadSyntax        // JSON, XML or CSV that is cut off or broken
	BadShape         // the family is known, and the fields are not if it has them
	NoTime           // no time, in a record that has to have one
	BadTime          // a time that nothing can read
	NoFields         // the fields that the event needs are missing
	Ambiguous        // columns that do not fit their header in one way only
	TooLarge         // too long, or nested too deep
	NoFormat         // no format knows the record
	Reasons          // how many reasons there are
)

var reasonNames = [...]string{"", "syntax", "shape", "no_time", "bad_time", "no_fields", "ambiguous", "too_large", "no_format"}

// String returns the name of a reason as it stands in health records.
func (r Reason) String() string {
	if int(r) >= len(reasonNames) {
		return "invalid"
	}
	return reasonNames[r]
}

// Input is one record as a format gets it: a raw line or a map.
type Input struct {
	Tag    string
	Time   time.Time    // Fluent Bit's timestamp, for records whose time a parser has used up
	Line   []byte       // the raw line, without BOM, NUL padding and line ends; nil for a map
	Fields record.Value // the map; absent for a line
	Stream *Stream      // what is remembered of this tag and path
	Reason Reason       // set by a format that answers Malformed; BadShape if it sets none

	// Whole says that the keys of Fields are as good as they get. Refused is set by a format
	// that would take the map, but for fields that a pipeline has flattened; see Flattened.
	Whole, Refused bool

	Scratch *Scratch      // memory for JSON in strings; nil: such strings stay closed
	Index   *record.Index // of Fields, or of another map; nil: none yet
}

// Fail sets the reason and returns Malformed.
func (in *Input) Fail(why Reason) Outcome {
	in.Reason = why
	return Malformed
}

// Find sets at[i] to the number of the field called names[i], as Index.Find does.
// All formats, and the search for wrappers, share one walk of the map.
func (in *Input) Find(k *record.Keys, fold bool, at []uint32) {
	if in.Index == nil {
		in.Index = new(record.Index)
	}
	if !in.Index.Of(in.Fields) {
		in.Index.Read(in.Fields)
	}
	in.Index.Find(k, fold, at)
}

// maxValues bounds how many names Values looks for at once.
const maxValues = 64

// Values sets dst[i] to the field called names[i], absent if it does not exist, and
// returns how many there are.
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

// Structured returns v itself if it is a map or an array, and the JSON in it if it
// is a text of JSON; absent for any other text. Exports write some fields either
// way.
func (in *Input) Structured(v record.Value) record.Value {
	text := v.Bytes()
	if text == nil {
		return v
	}
	if in.Scratch == nil || len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return nil
	}
	inner, rest, err := in.Scratch.JSON(text)
	if err != nil || len(rest) > 0 {
		return nil
	}
	return inner
}

// Flattened reports whether a pipeline has put fields of one of the maps or lists called
// roots beside it, with a path for a key: Parameters.0.Name, Parameters_0_Name,
// Parameters{}.Name. The caller leaves such a map until its keys are restored.
func (in *Input) Flattened(roots *record.Keys) bool {
	if in.Whole {
		return false
	}
	for key := range in.Fields.All() {
		end := 0
		for end < len(key) && key[end]|0x20-'a' <= 'z'-'a' {
			end++
		}
		if end < len(key) && roots.IndexFold(key[:end]) >= 0 {
			in.Refused = true
			return true
		}
	}
	return false
}

// Emit takes a finished event, which is valid until Emit returns.
type Emit func(*event.Event)

// Format is one log format. Implementations keep state bounded and keyed by
// event time, never read a clock, and never keep a view into the input.
type Format interface {
	// Source returns the name of the format in options and events.
	Source() event.Source
	// Claims reports, at little cost, whether the record is of this format.
	Claims(in *Input) bool
	// Decode fills ev, which has been Reset and then given the format's source
	// and Fluent Bit's time, and calls emit for each finished event (one record
	// can finish several, or none). Unknown passes the record on to the other
	// formats. Decode is called right after Claims has reported true for the same
	// input, so that what Claims found need not be looked for again.
	Decode(in *Input, ev *event.Event, emit Emit) Outcome
}

// LineFormat is a format that reads a line which follows another one of its
// stream at less cost than Decode does.
type LineFormat interface {
	Format
	// NextLine decodes a line that has the file and the day of the previous one, and
	// reports whether it could. If not, nothing has changed.
	NextLine(s *Stream, line []byte, ev *event.Event, emit Emit) (Outcome, bool)
}
