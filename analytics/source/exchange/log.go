package exchange

import (
	"bytes"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/source/format"
	"redshank/analytics/source/table"
	"redshank/analytics/timestamp"
)

// exchangeLog is the common part of the formats for the CSV logs of Exchange: a
// #Fields line that may be repeated without the mark, cells with doubled quotes,
// and files that continue without a header after a restart.
type exchangeLog struct {
	of      event.Source
	columns *table.Columns
	usual   table.Layout           // of lines without a header
	fits    func(rest []byte) bool // reports whether the text after time and comma is of this log
}

// Source is the log that the format reads.
func (l *exchangeLog) Source() event.Source { return l.of }

// Claims reports whether a line has the shape of a row of this log. It ignores
// the header of the file: files may be concatenated, and one collector may tail
// several files under one tag.
func (l *exchangeLog) Claims(in *format.Input) bool {
	if in.Fields.Present() {
		return l.columns.Claims(in.Fields)
	}
	if rest := afterTime(in.Line); rest != nil {
		return l.fits(rest)
	}
	return l.header(in.Line) != nil || isPreamble(in.Line)
}

// isPreamble reports whether line is one of the lines before the columns, which
// are the same in every log of Exchange and carry no event.
func isPreamble(line []byte) bool {
	return len(line) > 0 && line[0] == '#' && (ascii.HasPrefix(line, "#software: microsoft exchange") || ascii.HasPrefix(line, "#log-type:") ||
		ascii.HasPrefix(line, "#version: 15.") || ascii.HasPrefix(line, "#date: ") && len(line) > 17 && line[17] == 'T')
}

// header returns the layout of a header line of this log, or nil for any other line.
func (l *exchangeLog) header(line []byte) table.Layout {
	names := table.HeaderNames(line)
	if names == nil && len(line) > 0 && line[0]|0x20 >= 'a' && l.plainHeader(line) {
		names = line
	}
	if names == nil {
		return nil
	}
	found := l.columns.Header(names, ',')
	var seen uint32
	for _, s := range found {
		if s != table.Unread {
			seen |= 1 << s
		}
	}
	if seen&l.columns.Sign != l.columns.Sign {
		return nil
	}
	return found
}

// plainHeader reports whether line is a header without its mark, that is, whether
// it begins with the name of the time column.
func (l *exchangeLog) plainHeader(line []byte) bool {
	end := bytes.IndexByte(line, ',')
	return end > 0 && end <= table.MaxName && l.columns.Find(line[:end]) == exchangeTime
}

// exchangeTime is the slot of the time in all of these logs.
const exchangeTime = 0

// open fills r and the time of ev. The outcome is Understood if the line is a row
// to decode.
func (l *exchangeLog) open(in *format.Input, ev *event.Event, r *table.Row) format.Outcome {
	o := l.cut(in, ev, r)
	if o == format.Understood {
		setTime(ev, r)
	}
	return o
}

// setTime sets the time of ev from the row. A row without a time keeps the time of
// the record. setTime is separate from cut because most rows of some logs are
// ignored and need no time.
func setTime(ev *event.Event, r *table.Row) {
	if t, ok := timestamp.Parse(r[exchangeTime]); ok {
		ev.Time = t
	}
}

// cut splits the line into r, as open does, without setting the time of ev.
func (l *exchangeLog) cut(in *format.Input, ev *event.Event, r *table.Row) format.Outcome {
	switch {
	case in.Fields.Present():
		l.columns.Open(in.Fields, ev, r)
	case afterTime(in.Line) == nil:
		if found := l.header(in.Line); found != nil && in.Stream != nil {
			in.Stream.Columns[l.of] = found
			in.Stream.Headline(l.of, in.Line)
		}
		return format.Ignored
	default:
		known := l.usual
		if in.Stream != nil && in.Stream.Columns[l.of] != nil {
			known = in.Stream.Columns[l.of]
		}
		known.Cells(in.Line, r)
	}
	ev.Time = in.Time
	return format.Understood
}

// afterTime returns the part of a row after the leading time and its comma, or nil
// if line does not begin with an ISO 8601 time.
func afterTime(line []byte) []byte {
	if len(line) < 21 || !timestamp.IsDate(line[:10]) || line[10] != 'T' || !timestamp.IsClock(line[11:19]) {
		return nil
	}
	for i := 19; i < len(line) && i < 36; i++ {
		if line[i] == ',' {
			return line[i+1:]
		}
	}
	return nil
}

// isSessionID reports whether b is the id of a protocol session, sixteen
// hexadecimal digits.
func isSessionID(b []byte) bool {
	for _, c := range b {
		if ascii.Hex(c) > 15 {
			return false
		}
	}
	return len(b) == 16
}

// host returns the address of an endpoint without its port, in any notation.
func host(endpoint []byte) []byte {
	if len(endpoint) > 0 && endpoint[0] == '[' {
		if end := bytes.IndexByte(endpoint, ']'); end > 0 {
			return endpoint[1:end]
		}
	}
	first, last := bytes.IndexByte(endpoint, ':'), bytes.LastIndexByte(endpoint, ':')
	if first < 0 || first != last {
		return endpoint
	}
	return endpoint[:first]
}

// port returns the port of an endpoint, or nil if the endpoint has no port.
func port(endpoint []byte) []byte {
	at := bytes.LastIndexByte(endpoint, ':')
	if at < 0 || at > 0 && endpoint[0] != '[' && bytes.IndexByte(endpoint, ':') != at {
		return nil
	}
	return endpoint[at+1:]
}
