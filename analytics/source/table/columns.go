package table

import (
	"bytes"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/record"
)

// A text log names its columns in a header line, in an order of its own, and
// a parser in front of Redshank hands the same columns over as the keys of a
// map, spelt its own way. Both end as a row, so that each format is written
// once, over the columns it reads.

// Row holds the columns a format reads, by the format's own numbering. The
// cells are views into the record; a row lives on the stack of one decode.
type Row [Slots][]byte

const (
	Slots    = 24  // most columns that one format reads
	Unread   = 255 // stands in a layout for a column that is not read
	maxNames = 256 // most columns of a header that are read
	MaxName  = 32  // longest folded name of a column that is known, in bytes
)

// Layout is the slot of each column of a line, in the order of the columns.
type Layout []uint8

// Columns are the names of the columns that a format reads.
type Columns struct {
	slot map[string]ranked // by folded name
	Sign uint32            // slots that a map must have to be of this format, as bits
}

// ranked is a slot, and in its upper half the position of a name among the spellings of the
// slot.
type ranked uint16

// NewColumns prepares columns: names[i] lists the folded spellings of slot i, the best first.
// A map is of this format if it has all the slots in sign.
func NewColumns(names [][]string, sign ...uint8) *Columns {
	c := &Columns{slot: make(map[string]ranked, 2*len(names))}
	for i, spellings := range names {
		for rank, name := range spellings {
			c.slot[name] = ranked(rank<<8 | i)
		}
	}
	for _, s := range sign {
		c.Sign |= 1 << s
	}
	return c
}

// Find returns the slot of the column called name, in any spelling that differs in
// case and punctuation only: cs(User-Agent), cs_user_agent, csUserAgent.
func (c *Columns) Find(name []byte) uint8 { return uint8(c.find(name)) }

func (c *Columns) find(name []byte) ranked {
	var folded [MaxName]byte
	n := 0
	for _, b := range name {
		if b-'A' <= 'Z'-'A' {
			b |= 0x20
		} else if b-'a' > 'z'-'a' && !ascii.IsDigit(b) {
			continue
		}
		if n == MaxName {
			return Unread
		}
		folded[n] = b
		n++
	}
	if s, ok := c.slot[string(folded[:n])]; ok {
		return s
	}
	return Unread
}

// Header returns the layout that a list of names asks for. Of two columns for one slot the
// one with the better name is read: the address of the client is c-ip, and Client-IP a
// header that anybody can set. Header allocates: a file has few headers.
func (c *Columns) Header(names []byte, separator byte) Layout {
	var l Layout
	var read [Slots]struct{ at, rank int } // at is counted from 1
	for len(names) > 0 && len(l) < maxNames {
		name, rest, _ := bytes.Cut(names, []byte{separator})
		if names = rest; len(name) == 0 {
			continue
		}
		found := c.find(name)
		s, rank := uint8(found), int(found>>8)
		if s != Unread {
			switch was := &read[s]; {
			case was.at > 0 && was.rank <= rank:
				s = Unread
			case was.at > 0:
				l[was.at-1] = Unread
				fallthrough
			default:
				was.at, was.rank = len(l)+1, rank
			}
		}
		l = append(l, s)
	}
	return l
}

// Claims reports whether the map m has the columns that make it of this format.
func (c *Columns) Claims(m record.Value) bool { return c.Seen(m)&c.Sign == c.Sign }

// Seen returns the slots of the columns of a map, as bits.
func (c *Columns) Seen(m record.Value) (seen uint32) {
	for key := range m.All() {
		if s := c.Find(key); s != Unread {
			seen |= 1 << s
		}
	}
	return seen
}

// Open fills r from a map. Of a column that comes in two spellings the better one
// counts: collectors add a time of their own. Cells that are not text are written out
// into ev.
func (c *Columns) Open(m record.Value, ev *event.Event, r *Row) {
	var best [Slots]uint8
	for key, field := range m.All() {
		found := c.find(key)
		s, rank := uint8(found), uint8(found>>8)
		if s == Unread || r[s] != nil && rank >= best[s] {
			continue
		}
		best[s] = rank
		if r[s] = field.Bytes(); r[s] == nil && field.Present() {
			var number [MaxName]byte
			r[s] = ev.Hold(field.AppendText(number[:0]))
		}
	}
}

// Cell is one column of a map, where the rest of it does not matter.
func (c *Columns) Cell(m record.Value, slot uint8) []byte {
	for key, field := range m.All() {
		if c.Find(key) == slot {
			return field.Bytes()
		}
	}
	return nil
}

// Given returns a cell, or nothing where the log wrote a dash for it.
func Given(cell []byte) []byte {
	if len(cell) == 1 && cell[0] == '-' {
		return nil
	}
	return cell
}

// HeaderNames returns what follows the "#Fields:" or "# Fields:" of a header
// line, nil if line is no header.
func HeaderNames(line []byte) []byte {
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

// FoldName returns the name of a column as names are compared: lower case, without
// punctuation.
func FoldName(name string) string {
	var folded []byte
	for _, b := range []byte(name) {
		if b = ascii.Lower(b); b-'a' <= 'z'-'a' || ascii.IsDigit(b) {
			folded = append(folded, b)
		}
	}
	return string(folded)
}
