package collection

import "redshank/analytics/event"

// hoursKept is three days: the day that is weighed, and as much again and more
// for what comes late.
const hoursKept = 72

// volume is how many items of mail were read, by hour. About 300 bytes.
type volume struct {
	hours    [hoursKept]int32
	last     int64 // the latest time at which anything was read
	newest   int64 // the hour that hours ends with, counted from 1970
	mean     float64
	meanDays int // how many days the mean is made of, up to a fortnight
}

// read counts items and returns the most that were read in any 24 hours that
// hold this one.
func (v *volume) read(at int64, items int) int {
	h := at / event.Hour
	v.last = max(v.last, at)
	switch {
	case h > v.newest:
		v.advance(h)
	case h <= v.newest-hoursKept:
		return 0 // too late to matter
	}
	v.hours[h%hoursKept] += int32(min(items, 1<<20))
	sum := v.between(h-23, h)
	most := sum
	for end := h + 1; end <= min(h+23, v.newest); end++ { // only for what comes late
		sum += v.between(end, end) - v.between(end-24, end-24)
		most = max(most, sum)
	}
	return most
}

// join adds what another volume has counted.
func (v *volume) join(o *volume) {
	for h := o.newest - hoursKept + 1; h <= o.newest; h++ {
		if n := o.hours[(h%hoursKept+hoursKept)%hoursKept]; n > 0 {
			v.read(min(h*event.Hour+event.Hour-1, o.last), int(n))
		}
	}
}

// between sums the hours from one to another, both counted from 1970.
func (v *volume) between(from, to int64) (sum int) {
	from, to = max(from, v.newest-hoursKept+1), min(to, v.newest)
	for at := (from + hoursKept) % hoursKept; from <= to; from++ {
		sum += int(v.hours[at])
		if at++; at == hoursKept { // a division for each hour would take most of the time
			at = 0
		}
	}
	return sum
}

// advance moves the hours on. What a day has read enters the mean once the day
// is over, unless it was far too much itself.
func (v *volume) advance(h int64) {
	if v.newest != 0 && v.newest/24 != h/24 {
		end := v.newest - v.newest%24 + 23
		if sum := v.between(end-23, end); v.meanDays == 0 || sum < v.much(leastVolume) {
			v.meanDays = min(v.meanDays+1, 14)
			v.mean += (float64(sum) - v.mean) / float64(v.meanDays)
		}
	}
	for n := max(v.newest, h-hoursKept) + 1; n <= h; n++ {
		v.hours[n%hoursKept] = 0
	}
	v.newest = h
}

// leastVolume is what is never far too much, in items a day.
const leastVolume = 500

// much is how many items in a day are far above what is usual: five times the
// mean, and never less than least.
func (v *volume) much(least int) int { return max(least, int(5*v.mean)) }

// begin is when the first hour of the day before a time began in which
// anything was read, in Unix milliseconds.
func (v *volume) begin(at int64) int64 {
	h := at/event.Hour - 23
	for h < at/event.Hour && (h <= v.newest-hoursKept || v.hours[h%hoursKept] == 0) {
		h++
	}
	return min(h*event.Hour, at)
}
