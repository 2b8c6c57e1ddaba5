package source

import (
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

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
	if !many && s.offerMap(m) {
		return true
	}
	refused := s.in.Refused
	return s.search(m, depth) || s.respell(m, depth, refused) || refused && s.offerWhole(m)
}

// offerWhole offers a map as it is that a format has left because it is flattened.
func (s *Set) offerWhole(m record.Value) bool {
	s.in.Whole = true
	taken := s.offerMap(m)
	s.in.Whole = false
	return taken
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

// respell opens the map with restored keys, in the forms that its keys admit. flattened
// reports that a format takes some of its keys for paths.
func (s *Set) respell(m record.Value, depth int, flattened bool) bool {
	least := leastRespelt
	if flattened {
		least = 1
	}
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
		if restored := s.restorer.restore(&s.scratch, m, respellings[i], least); restored.Present() {
			s.effort.respelt++
			taken = s.open(restored, depth+1)
		}
	}
	s.effort.respelling--
	tried.tried(m, taken, s.effort.respelling > 0)
	return taken
}
