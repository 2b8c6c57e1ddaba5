package source

import (
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

// effort is how much has been done to find one record.
type effort struct {
	visits     int // values read since the last one that was taken
	searching  int // searches for a record around the current value
	respelt    int // maps whose keys were restored
	respelling int // restored maps around the current one
}

// renew prepares for the next record of several in one.
func (e *effort) renew() { e.visits, e.respelt = 0, 0 }

// mayRespell reports whether the keys of one more map may be restored. Four maps are left
// for the record itself, which is tried behind the maps in it.
func (e *effort) mayRespell() bool {
	most := mostRespelt
	if e.searching > 0 {
		most -= 4
	}
	return e.respelling < maxRespelling && e.respelt < most
}

// open finds the records inside v, decodes them, and reports whether a format has
// taken any. What was transcoded on the way is given back: nothing that emit got
// may be used after it.
func (s *Set) open(v record.Value, depth int) (taken bool) {
	if s.effort.visits++; depth > maxNesting {
		s.fail(format.TooLarge)
		return false
	}
	if s.effort.visits > maxVisits {
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
	if !known && isOTLP(list) && s.open(otlpMap(&s.scratch, list), depth+1) {
		return true
	}
	missed, empty := 0, true
	for item := range list.Items() {
		empty = false
		if known || taken {
			s.effort.renew()
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
		if line, at := plainLine(m); line != nil {
			s.follow(at)
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
		if inner, known := innerRecord(found[:]); inner.Present() && elastic == nil {
			if known && inner.IsArray() {
				return s.openList(inner, depth+1, true)
			}
			if s.open(inner, depth+1) {
				return true
			}
		}
		if line := rawLine(found[:]); line != nil {
			s.follow(placeOf(found[:]))
			if s.openEither(m, line, fields, depth) {
				return true
			}
		}
		if elastic != nil && s.open(elastic.record(&s.scratch, m), depth+1) {
			return true
		}
	}
	return !many && s.offerMap(m) || s.search(m, depth) || s.respell(m, depth)
}

// search looks for a record below keys that nothing is known of: in maps, in
// lists, and in texts of JSON or XML, down to the bounds of nesting and visits.
func (s *Set) search(m record.Value, depth int) bool {
	if s.openTable(m, depth) {
		return true
	}
	s.effort.searching++
	defer func() { s.effort.searching-- }()
	c := m.Fields()
	for _, field, ok := c.Next(); ok && s.effort.visits <= maxVisits; _, field, ok = c.Next() {
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

// openTable decodes the rows of a table. Each row counts as a record.
func (s *Set) openTable(m record.Value, depth int) bool {
	names, rows := queryTable(m)
	for row := range rows.Items() {
		if !row.IsArray() || row.Len() != len(names) {
			s.reject(row)
			continue
		}
		mark := len(s.scratch.Buf)
		s.effort.renew()
		if inner := tableRow(&s.scratch, names, row); !s.open(inner, depth+1) {
			s.reject(inner)
		}
		s.scratch.Release(mark)
	}
	return len(names) > 0
}

// respell opens the map with restored keys, in the forms that its keys admit.
func (s *Set) respell(m record.Value, depth int) bool {
	if !s.effort.mayRespell() || m.Len() < leastRespelt || m.Len() > maxRespelt || depth >= maxNesting {
		return false
	}
	tried := &s.at.tried
	if tried.skip(tried.of(m)) {
		return false
	}
	s.effort.respelling++
	s.effort.visits = min(s.effort.visits, maxVisits-respeltVisits)
	taken := false
	for i := 0; i < len(respellings) && !taken; i++ {
		if restored := s.restorer.restore(&s.scratch, m, respellings[i]); restored.Present() {
			s.effort.respelt++
			taken = s.open(restored, depth+1)
		}
	}
	s.effort.respelling--
	tried.tried(m, taken, s.effort.respelling > 0)
	return taken
}

// place is where a record says that it stands. Either part may be absent.
type place struct {
	path   []byte // of the file
	offset record.Value
}

// plainLine returns the line of a record as in_tail makes it, and its place: the common
// case, at half the cost of looking for all wrappers. line is nil if there is any other
// field.
func plainLine(m record.Value) (line []byte, at place) {
	c := m.Fields()
	for key, field, ok := c.Next(); ok; key, field, ok = c.Next() {
		text := field.Bytes()
		switch {
		case string(key) == "log" && line == nil && len(text) > 0:
			line = text
		case string(key) == "path" && at.path == nil && text != nil:
			at.path = text
		case string(key) == "offset" && text == nil:
			at.offset = field
		default:
			return nil, place{}
		}
	}
	return line, at
}
