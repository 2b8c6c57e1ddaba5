// Package window holds bounded state in event time: tables that a flood cannot
// empty, sliding lists of attempts, distinct counts, keys that were seen.
package window

import (
	"math/bits"
	"math/rand/v2"
)

// probationShare is the part of a table that entries on probation can always use:
// one in probationShare entries.
const probationShare = 4

// Table is a bounded map in two LRU segments (segmented LRU). An entry starts on
// probation and stays there until its owner calls Protect, on evidence and not on
// use alone: the 2Q cache of golang-lru protects an entry at its second use, which
// costs an attacker one more request. A flood of new keys therefore evicts other
// entries on probation and never a protected entry, as long as entries on probation
// hold more than their share.
type Table[K comparable, V any] struct {
	changed[K]
	entries lru[K, tableValue[V]]
	members [2]int // of the segments
	size    int
	evicted uint64
	clock   uint64 // look-ups and additions so far

	// OnEvict, if not nil, is called for every evicted entry.
	OnEvict func(K, V)
}

// The segments of a table, which are the lists of its entries.
const (
	probation = iota
	protected
)

type tableValue[V any] struct {
	v       V
	at      uint32 // lower half of the table's clock when the entry became the most recent
	segment uint32
}

// seed is random, so that nobody can choose keys whose entries meet in one slot.
var seed = rand.Uint64()

// Spread is the hash for a table whose keys are hashes already.
func Spread(k uint64) uint64 {
	high, low := bits.Mul64(k^seed, 0x9e3779b97f4a7c15)
	return high ^ low
}

// NewTable returns a table of at most size entries, at least 2. hash spreads the
// keys evenly over its upper half.
func NewTable[K comparable, V any](size int, hash func(K) uint64) *Table[K, V] {
	return &Table[K, V]{size: max(size, 2), entries: newLRU[K, tableValue[V]](hash)}
}

// Handle refers to an entry that can be used again without a look-up while
// StillValid reports so. The zero Handle is not valid.
type Handle[V any] struct {
	v  V
	at uint64 // the table's clock
}

// Handle returns a handle of v, which has just been found or added.
func (t *Table[K, V]) Handle(v V) Handle[V] { return Handle[V]{v, t.clock} }

// StillValid returns the entry of a handle, and reports false as soon as the table
// might have evicted the entry: after as many look-ups as an eighth of the table
// has entries, where eviction takes at least a quarter. An entry that is used by
// handle does not become more recent.
func (t *Table[K, V]) StillValid(h *Handle[V]) (v V, ok bool) {
	return h.v, h.at > 0 && t.clock-h.at < uint64(t.size/8)
}

// Changes yields the entries that were added, changed, protected or evicted since
// the last call, each once, in no order. An evicted entry is not present and has
// no value.
func (t *Table[K, V]) Changes(yield func(k K, v V, present, isProtected bool)) {
	t.take(func(k K) {
		place := t.entries.find(k)
		e := t.entries.all[place].value // for place 0, the end of a list, the zero value
		yield(k, e.v, place != 0, e.segment == protected)
	})
}

// Get returns the entry of k and makes it the most recent of its segment, unless
// it was among the most recent ones anyway.
func (t *Table[K, V]) Get(k K) (v V, ok bool) {
	if p := t.GetRef(k); p != nil {
		return *p, true
	}
	return v, false
}

// GetRef is Get for values that are changed in place: it returns a pointer to the value in
// the table, which is valid until the next Add, or nil.
func (t *Table[K, V]) GetRef(k K) *V {
	place := t.entries.find(k)
	if place == 0 {
		t.clock++
		return nil
	}
	e := &t.entries.all[place].value
	if uint32(t.clock)-e.at >= uint32(t.size/8) {
		t.clock++
		e.at = uint32(t.clock)
		t.entries.toFront(place, e.segment)
	}
	return &e.v
}

// Peek returns the entry of k and does not change the order.
func (t *Table[K, V]) Peek(k K) (V, bool) {
	place := t.entries.find(k)
	return t.entries.all[place].value.v, place != 0
}

// PeekRef is Peek for values that are changed in place, as GetRef.
func (t *Table[K, V]) PeekRef(k K) *V {
	if place := t.entries.find(k); place != 0 {
		return &t.entries.all[place].value.v
	}
	return nil
}

// Each calls do for every entry, in no order, and does not change the order. do
// must not change the table.
func (t *Table[K, V]) Each(do func(K, V)) {
	for segment := range uint32(len(t.members)) {
		for place := t.entries.oldest(segment); place != segment; place = t.entries.all[place].newer {
			do(t.entries.all[place].key, t.entries.all[place].value.v)
		}
	}
}

// Add adds an entry on probation. An entry that is in the table is replaced within
// its segment.
func (t *Table[K, V]) Add(k K, v V) {
	t.MarkDirty(k)
	t.clock++
	t.set(k, tableValue[V]{v, uint32(t.clock), probation})
}

// Load adds a saved entry, which is not a change. The eviction of another entry is
// a change.
func (t *Table[K, V]) Load(k K, v V, isProtected bool) {
	before := uint32(t.clock) - uint32(t.size/8) // the first look-up makes the entry the most recent
	if isProtected {
		t.set(k, tableValue[V]{v, before, protected})
	} else {
		t.set(k, tableValue[V]{v, before, probation})
	}
}

// set adds an entry to its segment, or replaces that of k within its segment.
func (t *Table[K, V]) set(k K, n tableValue[V]) {
	if place := t.entries.find(k); place != 0 {
		e := &t.entries.all[place].value
		n.segment = e.segment
		*e = n
		t.entries.toFront(place, n.segment)
		return
	}
	t.entries.insert(k, n, n.segment)
	t.members[n.segment]++
	if t.Len() > t.size {
		t.evict()
	}
}

// Protect moves an entry from probation to the protected segment.
func (t *Table[K, V]) Protect(k K) {
	place := t.entries.find(k)
	e := &t.entries.all[place].value
	if place == 0 || e.segment == protected {
		return
	}
	t.MarkDirty(k)
	t.members[probation]--
	t.members[protected]++
	e.segment = protected
	t.entries.toFront(place, protected)
}

func (t *Table[K, V]) evict() {
	segment := uint32(protected)
	if t.members[probation] > max(1, t.size/probationShare) || t.members[protected] == 0 {
		segment = probation
	}
	place := t.entries.oldest(segment)
	e := t.entries.all[place]
	t.entries.remove(place)
	t.members[segment]--
	t.evicted++
	t.MarkDirty(e.key)
	if t.OnEvict != nil {
		t.OnEvict(e.key, e.value.v)
	}
}

// Len returns the number of entries.
func (t *Table[K, V]) Len() int { return t.entries.count }

// Evicted returns the number of evicted entries so far.
func (t *Table[K, V]) Evicted() uint64 { return t.evicted }
