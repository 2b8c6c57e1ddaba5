package source

import "redshank/analytics/event"

// Counts tells what became of leaf records (a wrapper around three counts as
// three), by the source that took them; event.SourceUnknown stands for those
// that none took.
type Counts [sources][outcomes]uint64

// sources bounds Counts; the last source is event.Graph.
const sources = int(event.Graph) + 1

// Read is how many leaf records there were: the sum over everything.
func (c *Counts) Read() (n uint64) {
	for o := range outcomes {
		n += c.Total(o)
	}
	return n
}

// Total is how many had that outcome, over all sources.
func (c *Counts) Total(o Outcome) (n uint64) {
	for s := range c {
		n += c[s][o]
	}
	return n
}
