package source

import (
	"github.com/cespare/xxhash/v2"

	"redshank/analytics/record"
)

// triedShapes are the maps of a stream whose keys were restored, by the number of fields
// and the first key.
type triedShapes struct {
	shapes [8]struct {
		shape    uint64
		failures uint32 // in a row
		worked   bool   // once
	}
	failures uint32 // in a row, of all shapes
	skipped  uint32 // maps of new shapes that were left out
}

// of returns the number of the entry of a map's shape. A new shape replaces the one
// with the fewest failures among those that have never worked.
func (t *triedShapes) of(m record.Value) (n int) {
	c := m.Fields()
	key, _, _ := c.Next()
	shape := xxhash.Sum64(key[:min(len(key), maxKey)]) + uint64(m.Len())
	for i := range t.shapes {
		if t.shapes[i].shape == shape {
			return i
		}
		if t.rank(i) < t.rank(n) {
			n = i
		}
	}
	t.shapes[n].shape, t.shapes[n].failures, t.shapes[n].worked = shape, 0, false
	return n
}

// rank orders the entries: the lowest is replaced first.
func (t *triedShapes) rank(n int) uint64 {
	rank := uint64(t.shapes[n].failures)
	if t.shapes[n].worked {
		rank += 1 << 32
	}
	return rank
}

// skip reports whether the map of an entry is left out.
func (t *triedShapes) skip(n int) bool {
	e := &t.shapes[n]
	switch {
	case e.failures >= respellMisses:
		e.failures++
		return e.failures%respellEvery > 0
	case !e.worked && t.failures >= respellMisses*uint32(len(t.shapes)):
		t.skipped++
		return t.skipped%respellEvery > 0
	}
	return false
}

// tried notes the result for the shape of a map, of the record itself or of one in it.
func (t *triedShapes) tried(m record.Value, taken, inner bool) {
	e := &t.shapes[t.of(m)]
	if taken {
		e.failures, e.worked, t.failures = 0, true, 0
		return
	}
	if e.failures++; !inner {
		t.failures++
	}
}
