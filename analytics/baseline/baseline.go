package baseline

import (
	"math"
	"slices"
	"strconv"

	"redshank/analytics/event"
	"redshank/analytics/policy"
)

const (
	// SignInSpan is the least time between two sign-ins that count as two, in
	// milliseconds.
	SignInSpan = 10 * 60 * 1000
	// forgetAfter is how long a feature is remembered after its last use, and how
	// long an account may be silent before its learning period starts again.
	forgetAfter = 90 * event.Day
)

// Bounds of the features of one baseline: at most 1.5 KB for an account, and 8 KB
// for a group, of which there are at most 64.
const (
	MaxFeatures      = 48
	MaxGroupFeatures = 256
)

// Baseline is what is usual for one account, group or application. It is mature
// after a number of distinct days or of sign-ins; until then nothing is new.
type Baseline struct {
	Features []KnownFeature
	hours    [24]int32 // day of the first sign-in at each hour (UTC), from 1970; 0: none
	Days     int       // distinct days with sign-ins
	SignIns  int
	began    int64 // the earliest sign-in
	newest   int64 // the latest
	Mature   int64 // when the learning period ended, Unix milliseconds; 0: not yet
	Changed  bool  // since the last save; used for groups
}

// KnownFeature is one feature that an account, group or application has used.
type KnownFeature struct {
	Key         uint64 // hash of kind and value
	First, last int64
	Days        int32 // distinct days, as far as they came in order
}

// Knows reports whether a feature was in use when the baseline became mature, or has
// been used on as many days as the learning period has. A thief who returns on the
// second day is therefore still new.
func (b *Baseline) Knows(key uint64, at int64, period policy.LearningPeriod) bool {
	for i := range b.Features {
		if p := &b.Features[i]; p.Key == key {
			return at-p.last < forgetAfter && (p.First <= b.Mature || int(p.Days) >= period.Days)
		}
	}
	return false
}

// KnewBefore reports whether a feature was usual before a time. The first use of a
// feature never makes itself usual, even if a flood of sign-ins ends the learning
// period right after it.
func (b *Baseline) KnewBefore(key uint64, at int64, period policy.LearningPeriod) bool {
	for i := range b.Features {
		if p := &b.Features[i]; p.Key == key {
			return p.First < at && b.Knows(key, at, period)
		}
	}
	return false
}

// IsMature reports whether the baseline was mature at a time.
func (b *Baseline) IsMature(at int64) bool { return b.Mature != 0 && at >= b.Mature }

// Began returns the time of the earliest sign-in in Unix milliseconds, 0 before one.
func (b *Baseline) Began() int64 { return b.began }

// IsNew reports whether the baseline is mature and does not know a feature.
func (b *Baseline) IsNew(key uint64, at int64, period policy.LearningPeriod) bool {
	return b.IsMature(at) && !b.Knows(key, at, period)
}

// Use records the use of a feature, and reports whether it was not used on that
// day before, as far as days came in order. In a full baseline the feature that
// was unused for longest makes room.
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
		p.Days++ // a late use between First and last cannot be distinguished from a known day
	}
	p.First, p.last = min(p.First, at), max(p.last, at)
}

// SignIn counts a sign-in and ends the learning period when there are enough. The
// baseline is then mature as of the latest sign-in, so that everything before that
// sign-in is usual, in whatever order it arrived. At most one request an hour
// counts, since each carries credentials, and at most one sign-in in ten minutes;
// otherwise a thief could establish a baseline in a minute.
func (b *Baseline) SignIn(at int64, period policy.LearningPeriod, request bool) {
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
	if h := &b.hours[uint64(at/event.Hour)%24]; *h == 0 || int32(at/event.Day) < *h {
		*h = int32(at / event.Day)
	}
	if b.Mature == 0 && (b.Days >= period.Days || b.SignIns >= period.SignIns) {
		b.Mature = b.newest
	}
}

// IsNewHour reports whether a mature baseline has no sign-in at this hour of the
// day or the adjacent hours that is from the learning period or at least as many
// days old.
func (b *Baseline) IsNewHour(at int64, period policy.LearningPeriod) bool {
	if !b.IsMature(at) {
		return false
	}
	h := at / event.Hour
	for _, near := range [3]int64{h + 23, h, h + 1} {
		first := b.hours[uint64(near)%24]
		if first != 0 && (int64(first) <= b.Mature/event.Day || int64(first)+int64(period.Days) <= at/event.Day) {
			return false
		}
	}
	return true
}

// Describe returns the maturity of the baseline in words.
func (b *Baseline) Describe(period policy.LearningPeriod) string {
	had := strconv.Itoa(b.Days) + " days, " + strconv.Itoa(b.SignIns) + " sign-ins"
	if b.Mature != 0 {
		return "mature since " + event.UnixTime(b.Mature).Format("2006-01-02") + ": " + had
	}
	return "learning: " + had + " of " + strconv.Itoa(period.Days) + " days or " + strconv.Itoa(period.SignIns) + " sign-ins"
}

// UsedBefore reports whether a feature was used before a time, mature or not.
func (b *Baseline) UsedBefore(key uint64, at int64) bool {
	return slices.ContainsFunc(b.Features, func(p KnownFeature) bool { return p.Key == key && p.First < at })
}

// HasUsed reports whether a feature was ever used, mature or not.
func (b *Baseline) HasUsed(key uint64) bool { return b.UsedBefore(key, math.MaxInt64) }
