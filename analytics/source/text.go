package source

import (
	"bytes"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

// openEmbedded decodes a text below an unknown key if it looks like a record.
func (s *Set) openEmbedded(text []byte, depth int) bool {
	s.effort.visits++
	switch c := bytes.TrimLeft(text, " \t\r\n"); {
	case len(c) == 0 || depth > maxNesting:
		return false
	case c[0] == '{' || c[0] == '[' || c[0] == '"':
		return s.openText(c, depth)
	case c[0] == '<' || c[0]-'0' <= 9 || isEncoded(c):
		return s.openText(c, depth)
	}
	return s.openBehindPrefix(text, depth)
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
		if s.effort.searching > 0 {
			return false // one of the values of a record
		}
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
	if isEncoded(text) && depth < maxNesting {
		if plain := decoded(&s.scratch, text); plain != nil && s.openText(plain, depth+1) {
			return true
		}
	}
	return s.openLine(text, depth) || s.openBehindPrefix(text, depth)
}

// openJSON decodes a sequence of JSON values. Each of several values counts as a record,
// and an unreadable rest as one more.
func (s *Set) openJSON(text []byte, depth int) bool {
	v, rest, err := s.scratch.JSON(text)
	if err != nil {
		s.fail(format.BadSyntax)
		return false
	}
	list := v.IsArray()
	if len(rest) == 0 {
		if list {
			return s.openList(v, depth, s.isBatch(depth))
		}
		if s.open(v, depth) {
			return true
		}
		s.unknown(v)
		return false
	}
	return s.openSeveral(v, rest, depth)
}

// isBatch reports whether several values in a text at this depth are records for certain:
// the text is the record itself, and was not found by searching.
func (s *Set) isBatch(depth int) bool { return depth <= 1 && s.effort.searching == 0 }

// openSeveral is openJSON for a value with more behind it. Values in a text that is only
// found by searching are records if a format takes one of them.
func (s *Set) openSeveral(v record.Value, rest []byte, depth int) bool {
	known, missed := s.isBatch(depth), 0
	for {
		if known {
			s.effort.renew()
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
	if line[0] == '#' {
		s.at.skipUnneeded(line)
	} else if s.at.unneeded > 0 {
		s.unneeded[s.at.unneeded-1]++
		s.leaf(Ignored)
		return true
	}
	if s.openRow(line, depth) {
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

// openRow takes the line if it is the header or a row of a CSV export.
func (s *Set) openRow(line []byte, depth int) bool {
	if len(line) == len("sep=,") && ascii.HasPrefix(line, "sep=") { // for Excel
		s.leaf(Ignored)
		return true
	}
	if columns := csvHeader(line); columns.names != nil {
		s.at.csv = columns
		s.at.Headline(event.SourceUnknown, line)
		s.leaf(Ignored)
		return true
	}
	if s.at.csv.names == nil || len(line) > format.MaxJSON {
		return false
	}
	row, ok := s.at.csv.row(&s.scratch, line)
	if ok && !s.open(row, depth+1) {
		s.reject(row)
	}
	return ok
}

// openBehindPrefix decodes the JSON or the event XML that follows a prefix of any
// kind, and the structured data or the line that follows the header of a forwarder.
func (s *Set) openBehindPrefix(text []byte, depth int) bool {
	if depth >= maxNesting {
		return false
	}
	for _, mark := range [...][]byte{objectMark, spacedMark, singleMark} {
		at := bytes.Index(text[:min(len(text), maxPrefix)], mark)
		if at <= 0 {
			continue
		}
		if v, _, err := s.scratch.JSON(text[at:]); err == nil && s.open(v, depth+1) {
			return true
		}
	}
	if at := bytes.Index(text[:min(len(text), maxPrefix)], eventMark); at > 0 {
		return s.offerLine(text[at:])
	}
	h, ok := forwarderHeader(text)
	if !ok {
		return false
	}
	if h.audits() {
		h.time = withYear(h.time, s.in.Time)
	}
	if (len(h.data) > 0 || h.id != nil) && s.open(h.record(&s.scratch), depth+1) {
		return true
	}
	h.message = trim(h.message)
	return len(h.message) > 0 && s.openLine(h.message, depth+1)
}
