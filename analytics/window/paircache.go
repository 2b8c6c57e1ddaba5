package window

import "redshank/analytics/event"

// PairCache keeps a value for each pair of the normalisation cache, so that an
// analytic need not look up the same client and account for every request. A
// value is lost when its pair leaves the normalisation cache.
type PairCache[V any] struct {
	slots [event.PairSlots]struct {
		hash  uint64
		value V
	}
	spare V // for events that are not cached
}

// Get returns the value of a pair, which is the zero value at first. The pointer
// is valid until the next Get.
func (c *PairCache[V]) Get(p event.Pair) *V {
	if p.Hash == 0 {
		c.spare = *new(V)
		return &c.spare
	}
	s := &c.slots[p.Slot]
	if s.hash != p.Hash {
		s.hash, s.value = p.Hash, *new(V)
	}
	return &s.value
}
