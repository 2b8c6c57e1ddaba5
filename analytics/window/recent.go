package window

import (
	"cmp"
	"slices"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Recent is a bounded map that keeps the keys that were used last: hashes of names,
// sessions or ids. A key that was never added is found with a probability of
// entries/2^64.
type Recent[V any] struct {
	keys    *simplelru.LRU[uint64, dated[V]]
	clock   uint64              // additions so far
	dirty   map[uint64]struct{} // nil: changes are not tracked
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
	r := &Recent[V]{}
	r.keys, _ = simplelru.NewLRU(max(size, 1), func(key uint64, _ dated[V]) { r.markDirty(key) })
	return r
}

// Track makes the map remember what changes, for Changes.
func (r *Recent[V]) Track() { r.dirty = map[uint64]struct{}{} }

func (r *Recent[V]) markDirty(key uint64) {
	if r.dirty != nil {
		r.dirty[key] = struct{}{}
	}
}

// Get returns the value of a key and makes the entry the most recent.
func (r *Recent[V]) Get(key uint64) (V, bool) {
	d, ok := r.keys.Get(key)
	return d.v, ok
}

// Peek returns the value of a key and does not change the order.
func (r *Recent[V]) Peek(key uint64) (V, bool) {
	d, ok := r.keys.Peek(key)
	return d.v, ok
}

// Contains reports whether there is a value and does not change the order.
func (r *Recent[V]) Contains(key uint64) bool { return r.keys.Contains(key) }

// Len returns the number of entries.
func (r *Recent[V]) Len() int { return r.keys.Len() }

// Add sets the value of a key and makes the entry the most recent.
func (r *Recent[V]) Add(key uint64, v V) {
	if !r.add(key, v) {
		r.markDirty(key)
	}
}

// add does what Add does and reports whether the key is new. An old key is not
// marked dirty.
func (r *Recent[V]) add(key uint64, v V) (isNew bool) {
	r.clock++
	before := r.keys.Len()
	evicted := r.keys.Add(key, dated[V]{r.clock, v})
	if isNew = evicted || r.keys.Len() > before; isNew {
		r.markDirty(key)
	}
	return isNew
}

// Changes yields the entries that were added, changed or dropped since the last
// call. A dropped entry is not present and has no value.
func (r *Recent[V]) Changes(yield func(d Dated[V], present bool)) {
	for key := range r.dirty {
		d, present := r.keys.Peek(key)
		yield(Dated[V]{key, d.at, d.v}, present)
	}
	clear(r.dirty)
}

// Load takes a saved entry. Loaded follows the last one.
func (r *Recent[V]) Load(d Dated[V]) { r.loading = append(r.loading, d) }

// Loaded adds the loaded entries in their old order, so that entries are dropped in
// the same order as without a restart. Entries that no longer fit count as changes.
func (r *Recent[V]) Loaded() {
	slices.SortFunc(r.loading, func(a, b Dated[V]) int { return cmp.Compare(a.At, b.At) })
	for _, d := range r.loading {
		r.keys.Add(d.Key, dated[V]{d.At, d.Value})
		r.clock = max(r.clock, d.At)
	}
	r.loading = nil
}
