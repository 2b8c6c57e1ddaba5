package analytics

import (
	"redshank/analytics/policy"
)

// What one account keeps of its habits: about 1 KB at the worst.
const (
	maxPlaces = 32
	hoursKept = 24
)

const (
	hour = 60 * 60 * 1000 // milliseconds, as all times here
	day  = 24 * hour
	// forgetAfter is when a place that was not used again is new once more.
	forgetAfter = 90 * day
)

// placeKind is what a place is: the things one gets used to.
type placeKind byte

const (
	atNetwork placeKind = 'n'
	atCountry placeKind = 'c'
	onDevice  placeKind = 'd'
	byFamily  placeKind = 'f'
	byApp     placeKind = 'p'
)

// baseline is what is usual for one account or application. It ripens with
// distinct days or sign-ins; an unripe one calls nothing new.
type baseline struct {
	places  []place
	days    int   // distinct days with sign-ins
	lastDay int64 // the latest of them
	signIns int
	ripe    int64 // when it ripened; 0: not yet

	// Items read, by hour of the last day, and the mean of the days before.
	hours    [hoursKept]int32
	hourOf   int64 // the hour that hours ends with, counted from 1970
	mean     float64
	meanDays int
}

// place is one thing the account is used to.
type place struct {
	key         uint64 // hash of kind and value
	first, last int64
}

// knows tells whether the account is used to a place at the given time: it was
// there when the baseline ripened, or has been used for as many days as a
// baseline needs. So a thief who comes back on the second day is still new.
func (b *baseline) knows(key uint64, at int64, ripening policy.Ripening) bool {
	for i := range b.places {
		p := &b.places[i]
		if p.key == key {
			settled := at-p.first >= int64(ripening.Days)*day
			return p.first <= b.ripe && at-p.last < forgetAfter || settled
		}
	}
	return false
}

// isNew tells whether a ripe baseline does not know the place.
func (b *baseline) isNew(key uint64, at int64, ripening policy.Ripening) bool {
	return b.ripe != 0 && at >= b.ripe && !b.knows(key, at, ripening)
}

// visit remembers that a place was used.
func (b *baseline) visit(key uint64, at int64) {
	oldest := 0
	for i := range b.places {
		p := &b.places[i]
		if p.key == key {
			if at-p.last >= forgetAfter {
				p.first = at
			}
			p.first, p.last = min(p.first, at), max(p.last, at)
			return
		}
		if p.last < b.places[oldest].last {
			oldest = i
		}
	}
	if len(b.places) < maxPlaces {
		b.places = append(b.places, place{key, at, at})
	} else {
		b.places[oldest] = place{key, at, at}
	}
}

// signIn counts a sign-in and lets the baseline ripen.
func (b *baseline) signIn(at int64, ripening policy.Ripening) {
	b.signIns++
	if d := at / day; d > b.lastDay {
		b.lastDay = d
		b.days++
	}
	if b.ripe == 0 && (b.days >= ripening.Days || b.signIns >= ripening.SignIns) {
		b.ripe = at
	}
}

// read counts items of mail and returns how many were read in the day that
// ends with this hour.
func (b *baseline) read(at int64, items int) int {
	h := at / hour
	switch {
	case h > b.hourOf:
		b.advance(h)
	case h <= b.hourOf-hoursKept:
		return 0 // too late to matter
	}
	b.hours[h%hoursKept] += int32(min(items, 1<<20))
	sum := 0
	for _, n := range b.hours {
		sum += int(n)
	}
	return sum
}

// advance moves the hours on; what a full day read enters the mean once.
func (b *baseline) advance(h int64) {
	if b.hourOf/24 != h/24 && b.hourOf != 0 {
		sum := int32(0)
		for _, n := range b.hours {
			sum += n
		}
		b.meanDays = min(b.meanDays+1, 14) // a fortnight's memory
		b.mean += (float64(sum) - b.mean) / float64(b.meanDays)
	}
	for n := b.hourOf + 1; n <= h && n <= b.hourOf+hoursKept; n++ {
		b.hours[n%hoursKept] = 0
	}
	b.hourOf = h
}

// much is how many items in a day are far above what is usual: five times the
// mean, and never less than least.
func (b *baseline) much(least int) int { return max(least, int(5*b.mean)) }
