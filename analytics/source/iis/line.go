package iis

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"time"

	"redshank/analytics/ascii"
	"redshank/analytics/source/table"
	"redshank/analytics/timestamp"
)

// w3cRow is a line with the positions of its cells. It lives on the stack of one
// decode, and its cells are views into the record.
type w3cRow struct {
	text  []byte
	cells *w3cCells
}

// w3cCells are positions by slot, including slots for columns that are not used.
type w3cCells [32]span

type span struct{ from, to uint32 }

// get returns the cell of a slot; nil if the line has no such cell.
func (r *w3cRow) get(slot int) []byte {
	if c := r.cells[slot]; c.from < c.to {
		return r.text[c.from:c.to:c.to]
	}
	return nil
}

func (r *w3cRow) plausible() bool {
	return plausibleW3C(r.get(w3cStatus), r.get(w3cStem), r.get(w3cPort))
}

// w3cJoined is a row assembled from the cells of a map.
type w3cJoined struct {
	text  []byte
	cells w3cCells
}

func (j *w3cJoined) of(r *table.Row) w3cRow {
	j.text = j.text[:0]
	for slot, cell := range r {
		from := len(j.text)
		j.text = append(j.text, cell...)
		j.cells[slot] = span{uint32(from), uint32(len(j.text))}
	}
	return w3cRow{j.text, &j.cells}
}

// w3cLine splits the lines of a file at their spaces, from both ends up to the user
// agent. If the agent still contains a space, the line has more pieces than columns
// and is passed to align.
//
// It also remembers the beginning of the last line: date, time and server precede the
// method and are the same in all lines of a second, of which a busy server logs
// hundreds. Except for the time, they are the same all day.
type w3cLine struct {
	cells       w3cCells     // of the line that was cut last
	lead        []byte       // how a line began, with the space behind; empty: not known
	front, back table.Layout // the columns between lead and agent, and those behind the agent
	at          time.Time
	second      int64 // of at, within its day
	spaced      bool  // agents of this file come with spaces
}

// next splits a line that begins like the last one, except for the time of day. ok is
// false if the beginning differs or the line does not fit the columns.
func (w *w3cLine) next(line []byte) (r w3cRow, ok bool) {
	n := len(w.lead)
	ok = n > 0 && len(line) > n && (string(line[:n]) == string(w.lead) || w.tick(line)) && w.cut(line, n, w.front, w.back)
	r = w3cRow{line, &w.cells}
	return r, ok && r.plausible()
}

// Offsets of the time of day in a beginning that has a date and a time in seconds.
const clockFrom, clockTo = len("2026-01-01 "), len("2026-01-01 15:04:05")

// tick reports whether a line is of the same day and server as the last one, and if so
// advances to its time.
func (w *w3cLine) tick(line []byte) bool {
	n := len(w.lead)
	if string(line[:clockFrom]) != string(w.lead[:clockFrom]) || string(line[clockTo:n]) != string(w.lead[clockTo:]) {
		return false
	}
	second, ok := timestamp.Seconds(line[clockFrom:clockTo])
	if ok {
		w.at = w.at.Add(time.Duration(second-w.second) * time.Second)
		w.second = second
		copy(w.lead[clockFrom:], line[clockFrom:clockTo])
	}
	return ok
}

// read splits any line by the layout of its header, and reports whether the line fits.
func (w *w3cLine) read(line []byte, known table.Layout) (r w3cRow, ok bool) {
	w.lead, w.cells = w.lead[:0], w3cCells{}
	agent := bytes.IndexByte(known, w3cAgent)
	ok = agent >= 0 && w.cut(line, 0, known[:agent], known[agent+1:])
	r = w3cRow{line, &w.cells}
	return r, ok && r.plausible()
}

// maxLead bounds the remembered beginning of a line, in bytes.
const maxLead = 256

// remember stores the beginning of a line that read has split. at is the time of the
// line and second its second of the day.
func (w *w3cLine) remember(line []byte, known table.Layout, at time.Time, second int64) {
	method, agent := bytes.IndexByte(known, w3cMethod), bytes.IndexByte(known, w3cAgent)
	n := int(w.cells[w3cMethod].from)
	dated := w.cells[w3cDate] == span{0, uint32(clockFrom) - 1} && w.cells[w3cTime] == span{uint32(clockFrom), uint32(clockTo)}
	if method >= 2 && method < agent && known[0] == w3cDate && known[1] == w3cTime && dated && n <= maxLead {
		w.lead, w.front, w.back = append(w.lead, line[:n]...), known[method:agent], known[agent+1:]
		w.at, w.second = at, second
	}
}

// forget discards the remembered beginning, so that the next line is split completely.
func (w *w3cLine) forget() { w.lead = w.lead[:0] }

// cut splits a line whose front columns begin at start.
func (w *w3cLine) cut(line []byte, start int, front, back table.Layout) bool {
	from := w.cutFront(line, start, front)
	if from < 0 {
		return false
	}
	to := w.cutBack(line, from, back)
	for from < to && line[from] == ' ' {
		from++
	}
	for from < to && line[to-1] == ' ' {
		to--
	}
	w.cells[w3cAgent] = span{uint32(from), uint32(to)}
	return from < to && bytes.IndexByte(line[from:to], ' ') < 0 // see align
}

// cutFront splits off the columns of l, starting at start, and returns the offset of
// the rest, or -1 if the line has fewer columns. A run of spaces counts as one space,
// since an empty value is written as a dash. Most columns end within eight bytes, so
// an inline search is cheaper than a call.
func (w *w3cLine) cutFront(line []byte, start int, l table.Layout) (rest int) {
	for n := 0; n < len(l); {
		if start+8 > len(line) {
			return -1 // no room for an agent and what is behind it
		}
		end := start + 8
		if found := ascii.First(binary.LittleEndian.Uint64(line[start:]), ' '); found != 0 {
			end = start + bits.TrailingZeros64(found)>>3
		} else if more := bytes.IndexByte(line[end:], ' '); more >= 0 {
			end += more
		} else {
			return -1
		}
		if end > start {
			w.cells[l[n]%32] = span{uint32(start), uint32(end)}
			n++
		}
		start = end + 1
	}
	return start
}

// cutBack splits off the columns of l from the end of the line, and returns the end of
// the part before them, or -1 if they would extend before from.
func (w *w3cLine) cutBack(line []byte, from int, l table.Layout) (rest int) {
	n, end := len(l), len(line)
	for at := end - 8; at >= 0 && at+8 > from && n > 0; at -= 8 {
		for found := ascii.Equal(binary.LittleEndian.Uint64(line[at:]), ' '); found != 0; {
			last := bits.Len64(found) - 1
			start := at + last>>3 + 1
			if start <= from {
				return -1
			}
			if start < end {
				n--
				w.cells[l[n]%32] = span{uint32(start), uint32(end)}
			}
			if end = start - 1; n == 0 {
				return end
			}
			found &^= 1 << last
		}
	}
	if n > 0 {
		return -1
	}
	return end
}

// unquoted returns a cell without the quotes that Advanced Logging writes around it.
func unquoted(cell []byte) []byte {
	if n := len(cell); n >= 2 && cell[0] == '"' && cell[n-1] == '"' {
		return cell[1 : n-1]
	}
	return cell
}
