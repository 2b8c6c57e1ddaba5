package analytics

import (
	"time"

	"redshank/analytics/event"
)

// aheadEvents is how many events wait for one another. With more they would push
// what was fetched for the first out of the nearest cache before its turn.
const aheadEvents = 8

// ahead holds events that were read and not observed yet. Where some thousands
// of people sign in, what is known of each has left the processor's cache by the
// time that he comes again. So events wait until there are some, and what all of
// them need is fetched before the first is observed: the waits of eight become
// one. In an agent that is a tenth of what a line costs; in a benchmark of the
// engine alone, which has the cache to itself, it makes no difference.
//
// Only events of lines of one file wait, in their order, and none beyond its
// chunk, which they point into.
type ahead struct {
	events   [aheadEvents]event.Event
	received [aheadEvents]time.Time
	hashes   [aheadEvents]uint64 // by the memo
	known    [aheadEvents]*acquaintance
	n        int
	fetched  uint64 // of what was fetched: what nobody uses the compiler leaves out
}

// slot is the event to read the next line into.
func (a *ahead) slot() *event.Event { return &a.events[a.n] }

// release lets go of the chunk.
func (a *ahead) release() {
	a.n = 0
	for i := range a.events {
		a.events[i].Reset()
	}
}

// later is observe for an event that may wait.
func (e *Engine) later(ev *event.Event) {
	a := &e.ahead
	if a.n > 0 && ev.Time != a.events[0].Time && !e.together(&a.events[0], ev) {
		e.catchUp()
	}
	switch {
	case idle(ev): // it only tells the time
		e.observe(ev)
	case ev != a.slot(): // of a line before it, and over when this returns
		e.catchUp()
		e.observe(ev)
	default:
		a.received[a.n], a.hashes[a.n] = e.received, e.memo.Hash(ev)
		if a.n++; a.n == aheadEvents {
			e.catchUp()
		}
	}
}

// together tells whether an event may wait for another: where its time is told
// before, the other is no later for that than it is.
func (e *Engine) together(first, ev *event.Event) bool {
	since := ev.Time.Sub(first.Time).Milliseconds()
	return since >= 0 && since <= e.desk.lateness
}

// catchUp observes all that wait.
func (e *Engine) catchUp() {
	a, received := &e.ahead, e.received
	if a.n == 0 {
		return
	}
	e.fetch()
	for i := range a.n {
		e.received = a.received[i]
		e.observeAs(a.hashes[i], &a.events[i])
	}
	a.n, e.received = 0, received
}

// fetch reads a little of each cache line that the events to come need. A line
// has to be there before it can tell where the next one is, hence the rounds;
// each is a short loop, in which the processor is many turns ahead of memory.
func (e *Engine) fetch() {
	a := &e.ahead
	for i := range a.n {
		a.fetched += e.memo.Fetch(a.hashes[i])
	}
	for i := range a.n {
		if a.known[i] = e.memo.Peek(a.hashes[i]); a.known[i] == nil {
			a.known[i] = &noAcquaintance
		}
		a.fetched += uint64(a.known[i].learned.at)
	}
	for i := range a.n {
		k := a.known[i]
		a.fetched += k.fetchStay()
		if k.isRoutine(&a.events[i]) {
			a.known[i] = &noAcquaintance
		}
		a.fetched += a.known[i].fetchEntries()
	}
	for i := range a.n {
		a.fetched += a.known[i].fetchEvidence()
	}
	for i := range a.n {
		a.fetched += a.known[i].fetchPlaces()
	}
}

var noAcquaintance acquaintance

// isRoutine tells whether an event is likely to change nothing but the stay.
func (k *acquaintance) isRoutine(ev *event.Event) bool {
	return ev.Outcome == event.Success && ev.Time.UnixMilli()-k.learned.at < visitSpan
}

func (k *acquaintance) fetchStay() (sum uint64) {
	if k.stay != nil {
		sum += uint64(k.stay.last)
	}
	if c := k.client.Last(); c != nil {
		sum += uint64(c.newest)
	}
	return sum
}

func (k *acquaintance) fetchEntries() (sum uint64) {
	if a := k.account.Last(); a != nil {
		sum += a.key + uint64(len(a.known))
	}
	if d := k.dossier.Last(); d != nil {
		sum += d.key + uint64(len(d.notes))
	}
	return sum
}

// fetchEvidence reads one field of each cache line of the habits that a sign-in
// looks at, hence the odd places.
func (k *acquaintance) fetchEvidence() (sum uint64) {
	if c := k.client.Last(); c != nil {
		sum += c.tries.Fetch()
	}
	if a := k.account.Last(); a != nil && len(a.known) > 0 {
		sum += uint64(a.known[0].first)
	}
	if d := k.dossier.Last(); d != nil {
		h := d.habits
		sum += uint64(len(h.baseline.places)) + uint64(h.baseline.hours[0]) + uint64(h.baseline.hours[16]) + uint64(h.baseline.newest)
		sum += uint64(h.visits[0].at) + uint64(h.visits[2].at) + uint64(h.came[0].at) + uint64(h.came[2].at) + h.granter
	}
	return sum
}

func (k *acquaintance) fetchPlaces() (sum uint64) {
	if d := k.dossier.Last(); d != nil && len(d.baseline.places) > 0 {
		p := d.baseline.places
		sum += p[0].key + p[len(p)-1].key
	}
	return sum
}
