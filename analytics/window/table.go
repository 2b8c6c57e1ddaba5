// Package window holds bounded state in event time: tables that a flood cannot
// empty, sliding lists of attempts, distinct counts, keys that were seen.
package window

import (
	"math/bits"

	"github.com/hashicorp/golang-lru/v2/simplelru"
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
	probation, protected *simplelru.LRU[K, V]
	size                 int
	evicted              uint64
	dirty                map[K]struct{} // nil: changes are not tracked

	clock  uint64 // look-ups and additions so far
	latest []found[K, V]
	shift  int // of a hash to a place in latest
	hash   func(K) uint64
	absent struct {
		k     K // that Get did not find last: Add need not search for it again
		known bool
	}

	// OnEvict, if not nil, is called for every evicted entry.
	OnEvict func(K, V)
}

// found is an entry of the table that was looked up lately, at the place of its
// hash: the table reads one cache line instead of six or more.
type found[K comparable, V any] struct {
	k         K
	at        uint64 // the table's clock when the entry became the most recent; 0: none
	v         V
	protected bool
}

// Spread is the hash for a table whose keys are hashes already.
func Spread(k uint64) uint64 { return k * 0x9e3779b97f4a7c15 }

// NewTable returns a table of at most size entries, at least 2. hash spreads the
// keys evenly over its upper bits.
func NewTable[K comparable, V any](size int, hash func(K) uint64) *Table[K, V] {
	size = max(size, 2)
	places := bits.Len(uint(size / 4))
	t := &Table[K, V]{size: size, hash: hash, latest: make([]found[K, V], 1<<places), shift: 64 - places}
	// Both segments may grow to the whole table; Add keeps their sum within size.
	// NewLRU fails only for a size below 1.
	t.probation, _ = simplelru.NewLRU[K, V](size+1, nil)
	t.protected, _ = simplelru.NewLRU[K, V](size+1, nil)
	return t
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
func (t *Table[K, V]) StillValid(h *Handle[V]) (v V, ok bool) { return h.v, t.holds(h.at) }

// holds reports whether an entry that was found at a time of the clock is still in
// the table for sure, and recent enough.
func (t *Table[K, V]) holds(at uint64) bool { return at > 0 && t.clock-at < uint64(t.size/8) }

// place returns the place of a key among the entries found lately.
func (t *Table[K, V]) place(k K) *found[K, V] {
	return &t.latest[t.hash(k)>>t.shift]
}

// is reports whether the place holds the entry of a key.
func (f *found[K, V]) is(k K) bool { return f.k == k && f.at > 0 }

// forget empties the place of a key whose entry moves or leaves.
func (t *Table[K, V]) forget(k K) {
	if f := t.place(k); f.is(k) {
		*f = found[K, V]{}
	}
}

// Track makes the table remember what changes, for Changes.
func (t *Table[K, V]) Track() { t.dirty = map[K]struct{}{} }

// MarkDirty records that the entry of k was changed in place.
func (t *Table[K, V]) MarkDirty(k K) {
	if t.dirty != nil {
		t.dirty[k] = struct{}{}
	}
}

// Changes yields the entries that were added, changed, protected or evicted since
// the last call, each once, in no order. An evicted entry is not present and has
// no value.
func (t *Table[K, V]) Changes(yield func(k K, v V, present, protected bool)) {
	for k := range t.dirty {
		v, protected := t.protected.Peek(k)
		present := protected
		if !present {
			v, present = t.probation.Peek(k)
		}
		yield(k, v, present, protected)
	}
	clear(t.dirty)
}

// Get returns the entry of k and makes it the most recent of its segment, unless
// it was among the most recent ones anyway.
func (t *Table[K, V]) Get(k K) (V, bool) {
	lately := t.place(k)
	if lately.is(k) && t.holds(lately.at) {
		return lately.v, true
	}
	f := found[K, V]{k: k}
	ok := false
	if !lately.is(k) || lately.protected {
		f.v, ok = t.protected.Get(k)
		f.protected = ok
	}
	if !ok {
		f.v, ok = t.probation.Get(k)
	}
	t.clock++
	if ok {
		f.at = t.clock
		*lately = f
	} else {
		t.absent.k, t.absent.known = k, true
	}
	return f.v, ok
}

// Peek returns the entry of k and does not change the order.
func (t *Table[K, V]) Peek(k K) (V, bool) {
	if lately := t.place(k); lately.is(k) {
		return lately.v, true
	}
	if v, ok := t.protected.Peek(k); ok {
		return v, true
	}
	return t.probation.Peek(k)
}

// Each calls do for every entry, in no order, and does not change the order. do
// must not change the table.
func (t *Table[K, V]) Each(do func(K, V)) {
	for _, part := range [...]*simplelru.LRU[K, V]{t.probation, t.protected} {
		for _, k := range part.Keys() {
			if v, ok := part.Peek(k); ok {
				do(k, v)
			}
		}
	}
}

// Add adds an entry on probation. An entry that is in the table is replaced within
// its segment.
func (t *Table[K, V]) Add(k K, v V) {
	t.MarkDirty(k)
	t.clock++
	protected := (!t.absent.known || t.absent.k != k) && t.protected.Contains(k)
	t.absent.known = false
	*t.place(k) = found[K, V]{k, t.clock, v, protected}
	if protected {
		t.protected.Add(k, v)
		return
	}
	t.probation.Add(k, v)
	if t.Len() > t.size {
		t.evict()
	}
}

// Load adds a saved entry, which is not a change. The eviction of another entry is
// a change.
func (t *Table[K, V]) Load(k K, v V, protected bool) {
	t.absent.known = false
	t.forget(k)
	part := t.probation
	if protected {
		part = t.protected
	}
	part.Add(k, v)
	if t.Len() > t.size {
		t.evict()
	}
}

// Protect moves an entry from probation to the protected segment.
func (t *Table[K, V]) Protect(k K) {
	if lately := t.place(k); lately.is(k) && lately.protected {
		return
	}
	if v, ok := t.probation.Peek(k); ok {
		t.MarkDirty(k)
		t.forget(k)
		t.probation.Remove(k)
		t.protected.Add(k, v)
	}
}

func (t *Table[K, V]) evict() {
	from := t.protected
	if t.probation.Len() > max(1, t.size/probationShare) || t.protected.Len() == 0 {
		from = t.probation
	}
	if k, v, ok := from.RemoveOldest(); ok {
		t.MarkDirty(k)
		t.forget(k)
		if t.OnEvict != nil {
			t.OnEvict(k, v)
		}
	}
	t.evicted++
}

// Len returns the number of entries.
func (t *Table[K, V]) Len() int { return t.probation.Len() + t.protected.Len() }

// Evicted returns the number of evicted entries so far.
func (t *Table[K, V]) Evicted() uint64 { return t.evicted }
