package evidence

import (
	"math/bits"

	"redshank/analytics/event"
)

// MaxLag bounds how long failures wait for the records of a source that come late, in
// milliseconds.
const MaxLag = 10 * event.Minute

// Lags estimate, for each source, after what time, in milliseconds, nineteen of its records in
// twenty have arrived.
type Lags [event.Sources]int32

// lagStep is by how much, in milliseconds, one record changes an estimate.
const lagStep = 1000

// Arrived notes that a failure from one source, given as a bit, arrived some milliseconds after
// its time.
func (l *Lags) Arrived(source uint16, late int64) {
	n := bits.TrailingZeros16(source)
	if n >= len(l) {
		return
	}
	if late > int64(l[n]) {
		l[n] = min(l[n]+19*lagStep, MaxLag)
	} else {
		l[n] = max(l[n]-lagStep, 0)
	}
}

// Of returns how long nearly all records of some sources, given as bits, take to arrive, in
// milliseconds: that of the source with the least, and at most MaxLag.
func (l *Lags) Of(sources uint16) int64 {
	least := int32(MaxLag)
	for n := range l {
		if sources>>n&1 != 0 {
			least = min(least, l[n])
		}
	}
	return int64(least)
}
