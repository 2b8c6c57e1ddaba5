package behaviour

import (
	"slices"

	"github.com/tinylib/msgp/msgp"
	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/event"
	"redshank/analytics/state"
)

// minIntervals is how many requests in a row must be evenly spaced.
const minIntervals = 17

// Beacon recognises requests at regular intervals, whatever order they arrive in.
// It keeps the latest times, sorted.
type Beacon struct {
	times [4 * minIntervals]int64
	count int
}

// Add adds the time of a request and reports whether minIntervals requests
// around it are evenly spaced: every gap is within a fifth of the mean. Means
// below one second, which bursts of interactive clients have, and above one hour
// are ignored.
func (r *Beacon) Add(at int64) bool {
	place, known := slices.BinarySearch(r.times[:r.count], at)
	if known {
		return false
	}
	if r.count == len(r.times) {
		if place == 0 {
			return false
		}
		copy(r.times[:], r.times[1:place])
		r.times[place-1] = at
		place--
	} else {
		copy(r.times[place+1:r.count+1], r.times[place:r.count])
		r.times[place] = at
		r.count++
	}
	for from := max(0, place-minIntervals+1); from <= place && from+minIntervals <= r.count; from++ {
		if isRegular(r.times[from : from+minIntervals]) {
			return true
		}
	}
	return false
}

// isRegular reports whether every gap is within a fifth of the mean.
func isRegular(times []int64) bool {
	mean := (times[len(times)-1] - times[0]) / int64(len(times)-1)
	if mean < 1000 || mean > event.Hour {
		return false
	}
	for i := 1; i < len(times); i++ {
		if gap := times[i] - times[i-1]; gap*5 < mean*4 || gap*5 > mean*6 {
			return false
		}
	}
	return true
}

// Run reports whether fifty requests, including the one at this time, lie within
// ten minutes. Requests of the same second, the resolution of IIS, count as one.
func (r *Beacon) Run(at int64) bool {
	const fifty, within = 50, 10 * 60 * 1000
	place, known := slices.BinarySearch(r.times[:r.count], at)
	if !known {
		return false
	}
	for from := max(0, place-fifty+1); from <= place && from+fifty <= r.count; from++ {
		if r.times[from+fifty-1]-r.times[from] <= within {
			return true
		}
	}
	return false
}

// Append appends the saved form. r may be nil.
func (r *Beacon) Append(b []byte) []byte {
	if r == nil {
		return msgp.AppendNil(b)
	}
	return state.AppendNumbers(b, r.times[:r.count])
}

// DecodeMsgpack implements msgpack.CustomDecoder.
func (r *Beacon) DecodeMsgpack(dec *msgpack.Decoder) error {
	times, err := dec.DecodeBytes()
	for n := 0; err == nil && len(times) > 0 && r.count < len(r.times); r.count++ {
		n, err = state.Unpack(times, r.times[r.count:r.count+1])
		times = times[n:]
	}
	return err
}
