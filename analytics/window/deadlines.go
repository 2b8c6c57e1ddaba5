package window

import (
	"cmp"
	"math"
	"slices"
)

// Deadlines are decisions that wait for events which may not come, one for each key,
// with the time at which they are made in any case. The number of them is bounded.
type Deadlines[K comparable, V any] struct {
	changed[K]
	size   int
	list   map[K]Deadline[V]
	next   int64  // no deadline is before
	number uint64 // of the latest one
}

// Deadline is the time of one decision, in Unix milliseconds, with its place in the order
// in which the deadlines were set.
type Deadline[V any] struct {
	At     int64
	Number uint64
	Value  V
}

// deadlineGrain is the least time between two searches for what is due, in milliseconds: a
// search reads all deadlines.
const deadlineGrain = 10_000

// NewDeadlines returns an empty set of at most size deadlines.
func NewDeadlines[K comparable, V any](size int) *Deadlines[K, V] {
	return &Deadlines[K, V]{size: size, list: map[K]Deadline[V]{}, next: math.MaxInt64}
}

// Set sets the deadline of a key, at a time in Unix milliseconds, in place of an earlier
// one. A full set takes no further key.
func (d *Deadlines[K, V]) Set(k K, at int64, v V) {
	d.number++
	d.Load(k, Deadline[V]{at, d.number, v})
	d.MarkDirty(k)
}

// Get returns the value of a key that has a deadline.
func (d *Deadlines[K, V]) Get(k K) (v V, ok bool) {
	set, ok := d.list[k]
	return set.Value, ok
}

// Next returns a time, in Unix milliseconds, up to which Due calls nothing: that of the
// earliest deadline, or one before it. Without deadlines it returns math.MaxInt64.
func (d *Deadlines[K, V]) Next() int64 {
	if len(d.list) == 0 {
		return math.MaxInt64
	}
	return d.next
}

// Load sets a saved deadline.
func (d *Deadlines[K, V]) Load(k K, saved Deadline[V]) {
	if _, ok := d.list[k]; !ok && len(d.list) >= d.size {
		return
	}
	d.list[k] = saved
	d.number = max(d.number, saved.Number)
	d.next = min(d.next, saved.At)
}

// Changes yields the deadlines that were set or removed since the last call. A removed one
// is not present and has no value.
func (d *Deadlines[K, V]) Changes(yield func(k K, set Deadline[V], present bool)) {
	d.take(func(k K) {
		set, ok := d.list[k]
		yield(k, set, ok)
	})
}

// Due calls f for the deadlines up to a time, in their order, and removes them, ten
// seconds late at the most. f may set others, which are not called before the next call of
// Due.
func (d *Deadlines[K, V]) Due(now int64, f func(K, V)) {
	if now < d.next {
		return
	}
	type entry struct {
		k K
		Deadline[V]
	}
	var due []entry
	next := int64(math.MaxInt64)
	for k, e := range d.list {
		if e.At <= now {
			due = append(due, entry{k, e})
			delete(d.list, k)
			d.MarkDirty(k)
		} else {
			next = min(next, e.At)
		}
	}
	d.next = max(next, now+deadlineGrain)
	slices.SortFunc(due, func(a, b entry) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Number, b.Number)) })
	for _, e := range due {
		f(e.k, e.Value)
	}
}
