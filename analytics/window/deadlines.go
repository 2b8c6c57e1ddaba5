package window

import (
	"cmp"
	"math"
	"slices"
)

// Deadlines are decisions that wait for events which may not come, one for each key,
// with the time at which they are made in any case. The number of them is bounded.
type Deadlines[K comparable, V any] struct {
	size   int
	list   map[K]deadline[V]
	next   int64  // no deadline is before
	number uint64 // of the latest one
}

type deadline[V any] struct {
	at     int64
	number uint64
	value  V
}

// deadlineGrain is the least time between two searches for what is due, in milliseconds: a
// search reads all deadlines.
const deadlineGrain = 10_000

// NewDeadlines returns an empty set of at most size deadlines.
func NewDeadlines[K comparable, V any](size int) *Deadlines[K, V] {
	return &Deadlines[K, V]{size: size, list: map[K]deadline[V]{}, next: math.MaxInt64}
}

// Set sets the deadline of a key, at a time in Unix milliseconds, in place of an earlier
// one. A full set takes no further key.
func (d *Deadlines[K, V]) Set(k K, at int64, v V) {
	if _, ok := d.list[k]; !ok && len(d.list) >= d.size {
		return
	}
	d.number++
	d.list[k] = deadline[V]{at, d.number, v}
	d.next = min(d.next, at)
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
		deadline[V]
	}
	var due []entry
	next := int64(math.MaxInt64)
	for k, e := range d.list {
		if e.at <= now {
			due = append(due, entry{k, e})
			delete(d.list, k)
		} else {
			next = min(next, e.at)
		}
	}
	d.next = max(next, now+deadlineGrain)
	slices.SortFunc(due, func(a, b entry) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.number, b.number)) })
	for _, e := range due {
		f(e.k, e.value)
	}
}
