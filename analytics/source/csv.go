package source

import (
	"bytes"
	"strings"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/event"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
	"redshank/analytics/source/table"
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
		s.at.csv = names
		s.at.Headline(event.SourceUnknown, line)
		s.leaf(format.Ignored)
		return true
	}
	if s.at.csv == nil || len(line) > format.MaxJSON {
		return false
	}
	row, ok := csvRow(&s.scratch, s.at.csv, line)
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
		var c table.Cell
		if c, rest, more = table.NextCell(rest); !c.Whole {
			return nil
		}
		names = append(names, strings.TrimSuffix(string(c.Text), utcColumnMark))
	}
	return names
}

// row transcodes a CSV row into a map of its filled cells by column name. It
// fails where the row has not exactly the columns of the header.
func csvRow(s *format.Scratch, names []string, line []byte) (record.Value, bool) {
	filled, cells := 0, 0
	for rest, more := line, true; more; cells++ {
		var c table.Cell
		if c, rest, more = table.NextCell(rest); !c.Whole || cells == len(names) {
			return nil, false
		}
		if len(c.Text) > 0 {
			filled++
		}
	}
	if cells != len(names) {
		return nil, false
	}
	start := len(s.Buf)
	s.Buf = msgp.AppendMapHeader(s.Buf, uint32(filled))
	for i, rest := 0, line; i < cells; i++ {
		var c table.Cell
		if c, rest, _ = table.NextCell(rest); len(c.Text) > 0 {
			s.Buf = msgp.AppendString(s.Buf, names[i])
			s.Buf = table.AppendCell(s.Buf, c)
		}
	}
	return record.Value(s.Buf[start:]), true
}
