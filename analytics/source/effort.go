package source

import (
	"github.com/cespare/xxhash/v2"

	"redshank/analytics/record"
)

const (
	// maxNesting is how many wrappers may stand around a record: Kafka, an Event
	// Hub batch, a collector's own maps, and JSON in strings in between.
	maxNesting = 10
	// maxVisits is how many values of one record are read while no format
	// has taken any.
	maxVisits = 96

	// maxRespelt bounds the fields of a map whose keys are restored.
	maxRespelt = 512
	// mostRespelt bounds the maps of one record whose keys are restored, and respeltVisits the
	// values that are read in each.
	mostRespelt, respeltVisits = 16, maxVisits / 2
	// leastRespelt is how many keys must have a separator.
	leastRespelt = 3
	// maxRespelling is how often one inside another the keys are restored: snake case
	// inside of flattened maps.
	maxRespelling = 2
	// respellMisses is after how many failures in a row only every respellEvery-th map of a
	// shape is tried, so that unknown records cost little. The same holds for a stream with
	// ever new shapes, after eight times as many failures.
	respellMisses, respellEvery = 32, 64
	// maxElementKeys bounds the keys that are written for the elements of lists, in bytes. The
	// elements beyond are left out.
	maxElementKeys = 256 << 10
	// maxRespeltDepth bounds the nesting that restored keys may have.
	maxRespeltDepth = 16
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
