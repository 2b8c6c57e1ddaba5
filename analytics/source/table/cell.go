package table

import (
	"bytes"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
)

// Cell is one field of a CSV row.
type Cell struct {
	Text    []byte // without the outer quotes
	doubled int    // how many quotes in Text stand doubled
	Whole   bool   // false: the closing quote is not on this line
}

// NextCell splits the first cell off a row, and reports whether another cell follows.
func NextCell(row []byte, separator byte) (c Cell, rest []byte, more bool) {
	if len(row) == 0 || row[0] != '"' {
		end := bytes.IndexByte(row, separator)
		if end < 0 {
			return Cell{Text: row, Whole: true}, nil, false
		}
		return Cell{Text: row[:end], Whole: true}, row[end+1:], true
	}
	row = row[1:]
	for at := 0; ; {
		quote := bytes.IndexByte(row[at:], '"')
		if quote < 0 {
			return Cell{Text: row}, nil, false
		}
		at += quote
		if at+1 == len(row) || row[at+1] == separator {
			c.Text, c.Whole = row[:at], true
			return c, row[min(at+2, len(row)):], at+1 < len(row)
		}
		if row[at+1] != '"' {
			return Cell{Text: row}, nil, false
		}
		c.doubled++
		at += 2
	}
}

// AppendCell appends a cell as msgpack, with doubled quotes made single. Its length
// is known before, so that the text is written once and in place. A cell with
// quotes becomes a bin, whose header is easier to write; Value.Bytes reads both.
func AppendCell(dst []byte, c Cell) []byte {
	if c.doubled == 0 {
		return msgp.AppendStringFromBytes(dst, c.Text)
	}
	dst = msgp.AppendBytesHeader(dst, uint32(len(c.Text)-c.doubled))
	for text := c.Text; len(text) > 0; {
		quote := bytes.IndexByte(text, '"')
		if quote < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:quote+1]...)
		text = text[min(quote+2, len(text)):]
	}
	return dst
}

// Cells cuts a CSV row into r as l says. Cells keep their doubled quotes; a
// quote that nothing closes runs to the end of the line. Rows may be short.
func (l Layout) Cells(line []byte, r *Row) {
	more := true
	for i := 0; i < len(l) && more; i++ {
		var text []byte
		text, line, more = CutCell(line)
		if slot := l[i]; slot < Slots {
			r[slot] = text
		}
	}
}

// CutCell is NextCell for comma-separated cells of which it does not matter whether
// they are whole.
func CutCell(line []byte) (text, rest []byte, more bool) {
	if len(line) > 0 && line[0] == '"' {
		c, rest, more := NextCell(line, ',')
		return c.Text, rest, more
	}
	end := bytes.IndexByte(line, ',')
	if end < 0 {
		return line, nil, false
	}
	return line[:end:end], line[end+1:], true
}

// CellAt returns cell i of a row, counted from 0; nil if the row is shorter.
func CellAt(row []byte, i int) []byte {
	for more := true; more; i-- {
		var text []byte
		if text, row, more = CutCell(row); i == 0 {
			return text
		}
	}
	return nil
}

// Single returns b with doubled quotes written once, in ev's own memory, and cut at
// max bytes.
func Single(b []byte, ev *event.Event, max int) []byte {
	b = ascii.Clip(b, max)
	if bytes.IndexByte(b, '"') < 0 {
		return b
	}
	b = ev.Hold(b)
	return AppendSingle(b[:0], b)
}

// AppendSingle appends b to dst with doubled quotes written once. dst may be the
// beginning of b.
func AppendSingle(dst, b []byte) []byte {
	for i := 0; i < len(b); i++ {
		dst = append(dst, b[i])
		if b[i] == '"' && i+1 < len(b) && b[i+1] == '"' {
			i++
		}
	}
	return dst
}
