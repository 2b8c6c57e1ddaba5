package profile

import (
	"math"

	"redshank/analytics/event"
)

// replacedSignIns counts the accounts that a full list has replaced, by the time of their
// latest sign-in: an address of thousands fills a list within a minute.
type replacedSignIns struct {
	counts []uint16 // of the latest six hours, by ten minutes; nil: none yet
	newest int32    // ten minutes from 1970
}

const (
	replacedGrain = 10 * event.Minute
	replacedSlots = 36
)

// add counts an account whose latest sign-in was at a time. Earlier ones than the latest six
// hours do not count.
func (r *replacedSignIns) add(at int64) {
	now := int32(max(at, 0) / replacedGrain)
	if r.counts == nil {
		r.counts, r.newest = make([]uint16, replacedSlots), now
	}
	for ; r.newest < now; r.newest++ {
		if now-r.newest > replacedSlots {
			r.newest = now - replacedSlots
		}
		r.counts[(r.newest+1)%replacedSlots] = 0
	}
	if n := &r.counts[now%replacedSlots]; now > r.newest-replacedSlots && *n < math.MaxUint16 {
		*n++
	}
}

// between returns how many accounts were replaced that signed in between two times, to
// ten minutes.
func (r *replacedSignIns) between(from, to int64) (n int) {
	if r.counts == nil {
		return 0
	}
	for slot := max(int32(from/replacedGrain), r.newest-replacedSlots+1, 0); slot <= min(int32(to/replacedGrain), r.newest); slot++ {
		n += int(r.counts[slot%replacedSlots])
	}
	return n
}
