package behaviour

import (
	"github.com/tinylib/msgp/msgp"
	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/event"
	"redshank/analytics/state"
)

// hoursKept is three days: the day that is judged, and two more for events that
// come late.
const hoursKept = 72

// Volume counts the items of mail that were read, by hour. It takes about 300 bytes.
type Volume struct {
	hours    [hoursKept]int32
	last     int64 // the latest time at which anything was read
	newest   int64 // the last of hours, counted from 1970
	mean     float64
	meanDays int // how many days the mean is made of, up to a fortnight
}

// Read counts items and returns the most that were read in any 24 hours around
// that time, 0 for a time that is more than three days behind.
func (v *Volume) Read(at int64, items int) int {
	h := at / event.Hour
	v.last = max(v.last, at)
	switch {
	case h > v.newest:
		v.advance(h)
	case h <= v.newest-hoursKept:
		return 0
	}
	v.hours[h%hoursKept] += int32(min(items, 1<<20))
	sum := v.Between(h-23, h)
	most := sum
	for end := h + 1; end <= min(h+23, v.newest); end++ { // only for what comes late
		sum += v.Between(end, end) - v.Between(end-24, end-24)
		most = max(most, sum)
	}
	return most
}

// join adds what another volume has counted.
func (v *Volume) join(o *Volume) {
	for h := o.newest - hoursKept + 1; h <= o.newest; h++ {
		if n := o.hours[(h%hoursKept+hoursKept)%hoursKept]; n > 0 {
			v.Read(min(h*event.Hour+event.Hour-1, o.last), int(n))
		}
	}
}

// Between returns the items of the hours from one to another, both included and
// counted from 1970.
func (v *Volume) Between(from, to int64) (sum int) {
	from, to = max(from, v.newest-hoursKept+1), min(to, v.newest)
	for at := (from + hoursKept) % hoursKept; from <= to; from++ {
		sum += int(v.hours[at])
		if at++; at == hoursKept { // a division for each hour would take most of the time
			at = 0
		}
	}
	return sum
}

// advance moves the hours on. The items of a day enter the mean once the day is
// over, unless they were far above the mean themselves.
func (v *Volume) advance(h int64) {
	if v.newest != 0 && v.newest/24 != h/24 {
		end := v.newest - v.newest%24 + 23
		if sum := v.Between(end-23, end); v.meanDays == 0 || sum < v.Much(LeastVolume) {
			v.meanDays = min(v.meanDays+1, 14)
			v.mean += (float64(sum) - v.mean) / float64(v.meanDays)
		}
	}
	for n := max(v.newest, h-hoursKept) + 1; n <= h; n++ {
		v.hours[n%hoursKept] = 0
	}
	v.newest = h
}

// LeastVolume is the number of items a day that is never far above the mean.
const LeastVolume = 500

// Much returns the number of items a day that is far above what is usual: five
// times the mean, and at least least.
func (v *Volume) Much(least int) int { return max(least, int(5*v.mean)) }

// Mean returns the mean number of items a day, rounded down.
func (v *Volume) Mean() int { return int(v.mean) }

// Begin returns the begin of the first hour in which anything was read in the day
// before a time, in Unix milliseconds.
func (v *Volume) Begin(at int64) int64 {
	h := at/event.Hour - 23
	for h < at/event.Hour && (h <= v.newest-hoursKept || v.hours[h%hoursKept] == 0) {
		h++
	}
	return min(h*event.Hour, at)
}

// Last returns the latest time at which anything was read, in Unix milliseconds.
func (v *Volume) Last() int64 { return v.last }

// Since returns the items read since an hour, counted from 1970.
func (v *Volume) Since(hour int64) int { return v.Between(hour, v.newest) }

// Append appends the saved form. v may be nil.
func (v *Volume) Append(b []byte) []byte {
	if v == nil {
		return msgp.AppendNil(b)
	}
	b = state.AppendNumbers(msgp.AppendArrayHeader(b, 5), v.hours[:])
	b = msgp.AppendInt64(msgp.AppendInt64(b, v.last), v.newest)
	return msgp.AppendInt(msgp.AppendFloat64(b, v.mean), v.meanDays)
}

// DecodeMsgpack implements msgpack.CustomDecoder.
func (v *Volume) DecodeMsgpack(dec *msgpack.Decoder) error {
	var s struct {
		Hours        []byte
		Last, Newest int64
		Mean         float64
		MeanDays     int
	}
	if err := dec.Decode(&s); err != nil {
		return err
	}
	v.last, v.newest, v.mean, v.meanDays = s.Last, s.Newest, s.Mean, s.MeanDays
	_, err := state.Unpack(s.Hours, v.hours[:])
	return err
}
