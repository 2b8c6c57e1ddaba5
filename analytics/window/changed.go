package window

// changed are the keys of the entries that have changed since they were last saved.
type changed[K comparable] struct {
	keys map[K]struct{} // nil: changes are not tracked
}

// Track begins to note what changes, for Changes.
func (c *changed[K]) Track() { c.keys = map[K]struct{}{} }

// MarkDirty records that the entry of k was changed in place.
func (c *changed[K]) MarkDirty(k K) {
	if c.keys != nil {
		c.keys[k] = struct{}{}
	}
}

// take calls f for the keys that have changed since the last call, each once, in no order.
func (c *changed[K]) take(f func(K)) {
	for k := range c.keys {
		f(k)
	}
	clear(c.keys)
}
