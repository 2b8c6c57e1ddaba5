package source

import (
	"bytes"

	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

const (
	// maxNesting is how many wrappers may stand around a record: Kafka, an Event
	// Hub batch, a collector's own maps, and JSON in strings in between.
	maxNesting = 10
	// maxVisits is how many values of one record are read while no format
	// has taken any.
	maxVisits = 96
	// maxLine is the longest raw line that is read, in bytes.
	maxLine = 256 << 10
	// fewFields is how many fields a wrapper has at most. A record with more is
	// offered to the formats first: it is most likely the log record itself, and
	// one look at its fields is saved.
	fewFields = 16
	// bareFields is how many fields a raw line's record has if no filter has
	// added any: the line, its path, its offset.
	bareFields = 3
)

// open finds the records inside v, decodes them, and reports whether a format has
// taken any. What was transcoded on the way is given back: nothing that emit got
// may be used after it.
func (s *Set) open(v record.Value, depth int) (taken bool) {
	if s.visits++; depth > maxNesting {
		s.fail(format.TooLarge)
		return false
	}
	if s.visits > maxVisits {
		return false
	}
	mark := len(s.scratch.Buf)
	switch {
	case v.IsMap():
		taken = s.openMap(v, depth)
	case v.IsArray():
		taken = s.openList(v, depth, depth == 0)
	default:
		if text := v.Bytes(); text != nil {
			taken = s.openText(text, depth)
		}
	}
	s.scratch.Release(mark)
	s.index.Forget()
	return taken
}

// openList decodes the elements of a batch. Every element of a known batch counts
// as a record; a list that is only found by searching is a batch if a format takes
// one of its elements. Maps in a list stand no deeper than the list does, and
// lists in lists do: their nesting is the sender's to choose.
func (s *Set) openList(list record.Value, depth int, known bool) (taken bool) {
	if !known && openPairs(s, list, depth) {
		return true
	}
	missed, empty := 0, true
	for item := range list.Items() {
		empty = false
		if known || taken {
			s.visits, s.respelt = 0, 0
		}
		inner := depth
		if !item.IsMap() {
			inner++
		}
		switch {
		case s.open(item, inner):
			for taken = true; missed > 0; missed-- {
				s.reject(nil)
			}
		case known || taken:
			s.reject(item)
		default:
			missed++
		}
	}
	if empty && known {
		s.leaf(Ignored)
	}
	return taken || known
}

// openMap decodes a map: a record as it is, a wrapper, or a map with a text in it.
// A wrapper goes before the formats if the map is small, since the columns around
// AuditData look like an audit record themselves.
func (s *Set) openMap(m record.Value, depth int) bool {
	fields := m.Len()
	if fields <= bareFields {
		if line, path, offset := plainLine(m); line != nil {
			follow(s, path)
			placeAt(s, offset)
			if depth == 0 && len(s.line) > 0 && &s.line[0] == &line[0] {
				s.running = s.at
			}
			return s.openEither(m, line, fields, depth) || s.search(m, depth)
		}
	}
	many := fields > fewFields
	if many && s.offerMap(m) {
		return true
	}
	var found [len(wrapperNames)]record.Value
	s.in.Fields = m
	if s.in.Values(wrapperKeys, false, found[:]) > 0 {
		elastic := elasticOf(m, found[:])
		if inner, known := wrapped(found[:]); inner.Present() && elastic == nil {
			if known && inner.IsArray() {
				return s.openList(inner, depth+1, true)
			}
			if s.open(inner, depth+1) {
				return true
			}
		}
		if line := rawLine(found[:]); line != nil {
			setPath(s, found[:])
			if s.openEither(m, line, fields, depth) {
				return true
			}
		}
		if elastic != nil && openElastic(s, elastic, m, depth) {
			return true
		}
	}
	return !many && s.offerMap(m) || s.search(m, depth) || respell(s, m, depth)
}

// search looks for a record below keys that nothing is known of: in maps, in
// lists, and in texts of JSON or XML, down to the bounds of nesting and visits.
func (s *Set) search(m record.Value, depth int) bool {
	if openTable(s, m, depth) {
		return true
	}
	s.searching++
	defer func() { s.searching-- }()
	c := m.Fields()
	for _, field, ok := c.Next(); ok && s.visits <= maxVisits; _, field, ok = c.Next() {
		switch {
		case field.IsMap() || field.IsArray():
			if field.Len() > 0 && s.open(field, depth+1) {
				return true
			}
		case len(field.Bytes()) >= minEmbedded:
			before := s.fault
			if s.openEmbedded(field.Bytes(), depth+1) {
				return true
			}
			s.fault = before
		}
	}
	return false
}

// minEmbedded is the shortest text that is searched for a record, in bytes.
const minEmbedded = 40

// openEmbedded decodes a text below an unknown key if it looks like a record.
func (s *Set) openEmbedded(text []byte, depth int) bool {
	s.visits++
	switch c := bytes.TrimLeft(text, " \t\r\n"); {
	case len(c) == 0 || depth > maxNesting:
		return false
	case c[0] == '{' || c[0] == '[' || c[0] == '"':
		return s.openText(c, depth)
	case c[0] == '<' || c[0]-'0' <= 9 || isEncoded(c):
		return s.openText(c, depth)
	}
	return openBehindPrefix(s, text, depth)
}

// plainLine returns the line of a record as in_tail makes it, the path of its file and
// the offset in it: the common case, at half the cost of looking for all wrappers. line
// is nil if there is any other field.
func plainLine(m record.Value) (line, path []byte, offset record.Value) {
	c := m.Fields()
	for key, field, ok := c.Next(); ok; key, field, ok = c.Next() {
		text := field.Bytes()
		switch {
		case string(key) == "log" && line == nil && len(text) > 0:
			line = text
		case string(key) == "path" && path == nil && text != nil:
			path = text
		case string(key) == "offset" && text == nil:
			offset = field
		default:
			return nil, nil, nil
		}
	}
	return line, path, offset
}

// openEither decodes a map that has a text which may be the record itself, or
// only one of its fields (the rendered message of a Windows event).
func (s *Set) openEither(m record.Value, line []byte, fields int, depth int) bool {
	if fields <= bareFields || s.at.lines || bytes.HasPrefix(line, []byte("{")) {
		return s.openText(line, depth+1) || fields <= fewFields && s.offerMap(m)
	}
	return fields <= fewFields && s.offerMap(m) || s.openText(line, depth+1)
}

// openText decodes a text: JSON, JSON in a JSON string, a raw line, or one of
// these behind the prefix of a forwarder.
func (s *Set) openText(text []byte, depth int) bool {
	text = trim(text)
	if len(text) == 0 {
		s.leaf(Ignored)
		return true
	}
	if depth > maxNesting {
		s.fail(format.TooLarge)
		return false
	}
	switch text[0] {
	case '{':
		return s.openJSON(text, depth)
	case '"':
		if v, rest, err := s.scratch.JSON(text); err == nil && len(rest) == 0 && len(v.Bytes()) > 0 {
			return s.openText(v.Bytes(), depth+1)
		}
	case '[': // a list, or a line that begins with a time in brackets
		if c := bytes.TrimLeft(text[1:], " \t\r\n"); len(c) > 0 && (c[0] == '{' || c[0] == ']' || c[0] == '"') && s.openJSON(text, depth) {
			return true
		}
	}
	if isEncoded(text) && openEncoded(s, text, depth) {
		return true
	}
	return s.openLine(text, depth) || openBehindPrefix(s, text, depth)
}

// openJSON decodes JSON values that stand one behind the other. If there are
// several, each counts as a record, and what cannot be read behind them as one
// more.
func (s *Set) openJSON(text []byte, depth int) bool {
	v, rest, err := s.scratch.JSON(text)
	if err != nil {
		s.fail(format.BadSyntax)
		return false
	}
	list := v.IsArray()
	if len(rest) == 0 {
		if list {
			return s.openList(v, depth, depth <= 1)
		}
		if s.open(v, depth) {
			return true
		}
		s.unknown(v)
		return false
	}
	return s.openSeveral(v, rest, depth)
}

// openSeveral is openJSON for a value with more behind it. Values in a text that is only
// found by searching are records if a format takes one of them.
func (s *Set) openSeveral(v record.Value, rest []byte, depth int) bool {
	known, missed := depth <= 1, 0
	for {
		if known {
			s.visits, s.respelt = 0, 0
		}
		switch {
		case s.open(v, depth):
			for known = true; missed > 0; missed-- {
				s.reject(nil)
			}
		case known:
			s.reject(v)
		default:
			missed++
		}
		if len(rest) == 0 {
			return known
		}
		var err error
		if v, rest, err = s.scratch.JSON(rest); err != nil {
			s.fail(format.BadSyntax)
			if known {
				s.reject(nil)
			}
			return known
		}
	}
}

// openLine decodes a raw line. The limit is for lines only: audit records as JSON,
// and as cells of a CSV row, are longer and have their own.
func (s *Set) openLine(line []byte, depth int) bool {
	if (line[0] == '#' || s.at.unneeded > 0) && ignoreUnneeded(s, line) {
		return true
	}
	if openRow(s, line, depth) {
		return true
	}
	if len(line) > maxLine {
		s.fail(format.TooLarge)
		return false
	}
	if s.offerLine(line) {
		return true
	}
	if s.at.csv.names != nil { // the rest of a cell with line breaks in it
		s.fail(format.BadSyntax)
	}
	return false
}
