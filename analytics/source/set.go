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
	tally
	readers []*formatReader
	streams *streams
	content Content

	// The current record. running is the stream of the record before it, if that
	// was a raw line and no more.
	line    []byte // record.Record.Line
	origin  event.Origin
	locate  func(*event.Origin) // locateInMap
	body    record.Value        // of the record, for locate
	running *streamState
	at      *streamState // of in
	in      format.Input
	effort  effort
	ev      event.Event
	emit    format.Emit
	scratch format.Scratch
	index   record.Index

	restorer restorer
}

// New returns a set that knows the one format called only, or all formats if only
// is "auto" or empty.
func New(only string, content Content) (*Set, error) {
	all := readers(content)
	s := &Set{readers: all, streams: newStreams(), content: content}
	s.locate = s.locateInMap // once: a method value allocates
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

// Index returns the index in which the set looks up the fields of a map. A reader of the
// records that fills the same index saves the set a second walk of each record.
func (s *Set) Index() *record.Index { return &s.index }

// Release drops all references to the decoded records.
func (s *Set) Release() {
	s.ev.Reset()
	s.running = nil
	s.origin = event.Origin{}
}

// Decode finds the log records inside rec and calls emit with their events. An event
// belongs to the set, points into rec, and is valid until emit returns. tag is kept, so it
// must not point into the chunk.
func (s *Set) Decode(tag string, rec *record.Record, emit format.Emit) {
	if s.NextLine(rec, &s.ev, emit) {
		return
	}
	running := s.running
	s.emit, s.fault, s.body = emit, fault{}, rec.Body
	s.effort.renew()
	s.scratch.Release(0)
	var taken bool
	if s.line, s.running = rec.Line, nil; rec.Again && running != nil {
		s.running = running
		s.begin(tag, rec.Time, running)
		taken = s.openEither(rec.Body, rec.Line, 0, 0) || s.search(rec.Body, 0)
	} else {
		s.begin(tag, rec.Time, s.streams.get(tag, nil))
		taken = s.open(rec.Body, 0)
	}
	if !taken {
		s.reject(rec.Body)
	}
	s.index.Forget() // the record's memory is the caller's again
	s.in, s.at, s.line, s.emit, s.body = format.Input{}, nil, nil, nil, nil
	s.origin.Line, s.origin.Locate = nil, nil
}

// begin prepares in for a record of a stream.
func (s *Set) begin(tag string, now time.Time, of *streamState) {
	s.at, s.tag = of, tag
	s.origin = event.Origin{}
	s.ev.Origin = &s.origin
	s.in = format.Input{Tag: tag, Time: now, Stream: &of.Stream, Scratch: &s.scratch, Index: &s.index}
}

// NextLine is Decode at half the cost, into an event of the caller's, for a record
// that is the next line of the last one's file and of the same day. It reports
// whether the record is one and could be read so: only IIS, whose lines are the
// most by far, reads next lines. Nothing has happened if it could not.
func (s *Set) NextLine(rec *record.Record, ev *event.Event, emit format.Emit) bool {
	if !rec.Again || s.running == nil {
		return false
	}
	line := rec.Line
	f := s.running.reader
	if f == nil || f.next == nil || s.running.csv.names != nil || len(line) > maxLine || line[len(line)-1] <= '\r' {
		return false
	}
	if ev.Origin != &s.origin {
		ev.Origin = &s.origin
	}
	s.origin.File, s.origin.Line, s.origin.Digest = s.running.file, line, 0
	outcome, ok := f.next.NextLine(&s.running.Stream, line, ev, emit)
	if ok {
		s.counts[f.Source()][outcome]++
	}
	return ok
}

// offerMap reports whether a format has taken the map, and counts it if so.
func (s *Set) offerMap(m record.Value) bool {
	s.in.Fields, s.in.Line, s.in.Refused = m, nil, false
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

// try offers the record to one format. A format that claims the record and then
// does not know or not understand it leaves it to the others.
func (s *Set) try(f *formatReader) bool {
	if !f.Claims(&s.in) {
		return false
	}
	s.ev.Reset()
	s.ev.Source, s.ev.Time = f.Source(), s.in.Time
	s.origin.File, s.origin.Line, s.origin.Digest, s.origin.Locate = s.at.file, s.in.Line, 0, nil
	if s.in.Line == nil && !s.origin.Placed {
		s.origin.Locate = s.locate
	}
	s.in.Reason = format.NoReason
	switch outcome := f.Decode(&s.in, &s.ev, s.emit); outcome {
	case format.Unknown:
		return false
	case format.Malformed:
		s.misread(f.Source(), &s.in)
		return false
	default:
		s.counts[f.Source()][outcome]++
		return true
	}
}

// locateInMap fills in the file and the offset that a parsed record names beside its
// fields.
func (s *Set) locateInMap(o *event.Origin) {
	if !s.body.IsMap() {
		return
	}
	var found [len(wrapperNames)]record.Value
	wrapperKeys.Find(s.body, found[:])
	p := placeOf(found[:])
	if len(p.path) > 0 {
		o.File = event.FileName(p.path)
	}
	if p.offset.Present() {
		o.Offset, o.Placed = p.offset.Int()
	}
}

// follow makes the stream of the file that a record names that of the record, and keeps
// the offset. The files of one tag are distinguished so.
func (s *Set) follow(p place) {
	if len(p.path) > 0 {
		s.at = s.streams.get(s.tag, p.path)
		s.in.Stream = &s.at.Stream
	}
	if p.offset.Present() {
		s.origin.Offset, s.origin.Placed = p.offset.Int()
	}
}
