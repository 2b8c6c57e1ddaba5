package source

import (
	"bytes"
	"strings"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/event"
	"redshank/analytics/record"
)

// CSV exports of Purview and Log Analytics, tailed line by line: the header
// line is remembered for its stream, and each row is opened as a map of its
// cells. A cell with line breaks in it comes as several lines, none of which
// is a row: the first and the rest are malformed. Such exports have to be
// read whole by whoever collects them.

const (
	maxColumns    = 512
	maxCSVHeader  = 32 << 10 // bytes
	utcColumnMark = " [UTC]" // Log Analytics puts it behind the names of times
)

// csvHeaders are column names, each of which only one kind of export has.
var csvHeaders = [...][]byte{
	[]byte("AuditData"), []byte("OfficeWorkload"), []byte("UserPrincipalName"), []byte("SignInActivityId"),
}

// openRow takes the line if it is the header or a row of a CSV export.
func (s *Set) openRow(line []byte, depth int) bool {
	if names := csvHeader(line); names != nil {
		s.in.Stream.csv = names
		s.in.Stream.headline(event.SourceUnknown, line)
		s.leaf(Ignored)
		return true
	}
	if s.in.Stream.csv == nil || len(line) > maxJSON {
		return false
	}
	row, ok := s.scratch.row(s.in.Stream.csv, line)
	if ok {
		s.open(row, depth+1)
	}
	return ok
}

// csvHeader is the columns that line names, nil where it is no header. Rows
// of most logs begin with a digit, which settles it.
func csvHeader(line []byte) []string {
	if len(line) > maxCSVHeader || line[0] < 'A' && line[0] != '"' {
		return nil
	}
	for _, want := range csvHeaders {
		at := bytes.Index(line, want)
		if at >= 0 && bytes.IndexByte(line, '{') < 0 && cellEnds(line[at+len(want):]) {
			return columnNames(line)
		}
	}
	return nil
}

// cellEnds keeps a word inside a sentence from making a header of it.
func cellEnds(rest []byte) bool { return len(rest) == 0 || rest[0] == ',' || rest[0] == '"' }

// columnNames copies the names: they are kept for the stream's life.
func columnNames(line []byte) (names []string) {
	for rest, more := line, true; more && len(names) < maxColumns; {
		var c cell
		if c, rest, more = nextCell(rest); !c.whole {
			return nil
		}
		names = append(names, strings.TrimSuffix(string(c.text), utcColumnMark))
	}
	return names
}

// cell is one field of a CSV row. text is without the outer quotes; doubled
// counts the quotes in it that stand doubled.
type cell struct {
	text    []byte
	doubled int
	whole   bool // false: its closing quote is not on this line
}

// nextCell cuts the first cell off row; more tells whether another follows.
func nextCell(row []byte) (c cell, rest []byte, more bool) {
	if len(row) == 0 || row[0] != '"' {
		end := bytes.IndexByte(row, ',')
		if end < 0 {
			return cell{text: row, whole: true}, nil, false
		}
		return cell{text: row[:end], whole: true}, row[end+1:], true
	}
	row = row[1:]
	for at := 0; ; {
		quote := bytes.IndexByte(row[at:], '"')
		if quote < 0 {
			return cell{text: row}, nil, false
		}
		at += quote
		if at+1 == len(row) || row[at+1] == ',' {
			c.text, c.whole = row[:at], true
			return c, row[min(at+2, len(row)):], at+1 < len(row)
		}
		if row[at+1] != '"' {
			return cell{text: row}, nil, false
		}
		c.doubled++
		at += 2
	}
}

// row transcodes a CSV row into a map of its filled cells by column name. It
// fails where the row has not exactly the columns of the header.
func (s *scratch) row(names []string, line []byte) (record.Value, bool) {
	filled, cells := 0, 0
	for rest, more := line, true; more; cells++ {
		var c cell
		if c, rest, more = nextCell(rest); !c.whole || cells == len(names) {
			return nil, false
		}
		if len(c.text) > 0 {
			filled++
		}
	}
	if cells != len(names) {
		return nil, false
	}
	start := len(s.buf)
	s.buf = msgp.AppendMapHeader(s.buf, uint32(filled))
	for i, rest := 0, line; i < cells; i++ {
		var c cell
		if c, rest, _ = nextCell(rest); len(c.text) > 0 {
			s.buf = msgp.AppendString(s.buf, names[i])
			s.buf = appendCell(s.buf, c)
		}
	}
	return record.Value(s.buf[start:]), true
}

// appendCell writes a cell as a string, with doubled quotes made single. Its
// length is known before, so it is written once and in place. A cell with
// quotes goes in as bin, whose header is easier to write; Bytes reads both.
func appendCell(dst []byte, c cell) []byte {
	if c.doubled == 0 {
		return msgp.AppendStringFromBytes(dst, c.text)
	}
	dst = msgp.AppendBytesHeader(dst, uint32(len(c.text)-c.doubled))
	for text := c.text; len(text) > 0; {
		quote := bytes.IndexByte(text, '"')
		if quote < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:quote+1]...)
		text = text[min(quote+2, len(text)):]
	}
	return dst
}
