package analytics

import (
	"strconv"

	"redshank/analytics/policy"
)

const (
	hour = 60 * 60 * 1000 // milliseconds, as all times here
	day  = 24 * hour
	// visitSpan is how far apart sign-ins are that count as two.
	signInSpan = 10 * 60 * 1000
	// forgetAfter is when a place that was not used again is new once more,
	// and when an account that was silent for so long begins anew.
	forgetAfter = 90 * day
)

// How many places one baseline keeps: 1.5 KB for an account at the worst, 8 KB
// for a group, of which there are at most 64.
const (
	maxFeatures      = 48
	maxGroupFeatures = 256
)

// placeKind is what a place is: the things one gets used to.
type featureKind byte

const (
	featureNetwork featureKind = 'n'
	featureCountry featureKind = 'c'
	featureDevice  featureKind = 'd'
	featureFamily  featureKind = 'f'
	featureApp     featureKind = 'p'
	featureMethod  featureKind = 'm' // a protocol at sign-in
	featureReader  featureKind = 'r' // a program that reads mail, with its network
)

// baseline is what is usual for one account, group or application. It ripens
// with distinct days or sign-ins; an unripe one calls nothing new.
type baseline struct {
	features []feature
	hours    [24]int32 // day of the first sign-in at each hour (UTC), from 1970; 0: none
	days     int       // distinct days with sign-ins
	signIns  int
	began    int64 // the earliest sign-in
	newest   int64 // the latest
	mature   int64 // when it ripened; 0: not yet
	changed  bool  // since it was put down, of a group
}

// place is one thing that one is used to.
type feature struct {
	key         uint64 // hash of kind and value
	first, last int64
	days        int32 // distinct days, as far as they came in order
}

// knows tells whether the place was there when the baseline ripened, or has
// been used on as many days as a baseline needs. So a thief who comes back on
// the second day is still new.
func (b *baseline) knows(key uint64, at int64, ripening policy.LearningPeriod) bool {
	for i := range b.features {
		if p := &b.features[i]; p.key == key {
			return at-p.last < forgetAfter && (p.first <= b.mature || int(p.days) >= ripening.Days)
		}
	}
	return false
}

// knewBefore tells whether the place was usual before a note at this time was
// made: the first use of a place never excuses itself, even where a flood of
// sign-ins makes the baseline ripe right after it.
func (b *baseline) knewBefore(key uint64, at int64, ripening policy.LearningPeriod) bool {
	for i := range b.features {
		if p := &b.features[i]; p.key == key {
			return p.first < at && b.knows(key, at, ripening)
		}
	}
	return false
}

// isRipe tells whether the baseline was ripe at a time.
func (b *baseline) isMature(at int64) bool { return b.mature != 0 && at >= b.mature }

// isNew tells whether a ripe baseline does not know the place.
func (b *baseline) isNew(key uint64, at int64, ripening policy.LearningPeriod) bool {
	return b.isMature(at) && !b.knows(key, at, ripening)
}

// visit remembers that a place was used. Where there is no room the place that
// was left alone longest goes.
func (b *baseline) use(key uint64, at int64, limit int) {
	oldest := 0
	for i := range b.features {
		p := &b.features[i]
		if p.key == key {
			p.use(at)
			return
		}
		if p.last < b.features[oldest].last {
			oldest = i
		}
	}
	fresh := feature{key, at, at, 1}
	if len(b.features) < limit {
		b.features = append(b.features, fresh)
	} else {
		b.features[oldest] = fresh
	}
}

func (p *feature) use(at int64) {
	switch {
	case at-p.last >= forgetAfter:
		*p = feature{p.key, at, at, 1}
		return
	case at/day > p.last/day, at/day < p.first/day:
		p.days++ // a late one between the two is not told from a known day
	}
	p.first, p.last = min(p.first, at), max(p.last, at)
}

// signIn counts a sign-in and lets the baseline ripen. It is ripe as of the
// latest sign-in, so that all that came before, in whatever order, is usual.
// Of requests, each of which brings its credentials, one an hour counts, and of
// sign-ins one in ten minutes: else a thief makes his own habits in a minute.
func (b *baseline) signIn(at int64, ripening policy.LearningPeriod, request bool) {
	if b.newest != 0 && at-b.newest >= forgetAfter {
		*b = baseline{features: b.features[:0]}
	}
	apart := int64(signInSpan)
	if request {
		apart = hour
	}
	if b.newest == 0 || at/apart > b.newest/apart || at/apart < b.began/apart {
		b.signIns++
	}
	if b.newest == 0 || at/day > b.newest/day || at/day < b.began/day {
		b.days++
	}
	b.newest = max(b.newest, at)
	if b.began == 0 || at < b.began {
		b.began = at
	}
	if h := &b.hours[at/hour%24]; *h == 0 || int32(at/day) < *h {
		*h = int32(at / day)
	}
	if b.mature == 0 && (b.days >= ripening.Days || b.signIns >= ripening.SignIns) {
		b.mature = b.newest
	}
}

// isNewHour tells whether a ripe baseline has seen no sign-in at this hour of
// the day, nor at the ones beside it, up to the time it ripened or so many
// days ago.
func (b *baseline) isNewHour(at int64, ripening policy.LearningPeriod) bool {
	if !b.isMature(at) {
		return false
	}
	h := at / hour
	for _, near := range [3]int64{h + 23, h, h + 1} {
		first := b.hours[near%24]
		if first != 0 && (int64(first) <= b.mature/day || int64(first)+int64(ripening.Days) <= at/day) {
			return false
		}
	}
	return true
}

// describe says how ripe the baseline is, for whoever weighs an alert.
func (b *baseline) describe(ripening policy.LearningPeriod) string {
	had := strconv.Itoa(b.days) + " days, " + strconv.Itoa(b.signIns) + " sign-ins"
	if b.mature != 0 {
		return "ripe since " + timeOf(b.mature).Format("2006-01-02") + ": " + had
	}
	return "unripe: " + had + " of " + strconv.Itoa(ripening.Days) + " days or " + strconv.Itoa(ripening.SignIns) + " sign-ins"
}
