package source

import (
	"bytes"
	"time"

	"redshank/analytics/event"
)

// exchangeLog is what the CSV logs of Exchange have in common: a #Fields line
// that may come a second time without the mark, cells with quotes doubled,
// and files that go on without a header after a restart.
type exchangeLog struct {
	of      event.Source
	columns *columns
	usual   layout                 // of lines without a header
	fits    func(rest []byte) bool // tells a line by what follows its time and comma
}

func (l *exchangeLog) source() event.Source { return l.of }

// claims looks at the shape of a line, not at the header of its file: files
// get glued together, and one collector may tail several under one tag.
func (l *exchangeLog) claims(in *Input) bool {
	if in.Fields.Present() {
		return l.columns.claims(in.Fields)
	}
	if rest := afterTime(in.Line); rest != nil {
		return l.fits(rest)
	}
	return l.header(in.Line) != nil || isPreamble(in.Line)
}

// isPreamble tells the lines that stand before the columns in every log of
// Exchange, whichever it is. They say nothing.
func isPreamble(line []byte) bool {
	return len(line) > 0 && line[0] == '#' && (begins(line, "#software: microsoft exchange") || begins(line, "#log-type:") ||
		begins(line, "#version: 15.") || begins(line, "#date: ") && len(line) > 17 && line[17] == 'T')
}

// header is the layout of a header line of this log, nil for any other line.
func (l *exchangeLog) header(line []byte) layout {
	names := headerNames(line)
	if names == nil && len(line) > 0 && line[0]|0x20 >= 'a' && l.plainHeader(line) {
		names = line
	}
	if names == nil {
		return nil
	}
	found := l.columns.header(names, ',')
	var seen uint32
	for _, s := range found {
		if s != unread {
			seen |= 1 << s
		}
	}
	if seen&l.columns.sign != l.columns.sign {
		return nil
	}
	return found
}

// plainHeader tells a header without its mark by its first name: that of the
// column with the time.
func (l *exchangeLog) plainHeader(line []byte) bool {
	end := bytes.IndexByte(line, ',')
	return end > 0 && end <= maxName && l.columns.find(line[:end]) == exchangeTime
}

// exchangeTime is the slot of the time in all of these logs.
const exchangeTime = 0

// open fills r and the time of ev. The outcome is Understood where there is a
// row to go on with.
func (l *exchangeLog) open(in *Input, ev *event.Event, r *row) Outcome {
	o := l.cut(in, ev, r)
	if o == Understood {
		setTime(ev, r)
	}
	return o
}

// setTime is apart for logs of which few rows say anything. Where the row has no
// time the record's own stays.
func setTime(ev *event.Event, r *row) {
	if t, ok := exchangeTimestamp(r[exchangeTime]); ok {
		ev.Time = t
	}
}

// cut is open but for the time.
func (l *exchangeLog) cut(in *Input, ev *event.Event, r *row) Outcome {
	switch {
	case in.Fields.Present():
		l.columns.open(in.Fields, ev, r)
	case afterTime(in.Line) == nil:
		if found := l.header(in.Line); found != nil && in.Stream != nil {
			in.Stream.columns[l.of] = found
			in.Stream.headline(l.of, in.Line)
		}
		return Ignored
	default:
		known := l.usual
		if in.Stream != nil && in.Stream.columns[l.of] != nil {
			known = in.Stream.columns[l.of]
		}
		known.cells(in.Line, r)
	}
	ev.Time = in.Time
	return Understood
}

// cells cuts a CSV row into r as l says. Cells keep their doubled quotes; a
// quote that nothing closes runs to the end of the line. Rows may be short.
func (l layout) cells(line []byte, r *row) {
	more := true
	for i := 0; i < len(l) && more; i++ {
		var text []byte
		text, line, more = cutCell(line)
		if slot := l[i]; slot < slots {
			r[slot] = text
		}
	}
}

// cutCell is nextCell for who does not ask whether a cell is whole.
func cutCell(line []byte) (text, rest []byte, more bool) {
	if len(line) > 0 && line[0] == '"' {
		c, rest, more := nextCell(line)
		return c.text, rest, more
	}
	end := bytes.IndexByte(line, ',')
	if end < 0 {
		return line, nil, false
	}
	return line[:end:end], line[end+1:], true
}

// single is b with doubled quotes written once, in ev's own memory, and cut
// at max bytes.
func single(b []byte, ev *event.Event, max int) []byte {
	b = capped(b, max)
	if bytes.IndexByte(b, '"') < 0 {
		return b
	}
	b = ev.Hold(b)
	n := 0
	for i := 0; i < len(b); i++ {
		b[n] = b[i]
		n++
		if b[i] == '"' && i+1 < len(b) && b[i+1] == '"' {
			i++
		}
	}
	return b[:n]
}

// afterTime is what follows the time and the comma at the beginning of a row,
// nil where line does not begin with an ISO 8601 time.
func afterTime(line []byte) []byte {
	if len(line) < 21 || !isDate(line[:10]) || line[10] != 'T' || !isClock(line[11:19]) {
		return nil
	}
	for i := 19; i < len(line) && i < 36; i++ {
		if line[i] == ',' {
			return line[i+1:]
		}
	}
	return nil
}

// exchangeTimestamp reads the times of these logs, and leaves every other
// spelling (a parser in between has its own) to parseTime.
func exchangeTimestamp(b []byte) (time.Time, bool) {
	if len(b) < 20 || b[10] != 'T' || b[len(b)-1] != 'Z' {
		return parseTime(b)
	}
	day, isDay := daysOf(b[:10])
	second, isSecond := secondsOf(b[11:19])
	if !isDay || !isSecond {
		return time.Time{}, false
	}
	var nanos int64
	scale := int64(100_000_000)
	for _, c := range b[19 : len(b)-1] {
		if digit(c) {
			nanos += int64(c-'0') * scale
			scale /= 10
		}
	}
	return time.Unix(day*secondsOfDay+second, nanos).UTC(), true
}

// cellAt is cell i of a row, counted from 0.
func cellAt(row []byte, i int) []byte {
	for more := true; more; i-- {
		var text []byte
		if text, row, more = cutCell(row); i == 0 {
			return text
		}
	}
	return nil
}

// isRequestID tells the GUID that HttpProxy, EWS and audit rows carry.
func isRequestID(b []byte) bool {
	return len(b) == 36 && b[8] == '-' && b[13] == '-' && b[18] == '-' && b[23] == '-'
}

// isSessionID tells the sixteen hexadecimal digits of a protocol session.
func isSessionID(b []byte) bool {
	for _, c := range b {
		if unhex(c) > 15 {
			return false
		}
	}
	return len(b) == 16
}

// host is an endpoint without its port, whatever way it is written.
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

// port is the port of an endpoint, nil where it has none.
func port(endpoint []byte) []byte {
	at := bytes.LastIndexByte(endpoint, ':')
	if at < 0 || at > 0 && endpoint[0] != '[' && bytes.IndexByte(endpoint, ':') != at {
		return nil
	}
	return endpoint[at+1:]
}
