package collection

import (
	"slices"

	"redshank/analytics/event"
)

// beats is how many requests in a row have to keep time.
const minIntervals = 17

// rhythm recognises requests that come like clockwork, in whatever order they
// are told of. It keeps the latest times, in their order.
type beacon struct {
	times [4 * minIntervals]int64
	count int
}

// tick takes a request's time and tells whether beats of the requests around
// it lie evenly: every gap within a fifth of their mean. Gaps under a second
// say nothing: programs of people burst too; nor do those over an hour.
func (r *beacon) add(at int64) bool {
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
		if even(r.times[from : from+minIntervals]) {
			return true
		}
	}
	return false
}

func even(times []int64) bool {
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

// run tells whether fifty requests, the one at this time among them, lie in ten
// minutes. Those of one second, which is as exact as IIS is, are one.
func (r *beacon) run(at int64) bool {
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
