// Package window is bounded state in event time: tables that a flood cannot
// empty, sliding lists of tries, distinct counts.
package window

import "github.com/hashicorp/golang-lru/v2/simplelru"

// newcomerShare is the part of a table that newcomers can always claim: one
// in newcomerShare entries.
const probationShare = 4

// Table is a bounded map in two LRU segments. An entry starts as a newcomer
// and stays one until its owner calls Promote, on evidence and not on mere
// touches: golang-lru's own 2Q promotes at the second touch, which an attacker
// gets for the price of one more request. A flood of fresh keys therefore
// evicts other newcomers and never a promoted entry, as long as newcomers hold
// more than their share.
type Table[K comparable, V any] struct {
	probation, protected *simplelru.LRU[K, V]
	size                 int
	evicted              uint64
	dirty                map[K]struct{} // nil: nobody asks for changes

	clock uint64 // moves and additions so far

	// OnEvict is called for every entry that is pushed out; nil: nobody asks.
	OnEvict func(K, V)
}

// NewTable makes a table of at most size entries (at least 2).
func NewTable[K comparable, V any](size int) *Table[K, V] {
	size = max(size, 2)
	t := &Table[K, V]{size: size}
	// Both segments may grow to the whole table; Add keeps their sum in bounds.
	// NewLRU errs only for a size below 1.
	t.probation, _ = simplelru.NewLRU[K, V](size+1, nil)
	t.protected, _ = simplelru.NewLRU[K, V](size+1, nil)
	return t
}

// Held is an entry that whoever looked it up may use again without looking.
// The zero Held holds nothing.
type Handle[V any] struct {
	v  V
	at uint64 // the table's clock
}

// Hold remembers v, which has just been found or added.
func (t *Table[K, V]) Handle(v V) Handle[V] { return Handle[V]{v, t.clock} }

// Recall is what h holds, for as long as the table cannot have given it up: it
// takes the moves of an eighth of the table for others to become newer, and of
// a quarter to push it out. What is recalled does not move, and so grows older
// than it is by that eighth; to look it up takes six cache lines or more, which
// is what most of a sign-in would cost otherwise.
func (t *Table[K, V]) StillValid(h *Handle[V]) (v V, ok bool) {
	return h.v, h.at > 0 && t.clock-h.at < uint64(t.size/8)
}

// Track makes the table remember what changes, for Changes.
func (t *Table[K, V]) Track() { t.dirty = map[K]struct{}{} }

// Touch notes that the entry behind k was changed in place.
func (t *Table[K, V]) MarkDirty(k K) {
	if t.dirty != nil {
		t.dirty[k] = struct{}{}
	}
}

// Changes yields the entries added, touched, promoted or gone since the last
// call, each once, in no order, and forgets them. Of what is gone there is no
// value; proven tells the segment of the rest.
func (t *Table[K, V]) Changes(yield func(k K, v V, there, proven bool)) {
	for k := range t.dirty {
		v, proven := t.protected.Peek(k)
		there := proven
		if !there {
			v, there = t.probation.Peek(k)
		}
		yield(k, v, there, proven)
	}
	clear(t.dirty)
}

// Get returns the entry and makes it the most recent of its segment.
func (t *Table[K, V]) Get(k K) (V, bool) {
	v, ok := t.protected.Get(k)
	if !ok {
		v, ok = t.probation.Get(k)
	}
	t.clock++
	return v, ok
}

// Peek returns the entry and leaves the order as it is: who only looks does
// not keep an entry alive.
func (t *Table[K, V]) Peek(k K) (V, bool) {
	if v, ok := t.protected.Peek(k); ok {
		return v, true
	}
	return t.probation.Peek(k)
}

// Each calls do for every entry, in no order, and leaves the order as it is.
// do must not change the table.
func (t *Table[K, V]) Each(do func(K, V)) {
	for _, part := range [...]*simplelru.LRU[K, V]{t.probation, t.protected} {
		for _, k := range part.Keys() {
			if v, ok := part.Peek(k); ok {
				do(k, v)
			}
		}
	}
}

// Add puts a new entry among the newcomers; an entry that is there already is
// replaced where it stands.
func (t *Table[K, V]) Add(k K, v V) {
	t.MarkDirty(k)
	t.clock++
	if t.protected.Contains(k) {
		t.protected.Add(k, v)
		return
	}
	t.probation.Add(k, v)
	if t.Len() > t.size {
		t.evict()
	}
}

// Load takes up an entry that was put down, which is no change; that it pushes
// out another is one.
func (t *Table[K, V]) Load(k K, v V, proven bool) {
	part := t.probation
	if proven {
		part = t.protected
	}
	part.Add(k, v)
	if t.Len() > t.size {
		t.evict()
	}
}

// Promote shields the entry from newcomers.
func (t *Table[K, V]) Protect(k K) {
	if v, ok := t.probation.Peek(k); ok {
		t.MarkDirty(k)
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
		if t.OnEvict != nil {
			t.OnEvict(k, v)
		}
	}
	t.evicted++
}

// Len is the number of entries.
func (t *Table[K, V]) Len() int { return t.probation.Len() + t.protected.Len() }

// Evicted is the number of entries pushed out so far.
func (t *Table[K, V]) Evicted() uint64 { return t.evicted }
