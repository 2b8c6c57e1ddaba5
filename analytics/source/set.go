package source

import (
	"fmt"
	"strings"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

// Auto is the name that lets a Set find the format of each record by itself.
const Auto = "auto"

// Set turns records of any format into events. It owns the one event and the
// scratch memory that all of them share, so it serves one goroutine; an
// engine has one.
type Set struct {
	readers []*reader
	streams *streams
	counts  Counts

	// The record at hand; running is the stream of the one before it, where that
	// was a raw line and no more.
	line    []byte // record.Record.Line
	running *stream
	at      *stream // of in
	in      format.Input
	ev      event.Event
	emit    format.Emit
	scratch format.Scratch
	index   record.Index
}

// New makes a set that knows the one format called only, or all where only is
// "auto" or empty.
func New(only string) (*Set, error) {
	all := readers()
	s := &Set{readers: all, streams: newStreams()}
	if only == "" || only == Auto {
		return s, nil
	}
	names := make([]string, len(all))
	for i, f := range all {
		names[i] = f.Source().String()
		if names[i] == only {
			s.readers = all[i : i+1]
			return s, nil
		}
	}
	return nil, fmt.Errorf("source: %q: not a format (want %s, %s)", only, Auto, strings.Join(names, ", "))
}

// Index is where the set looks for the fields of a map. Who gives it to the
// reader of the records spares the set to walk them once more.
func (s *Set) Index() *record.Index { return &s.index }

// Release lets go of the records that were decoded.
func (s *Set) Release() {
	s.ev.Reset()
	s.running = nil
}

// Counts is a snapshot of what became of all records so far.
func (s *Set) Counts() Counts { return s.counts }

// Decode finds the log record, or the several, inside rec and hands their
// events to emit. The event that emit gets points into rec and is the set's
// own: it is over when emit returns. tag must not point into the chunk; it is
// kept.
func (s *Set) Decode(tag string, rec *record.Record, emit format.Emit) {
	if s.NextLine(rec, &s.ev, emit) {
		return
	}
	running := s.running
	s.emit = emit
	s.scratch.Release(0)
	if s.line, s.running = rec.Line, nil; rec.Again && running != nil {
		s.running = running
		s.begin(tag, rec.Time, running)
		s.openEither(rec.Body, rec.Line, 0, 0)
	} else {
		s.begin(tag, rec.Time, s.streams.get(tag, nil))
		s.open(rec.Body, 0)
	}
	s.index.Forget() // the record's memory is the caller's again
	s.in, s.at, s.line, s.emit = format.Input{}, nil, nil, nil
}

// begin prepares in for a record of a stream.
func (s *Set) begin(tag string, now time.Time, of *stream) {
	s.at = of
	s.in = format.Input{Tag: tag, Time: now, Stream: &of.Stream, Scratch: &s.scratch, Index: &s.index}
}

// NextLine is Decode at half the cost, into an event of the caller's that is
// over when he says so, for a record that is the next line of the last one's
// file and of the same day as that. It tells whether it is one and could be
// read so: of IIS alone, whose lines are the most by far. Where it could not,
// nothing has happened.
func (s *Set) NextLine(rec *record.Record, ev *event.Event, emit format.Emit) bool {
	if !rec.Again || s.running == nil {
		return false
	}
	line := rec.Line
	f := s.running.reader
	if f == nil || f.next == nil || s.running.csv != nil || len(line) > maxLine || line[len(line)-1] <= '\r' {
		return false
	}
	outcome, ok := f.next.NextLine(&s.running.Stream, line, ev, emit)
	if ok {
		s.counts[f.Source()][outcome]++
	}
	return ok
}

// leaf counts one record that no format has decoded.
func (s *Set) leaf(o format.Outcome) { s.counts[event.SourceUnknown][o]++ }

// offerMap tells whether a format has taken the map, and counts it if so.
func (s *Set) offerMap(m record.Value) bool {
	s.in.Fields, s.in.Line = m, nil
	taken := s.offer()
	if taken {
		s.at.lines = false
	}
	return taken
}

// offerLine is offerMap for a raw line.
func (s *Set) offerLine(line []byte) bool {
	s.in.Fields, s.in.Line = nil, line
	taken := s.offer()
	if taken {
		s.at.lines = true
	}
	return taken
}

// offer asks the format that has taken the stream's last record first: files
// keep to one format, and most claims then cost one look.
func (s *Set) offer() bool {
	last := s.at.reader
	if last != nil && s.try(last) {
		return true
	}
	for _, f := range s.readers {
		if f != last && s.try(f) {
			s.at.reader = f
			return true
		}
	}
	return false
}

// try offers the record to one format. A format that claims it and then does
// not know it leaves it to the others.
func (s *Set) try(f *reader) bool {
	if !f.Claims(&s.in) {
		return false
	}
	s.ev.Reset()
	s.ev.Source, s.ev.Time = f.Source(), s.in.Time
	outcome := f.Decode(&s.in, &s.ev, s.emit)
	if outcome == format.Unknown {
		return false
	}
	s.counts[f.Source()][outcome]++
	return true
}
