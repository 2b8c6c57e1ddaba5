package source

import (
	"bytes"
	"encoding/binary"

	"redshank/analytics/event"
	"redshank/analytics/record"
)

// A text log names its columns in a header line, in an order of its own, and
// a parser in front of Redshank hands the same columns over as the keys of a
// map, spelt its own way. Both end as a row, so that each format is written
// once, over the columns it reads.

// row holds the columns a format reads, by the format's own numbering. The
// cells are views into the record; a row lives on the stack of one decode.
type row [slots][]byte

const (
	slots    = 24  // most columns that one format reads
	unread   = 255 // stands in a layout for a column that is not read
	maxNames = 256 // most columns of a header that are looked at
	maxName  = 32  // longest folded name of a column that is known, in bytes
)

// layout is the slot of each column of a line, in the order of the columns.
type layout []uint8

// columns are the names of the columns that a format reads.
type columns struct {
	slot map[string]uint8 // by folded name
	sign uint32           // slots that a map must have to be of this format, as bits
}

// newColumns prepares columns: names[i] lists the folded spellings of slot i.
// A map is of this format where it has all the slots in sign.
func newColumns(names [][]string, sign ...uint8) *columns {
	c := &columns{slot: make(map[string]uint8, 2*len(names))}
	for i, spellings := range names {
		for _, name := range spellings {
			c.slot[name] = uint8(i)
		}
	}
	for _, s := range sign {
		c.sign |= 1 << s
	}
	return c
}

// find is the slot of the column called name, in any spelling that differs in
// case and punctuation only: cs(User-Agent), cs_user_agent, csUserAgent.
func (c *columns) find(name []byte) uint8 {
	var folded [maxName]byte
	n := 0
	for _, b := range name {
		if b-'A' <= 'Z'-'A' {
			b |= 0x20
		} else if b-'a' > 'z'-'a' && !digit(b) {
			continue
		}
		if n == maxName {
			return unread
		}
		folded[n] = b
		n++
	}
	if s, ok := c.slot[string(folded[:n])]; ok {
		return s
	}
	return unread
}

// header is the layout that a list of names asks for. It allocates: a file
// has few headers.
func (c *columns) header(names []byte, separator byte) layout {
	var l layout
	for len(names) > 0 && len(l) < maxNames {
		name, rest, _ := bytes.Cut(names, []byte{separator})
		if names = rest; len(name) > 0 {
			l = append(l, c.find(name))
		}
	}
	return l
}

// claims tells whether the map m has the columns that make it of this format.
func (c *columns) claims(m record.Value) bool {
	var seen uint32
	for key := range m.All() {
		if s := c.find(key); s != unread {
			seen |= 1 << s
		}
	}
	return seen&c.sign == c.sign
}

// open fills r from a map. Of a column that comes in two spellings the first
// counts. Cells that are not text are written out into ev.
func (c *columns) open(m record.Value, ev *event.Event, r *row) {
	for key, field := range m.All() {
		s := c.find(key)
		if s == unread || r[s] != nil {
			continue
		}
		if r[s] = field.Bytes(); r[s] == nil && field.Present() {
			var number [maxName]byte
			r[s] = ev.Hold(field.AppendText(number[:0]))
		}
	}
}

// cell is one column of a map, where the rest of it does not matter.
func (c *columns) cell(m record.Value, slot uint8) []byte {
	for key, field := range m.All() {
		if c.find(key) == slot {
			return field.Bytes()
		}
	}
	return nil
}

// given is a cell, or nothing where the log wrote a dash for it.
func given(cell []byte) []byte {
	if len(cell) == 1 && cell[0] == '-' {
		return nil
	}
	return cell
}

// headerNames is what stands behind the "#Fields:" or "# Fields:" of a header
// line, nil where line is none.
func headerNames(line []byte) []byte {
	if len(line) == 0 || line[0] != '#' {
		return nil
	}
	line = bytes.TrimLeft(line[1:], " ")
	if rest, ok := bytes.CutPrefix(line, fieldsPrefix); ok {
		return bytes.Trim(rest, " \t,")
	}
	return nil
}

var fieldsPrefix = []byte("Fields:")

// same tells whether b is text, which is in lower case, whatever the case of b.
func same(b []byte, text string) bool {
	return len(b) == len(text) && begins(b, text)
}

// begins is same for the beginning of b. It compares eight bytes in one step,
// the last ones together with some of those before.
func begins(b []byte, text string) bool {
	if len(b) < len(text) {
		return false
	}
	if len(text) < 8 {
		return beginsShort(b, text)
	}
	for from := 0; from < len(text); from += 8 {
		const letter = 0x4040404040404040
		at := min(from, len(text)-8)
		want := wordOf(text[at : at+8])
		fold := want & (want << 1) & letter >> 1 // 0x20 where text has a letter
		if binary.LittleEndian.Uint64(b[at:])|fold != want {
			return false
		}
	}
	return true
}

func beginsShort(b []byte, text string) bool {
	for i := range len(text) {
		if folded(b[i]) != text[i] {
			return false
		}
	}
	return true
}

// folded is c in lower case.
func folded(c byte) byte {
	if c-'A' <= 'Z'-'A' {
		c |= 0x20
	}
	return c
}

// wordOf is the first eight bytes of text.
func wordOf(text string) uint64 {
	_ = text[7]
	return uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
		uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56
}

// holds tells whether text, which is in lower case, stands anywhere in b. It
// is meant for short b: it looks at every place.
func holds(b []byte, text string) bool {
	for ; len(b) >= len(text); b = b[1:] {
		if begins(b, text) {
			return true
		}
	}
	return false
}

// number is a decimal cell, -1 where it is none or beyond 32 bits.
func number(b []byte) int64 {
	if len(b) == 0 || len(b) > 10 {
		return -1
	}
	var n int64
	for _, c := range b {
		if !digit(c) {
			return -1
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// capped is b, cut at max bytes.
func capped(b []byte, max int) []byte { return b[:min(len(b), max)] }
