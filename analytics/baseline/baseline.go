package baseline

import (
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"slices"
	"strconv"
)

const (
	// visitSpan is how far apart sign-ins are that count as two.
	SignInSpan = 10 * 60 * 1000
	// forgetAfter is when a place that was not used again is new once more,
	// and when an account that was silent for so long begins anew.
	forgetAfter = 90 * event.Day
)

// How many places one baseline keeps: 1.5 KB for an account at the worst, 8 KB
// for a group, of which there are at most 64.
const (
	MaxFeatures      = 48
	MaxGroupFeatures = 256
)

// baseline is what is usual for one account, group or application. It ripens
// with distinct days or sign-ins; an unripe one calls nothing new.
type Baseline struct {
	Features []KnownFeature
	hours    [24]int32 // day of the first sign-in at each hour (UTC), from 1970; 0: none
	Days     int       // distinct days with sign-ins
	SignIns  int
	began    int64 // the earliest sign-in
	newest   int64 // the latest
	Mature   int64 // when it ripened; 0: not yet
	Changed  bool  // since it was put down, of a group
}

// KnownFeature is one feature that an account, group or application has used.
type KnownFeature struct {
	Key         uint64 // hash of kind and value
	First, last int64
	Days        int32 // distinct days, as far as they came in order
}

// knows tells whether the place was there when the baseline ripened, or has
// been used on as many days as a baseline needs. So a thief who comes back on
// the second day is still new.
func (b *Baseline) Knows(key uint64, at int64, ripening policy.LearningPeriod) bool {
	for i := range b.Features {
		if p := &b.Features[i]; p.Key == key {
			return at-p.last < forgetAfter && (p.First <= b.Mature || int(p.Days) >= ripening.Days)
		}
	}
	return false
}

// knewBefore tells whether the place was usual before a note at this time was
// made: the first use of a place never excuses itself, even where a flood of
// sign-ins makes the baseline ripe right after it.
func (b *Baseline) KnewBefore(key uint64, at int64, ripening policy.LearningPeriod) bool {
	for i := range b.Features {
		if p := &b.Features[i]; p.Key == key {
			return p.First < at && b.Knows(key, at, ripening)
		}
	}
	return false
}

// isRipe tells whether the baseline was ripe at a time.
func (b *Baseline) IsMature(at int64) bool { return b.Mature != 0 && at >= b.Mature }

// isNew tells whether a ripe baseline does not know the place.
func (b *Baseline) IsNew(key uint64, at int64, ripening policy.LearningPeriod) bool {
	return b.IsMature(at) && !b.Knows(key, at, ripening)
}

// visit remembers that a place was used. Where there is no room the place that
// was left alone longest goes.
//
// Use reports whether the feature was not used on that day before, as far as
// days came in order.
func (b *Baseline) Use(key uint64, at int64, limit int) (newDay bool) {
	oldest := 0
	for i := range b.Features {
		p := &b.Features[i]
		if p.Key == key {
			newDay = at/event.Day != p.last/event.Day
			p.use(at)
			return newDay
		}
		if p.last < b.Features[oldest].last {
			oldest = i
		}
	}
	fresh := KnownFeature{key, at, at, 1}
	if len(b.Features) < limit {
		b.Features = append(b.Features, fresh)
	} else {
		b.Features[oldest] = fresh
	}
	return true
}

func (p *KnownFeature) use(at int64) {
	switch {
	case at-p.last >= forgetAfter:
		*p = KnownFeature{p.Key, at, at, 1}
		return
	case at/event.Day > p.last/event.Day, at/event.Day < p.First/event.Day:
		p.Days++ // a late one between the two is not told from a known day
	}
	p.First, p.last = min(p.First, at), max(p.last, at)
}

// signIn counts a sign-in and lets the baseline ripen. It is ripe as of the
// latest sign-in, so that all that came before, in whatever order, is usual.
// Of requests, each of which brings its credentials, one an hour counts, and of
// sign-ins one in ten minutes: else a thief makes his own habits in a minute.
func (b *Baseline) SignIn(at int64, ripening policy.LearningPeriod, request bool) {
	if b.newest != 0 && at-b.newest >= forgetAfter {
		*b = Baseline{Features: b.Features[:0]}
	}
	apart := int64(SignInSpan)
	if request {
		apart = event.Hour
	}
	if b.newest == 0 || at/apart > b.newest/apart || at/apart < b.began/apart {
		b.SignIns++
	}
	if b.newest == 0 || at/event.Day > b.newest/event.Day || at/event.Day < b.began/event.Day {
		b.Days++
	}
	b.newest = max(b.newest, at)
	if b.began == 0 || at < b.began {
		b.began = at
	}
	if h := &b.hours[at/event.Hour%24]; *h == 0 || int32(at/event.Day) < *h {
		*h = int32(at / event.Day)
	}
	if b.Mature == 0 && (b.Days >= ripening.Days || b.SignIns >= ripening.SignIns) {
		b.Mature = b.newest
	}
}

// isNewHour tells whether a ripe baseline has seen no sign-in at this hour of
// the day, nor at the ones beside it, up to the time it ripened or so many
// days ago.
func (b *Baseline) IsNewHour(at int64, ripening policy.LearningPeriod) bool {
	if !b.IsMature(at) {
		return false
	}
	h := at / event.Hour
	for _, near := range [3]int64{h + 23, h, h + 1} {
		first := b.hours[near%24]
		if first != 0 && (int64(first) <= b.Mature/event.Day || int64(first)+int64(ripening.Days) <= at/event.Day) {
			return false
		}
	}
	return true
}

// describe says how ripe the baseline is, for whoever weighs an alert.
func (b *Baseline) Describe(ripening policy.LearningPeriod) string {
	had := strconv.Itoa(b.Days) + " days, " + strconv.Itoa(b.SignIns) + " sign-ins"
	if b.Mature != 0 {
		return "ripe since " + event.UnixTime(b.Mature).Format("2006-01-02") + ": " + had
	}
	return "unripe: " + had + " of " + strconv.Itoa(ripening.Days) + " days or " + strconv.Itoa(ripening.SignIns) + " sign-ins"
}

// usedBefore tells whether a place was used before a time, ripe or not.
func (b *Baseline) UsedBefore(key uint64, at int64) bool {
	return slices.ContainsFunc(b.Features, func(p KnownFeature) bool { return p.Key == key && p.First < at })
}
