package source

import (
	"bytes"

	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

const (
	// maxNesting is how many wrappers may stand around a record: Kafka, an
	// Event Hub batch, a collector's own and JSON in a string.
	maxNesting = 4
	// maxLine is the longest raw line that is read, in bytes.
	maxLine = 256 << 10
	// fewFields is how many fields a wrapper may have. A record with more is
	// offered to the formats first: it is most likely the thing itself, and
	// one look at its fields is saved.
	fewFields = 16
	// bareFields is how many a raw line's record has where no filter has
	// added to it: the line, its path, its offset.
	bareFields = 3
)

// open finds the records inside v and decodes them. What was transcoded on
// the way is given back: nothing that emit got may be used after it.
func (s *Set) open(v record.Value, depth int) {
	mark := len(s.scratch.Buf)
	switch {
	case depth > maxNesting:
		s.leaf(format.Malformed)
	case v.IsMap():
		s.openMap(v, depth)
	case v.IsArray():
		s.openList(v, depth)
	default:
		if text := v.Bytes(); text == nil || !s.openText(text, depth) {
			s.leaf(format.Unknown)
		}
	}
	s.scratch.Release(mark)
	s.index.Forget()
}

// openList decodes the elements of a batch. Maps in it stand no deeper than
// the batch does, lists in lists do: their nesting is the sender's to choose.
func (s *Set) openList(list record.Value, depth int) {
	empty := true
	for item := range list.Items() {
		empty = false
		if item.IsMap() {
			s.open(item, depth)
		} else {
			s.open(item, depth+1)
		}
	}
	if empty {
		s.leaf(format.Ignored)
	}
}

// openMap decodes a map: a record as it is, a wrapper, or one with a text in
// it. A wrapper goes before the formats where the map is small, since the
// columns around AuditData look like an audit record themselves.
func (s *Set) openMap(m record.Value, depth int) {
	fields := m.Len()
	if fields <= bareFields {
		if line, path := plainLine(m); line != nil {
			s.follow(path)
			if depth == 0 && len(s.line) > 0 && &s.line[0] == &line[0] {
				s.running = s.at
			}
			s.openEither(m, line, fields, depth)
			return
		}
	}
	many := fields > fewFields
	if many && s.offerMap(m) {
		return
	}
	var found [len(wrapperNames)]record.Value
	s.in.Fields = m
	if s.in.Values(wrapperKeys, false, found[:]) > 0 {
		if inner := wrapped(found[:]); inner.Present() {
			s.open(inner, depth+1)
			return
		}
		if line := rawLine(found[:]); line != nil {
			s.setPath(found[:])
			s.openEither(m, line, fields, depth)
			return
		}
	}
	if many || !s.offerMap(m) {
		s.leaf(format.Unknown)
	}
}

// plainLine is the line of a record as in_tail makes it, and the path of its
// file: the common case, at half the cost of looking for all wrappers. line is
// nil where there is any other field.
func plainLine(m record.Value) (line, path []byte) {
	c := m.Fields()
	for key, field, ok := c.Next(); ok; key, field, ok = c.Next() {
		text := field.Bytes()
		switch {
		case string(key) == "log" && line == nil && len(text) > 0:
			line = text
		case string(key) == "path" && path == nil && text != nil:
			path = text
		default:
			return nil, nil
		}
	}
	return line, path
}

// openEither decodes a map that has a text which may be the record itself, or
// only one of its fields (the rendered message of a Windows event).
func (s *Set) openEither(m record.Value, line []byte, fields int, depth int) {
	first := fields <= bareFields || s.at.lines || bytes.HasPrefix(line, []byte("{"))
	switch {
	case first && s.openText(line, depth+1):
	case fields <= fewFields && s.offerMap(m):
	case !first && s.openText(line, depth+1):
	default:
		s.leaf(format.Unknown)
	}
}

// openText decodes a text, JSON or a raw line, and tells whether that led to
// anything that has been counted.
func (s *Set) openText(text []byte, depth int) bool {
	text = trim(text)
	if len(text) == 0 {
		s.leaf(format.Ignored)
		return true
	}
	switch text[0] {
	case '{':
		if !s.openJSON(text, depth) {
			s.leaf(format.Malformed)
		}
		return true
	case '[': // a list, or a line that begins with a time in brackets
		inner := bytes.TrimLeft(text[1:], " \t\r\n")
		if len(inner) > 0 && (inner[0] == '{' || inner[0] == ']') && s.openJSON(text, depth) {
			return true
		}
	}
	return s.openLine(text, depth)
}

// openJSON decodes JSON values that stand one behind the other; false if not
// even the first is one. What cannot be read behind it is one more record.
func (s *Set) openJSON(text []byte, depth int) bool {
	v, rest, err := s.scratch.Json(text)
	if err != nil {
		return false
	}
	for {
		s.open(v, depth)
		if len(rest) == 0 {
			return true
		}
		if v, rest, err = s.scratch.Json(rest); err != nil {
			s.leaf(format.Malformed)
			return true
		}
	}
}

// openLine decodes a raw line and tells whether that has been counted. The
// limit is for lines only: audit records as JSON, and as cells of a CSV row,
// are longer and have their own.
func (s *Set) openLine(line []byte, depth int) bool {
	if s.openRow(line, depth) {
		return true
	}
	if len(line) > maxLine {
		s.leaf(format.Malformed)
		return true
	}
	if s.offerLine(line) {
		return true
	}
	if s.at.csv != nil { // the rest of a cell with line breaks in it
		s.leaf(format.Malformed)
		return true
	}
	return false
}

// setPath tells files of one tag apart, where the record names its file.
func (s *Set) setPath(found []record.Value) {
	var path []byte
	for _, slot := range pathSlots {
		if named := found[slot].Bytes(); len(named) > 0 {
			path = named
		}
	}
	if file := found[slotLog].Get("file"); file.Present() {
		path = file.Get("path").Bytes()
	}
	s.follow(path)
}

// follow takes up the stream of a file.
func (s *Set) follow(path []byte) {
	if len(path) > 0 {
		s.at = s.streams.get(s.in.Tag, path)
		s.in.Stream = &s.at.Stream
	}
}

// padding is what stands around a line and is not of it: NULs that IIS
// allocates ahead, and line ends.
const padding = "\x00\r\n"

var byteOrderMark = []byte("\xef\xbb\xbf")

// trim cuts padding and a byte order mark off. White space before a line is
// kept, as some formats have it; JSON is found behind it.
func trim(text []byte) []byte {
	if n := len(text); n > 0 && text[0] > '\r' && text[n-1] > '\r' && text[0] != byteOrderMark[0] && text[0] != ' ' {
		return text // nearly every line: bytes.Trim makes a set of its own each time
	}
	text = bytes.Trim(text, padding)
	text = bytes.TrimPrefix(text, byteOrderMark)
	if len(text) > 0 && text[0] == ' ' {
		if inner := bytes.TrimLeft(text, " \t"); len(inner) > 0 && (inner[0] == '{' || inner[0] == '[') {
			return inner
		}
	}
	return text
}
