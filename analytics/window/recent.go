package window

import (
	"cmp"
	"slices"
)

// Recent is a bounded map that keeps the keys that were used last: hashes of names,
// sessions or ids. A key that was never added is found with a probability of
// entries/2^64.
type Recent[V any] struct {
	changed[uint64]
	keys    lru[uint64, dated[V]] // all in list 0
	size    int
	clock   uint64 // additions so far
	loading []Dated[V]
}

type dated[V any] struct {
	at uint64
	v  V
}

// Dated is an entry with its position in the order of additions.
type Dated[V any] struct {
	Key, At uint64
	Value   V
}

// NewRecent returns a map of at most size entries, at least 1.
func NewRecent[V any](size int) *Recent[V] {
	return &Recent[V]{keys: newLRU[uint64, dated[V]](Spread), size: max(size, 1)}
}

// Get returns the value of a key and makes the entry the most recent.
func (r *Recent[V]) Get(key uint64) (V, bool) {
	place := r.keys.find(key)
	if place != 0 {
		r.keys.toFront(place, 0)
	}
	return r.keys.all[place].value.v, place != 0
}

// Peek returns the value of a key and does not change the order.
func (r *Recent[V]) Peek(key uint64) (V, bool) {
	place := r.keys.find(key)
	return r.keys.all[place].value.v, place != 0
}

// Contains reports whether there is a value and does not change the order.
func (r *Recent[V]) Contains(key uint64) bool { return r.keys.find(key) != 0 }

// Len returns the number of entries.
func (r *Recent[V]) Len() int { return r.keys.count }

// Add sets the value of a key and makes the entry the most recent.
func (r *Recent[V]) Add(key uint64, v V) {
	if !r.add(key, v) {
		r.MarkDirty(key)
	}
}

// add does what Add does and reports whether the key is new. An old key is not
// marked dirty.
func (r *Recent[V]) add(key uint64, v V) (isNew bool) {
	r.clock++
	if isNew = r.set(key, dated[V]{r.clock, v}); isNew {
		r.MarkDirty(key)
	}
	return isNew
}

// set sets the value of a key, which becomes the most recent, and reports whether
// the key is new.
func (r *Recent[V]) set(key uint64, d dated[V]) (isNew bool) {
	if place := r.keys.find(key); place != 0 {
		r.keys.all[place].value = d
		r.keys.toFront(place, 0)
		return false
	}
	if r.keys.count >= r.size {
		oldest := r.keys.oldest(0)
		r.MarkDirty(r.keys.all[oldest].key)
		r.keys.remove(oldest)
	}
	r.keys.insert(key, d, 0)
	return true
}

// Changes yields the entries that were added, changed or dropped since the last
// call. A dropped entry is not present and has no value.
func (r *Recent[V]) Changes(yield func(d Dated[V], present bool)) {
	r.take(func(key uint64) {
		place := r.keys.find(key)
		d := r.keys.all[place].value
		yield(Dated[V]{key, d.at, d.v}, place != 0)
	})
}

// Load takes a saved entry. Loaded follows the last one.
func (r *Recent[V]) Load(d Dated[V]) { r.loading = append(r.loading, d) }

// Loaded adds the loaded entries in their old order, so that entries are dropped in
// the same order as without a restart. Entries that no longer fit count as changes.
func (r *Recent[V]) Loaded() {
	slices.SortFunc(r.loading, func(a, b Dated[V]) int { return cmp.Compare(a.At, b.At) })
	for _, d := range r.loading {
		r.set(d.Key, dated[V]{d.At, d.Value})
		r.clock = max(r.clock, d.At)
	}
	r.loading = nil
}
