package window

import (
	"cmp"
	"slices"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Recent is a bounded map of the 64-bit keys that were used last: names,
// sessions, ids. Two different things meet in one key with a chance of
// entries/2^64 a look.
type Recent[V any] struct {
	keys    *simplelru.LRU[uint64, dated[V]]
	clock   uint64              // additions so far
	dirty   map[uint64]struct{} // nil: nobody asks for changes
	loading []Dated[V]
}

type dated[V any] struct {
	at uint64
	v  V
}

// Dated is an entry with its place in the order of additions.
type Dated[V any] struct {
	Key, At uint64
	Value   V
}

// NewRecent makes a map of at most size entries.
func NewRecent[V any](size int) *Recent[V] {
	r := &Recent[V]{}
	r.keys, _ = simplelru.NewLRU(max(size, 1), func(key uint64, _ dated[V]) { r.markDirty(key) })
	return r
}

// Track makes it remember what changes, for Changes.
func (r *Recent[V]) Track() { r.dirty = map[uint64]struct{}{} }

func (r *Recent[V]) markDirty(key uint64) {
	if r.dirty != nil {
		r.dirty[key] = struct{}{}
	}
}

// Get returns the value of a key and makes it the most recent.
func (r *Recent[V]) Get(key uint64) (V, bool) {
	d, ok := r.keys.Get(key)
	return d.v, ok
}

// Peek returns the value of a key and leaves the order as it is.
func (r *Recent[V]) Peek(key uint64) (V, bool) {
	d, ok := r.keys.Peek(key)
	return d.v, ok
}

// Contains tells whether there is a value and leaves the order as it is.
func (r *Recent[V]) Contains(key uint64) bool { return r.keys.Contains(key) }

// Len is the number of entries.
func (r *Recent[V]) Len() int { return r.keys.Len() }

// Add sets the value of a key and makes it the most recent.
func (r *Recent[V]) Add(key uint64, v V) {
	if !r.add(key, v) {
		r.markDirty(key)
	}
}

// add is Add, and reports whether the key is new; one that is not is no change.
func (r *Recent[V]) add(key uint64, v V) (isNew bool) {
	r.clock++
	before := r.keys.Len()
	evicted := r.keys.Add(key, dated[V]{r.clock, v})
	if isNew = evicted || r.keys.Len() > before; isNew {
		r.markDirty(key)
	}
	return isNew
}

// Changes yields the entries that came, changed and went since the last call,
// and forgets them. Of what is gone there is no value.
func (r *Recent[V]) Changes(yield func(d Dated[V], there bool)) {
	for key := range r.dirty {
		d, there := r.keys.Peek(key)
		yield(Dated[V]{key, d.at, d.v}, there)
	}
	clear(r.dirty)
}

// Load takes up an entry that was put down; Loaded follows the last one.
func (r *Recent[V]) Load(d Dated[V]) { r.loading = append(r.loading, d) }

// Loaded adds what was loaded in its old order, so that the same entries go
// first as without a restart. What no longer fits is a change.
func (r *Recent[V]) Loaded() {
	slices.SortFunc(r.loading, func(a, b Dated[V]) int { return cmp.Compare(a.At, b.At) })
	for _, d := range r.loading {
		r.keys.Add(d.Key, dated[V]{d.At, d.Value})
		r.clock = max(r.clock, d.At)
	}
	r.loading = nil
}
