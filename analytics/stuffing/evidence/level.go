package evidence

import (
	"math"

	"redshank/analytics/event"
)

// levelHours is how many hours of the tenant's level are kept, levelDays how
// many days of them are compared.
const (
	levelHours = 15 * 24
	levelDays  = 13
)

// Level counts the unexplained foreign failures of the whole tenant by hour and
// finds a change of their rate: the site-wide part of Javed and Paxson,
// "Detecting Stealthy, Distributed SSH Brute-Forcing" (CCS 2013). It knows what
// is usual for an hour of the day, so a Monday morning is not a change. If more accounts
// than usual fail in networks of their own, the service is out of order or passwords have
// expired, which explains failures elsewhere.
type Level struct {
	hours    [levelHours]hourCount
	began    int32 // the earliest hour
	latest   int32 // the latest hour
	expected [expectations]expectation
}

// expectations is how many of the latest expectations are kept: records of two logs
// may be hours apart.
const expectations = 4

// expectation is what is usual for the hours up to one.
type expectation struct {
	hour     int32 // the last of the values; 0: none
	mean     [lookBackHours]float32
	familiar [lookBackHours]float32
	before   earlierHours
}

// earlierHours are the sums over the hours before the last one of an expectation, which
// are kept because most failures come in the last one.
type earlierHours struct {
	known  bool // false: an hour has changed since
	excess float64
	from   int32 // hour from which there is an excess
	day    daySum
}

// daySum is the sum of what is counted and expected in the hours of a day.
type daySum struct{ failures, signIns, mean float64 }

type hourCount struct {
	hour     int32
	failures int32 // of foreign clients, not explained
	signIns  int32 // of accounts from networks that are new to them
	familiar int32 // accounts that failed in networks of their own
	dirty    bool  // since it was saved
}

// lookBackHours is how far back a change may have begun.
const lookBackHours = 48

// at returns the count of an hour, or nil if the hour is too late to be kept.
func (l *Level) at(hour int32) *hourCount {
	h := &l.hours[uint32(hour)%levelHours]
	if h.hour != hour {
		if h.hour > hour {
			return nil
		}
		*h = hourCount{hour: hour}
	}
	if l.began == 0 || hour < l.began {
		l.began = hour
	}
	l.latest = max(l.latest, hour)
	h.dirty = true
	for n := range l.expected {
		if e := &l.expected[n]; hour < e.hour {
			e.before.known = false
		}
	}
	return h
}

func (l *Level) add(at int64, n int32) {
	if h := l.at(int32(at / event.Hour)); h != nil {
		h.failures = max(0, h.failures+n)
	}
}

// AddSignIn counts a success from a network that is new to its account, at a time in
// Unix milliseconds.
func (l *Level) AddSignIn(at int64) {
	if h := l.at(int32(at / event.Hour)); h != nil {
		h.signIns++
	}
}

// AddFamiliar counts an account that failed in a network of its own, at a time in Unix
// milliseconds.
func (l *Level) AddFamiliar(at int64) {
	if h := l.at(int32(at / event.Hour)); h != nil {
		h.familiar++
	}
}

func (l *Level) count(hour int32) hourCount {
	if h := &l.hours[uint32(hour)%levelHours]; h.hour == hour {
		return *h
	}
	return hourCount{hour: hour}
}

func (h hourCount) ofFailures() int32 { return h.failures }
func (h hourCount) ofFamiliar() int32 { return h.familiar }

// mean is what is usual for an hour: the mean of a count over the same hours of the days
// before, smoothed over three hours, with two days of a given rate before
// anything is known.
func (l *Level) mean(hour int32, count func(hourCount) int32, prior float64) float64 {
	sum, days := 2*prior, 2.0
	for d := int32(1); d <= levelDays; d++ {
		h := hour - 24*d
		if h-1 < l.began {
			break
		}
		sum += float64(count(l.count(h-1))+2*count(l.count(h))+count(l.count(h+1))) / 4
		days++
	}
	return sum / days
}

// familiarPrior is how many accounts fail in networks of their own, before anything is
// known, for one failure that nothing explains.
const familiarPrior = 20

// usualUntil returns what is usual for the hours up to newest.
func (l *Level) usualUntil(newest int32, prior float64) *expectation {
	e := &l.expected[uint32(newest)%expectations]
	if e.hour != newest {
		e.hour = newest
		for n := range e.mean {
			hour := newest - lookBackHours + 1 + int32(n)
			e.mean[n] = float32(l.mean(hour, hourCount.ofFailures, prior))
			e.familiar[n] = float32(l.mean(hour, hourCount.ofFamiliar, familiarPrior*prior))
		}
		e.before.known = false
	}
	return e
}

// explains is how many failures elsewhere one more than usual in a familiar network
// explains: half of the accounts may never have got in before.
const explains = 2

// explained returns the number of failures of the n-th hour of an expectation that more
// failures than usual in familiar networks explain.
func (e *expectation) explained(n int, c hourCount) float64 {
	usual := float64(e.familiar[n])
	return explains * max(0, float64(c.familiar)-usual-slack(usual))
}

// Change reports whether the failures around an hour exceed what is usual by at least
// a given number, and the hours from which and up to which they do: those up to the
// hour, or, where records come late, those of the day after it.
func (l *Level) Change(hour int32, prior float64, least int) (from, to int32, changed bool) {
	if from, changed = l.changeUntil(hour, prior, least); changed || hour >= l.latest {
		return from, hour, changed
	}
	to = min(l.latest, hour+driftHours-1)
	from, changed = l.changeUntil(to, prior, least)
	return from, to, changed && from <= hour
}

// changeUntil compares the hours up to newest: those of a burst, if that hour has more
// failures than usual, or those of a whole day.
func (l *Level) changeUntil(newest int32, prior float64, least int) (from int32, changed bool) {
	usual := l.usualUntil(newest, prior)
	mean := float64(usual.mean[lookBackHours-1])
	if float64(l.count(newest).failures) > mean+slack(mean) {
		if from, changed = l.burst(newest, usual, least); changed {
			return from, true
		}
	}
	return l.drift(newest, usual, least)
}

// burst is the cumulative sum (CUSUM) of what the hours up to newest exceed
// their mean by. An hour may exceed its mean by half of it and a standard
// deviation for nothing, and have one failure for every two sign-ins from new
// networks: where people move, some mistype.
func (l *Level) burst(newest int32, usual *expectation, least int) (from int32, changed bool) {
	before := l.sumBefore(newest, usual)
	sum, from := usual.exceed(before.excess, before.from, lookBackHours-1, l.count(newest))
	return from, sum >= float64(least)
}

// exceed adds the n-th hour of an expectation to the sum of burst, and returns it with the
// hour from which there is an excess.
func (e *expectation) exceed(sum float64, from int32, n int, c hourCount) (float64, int32) {
	if sum == 0 && c.failures == 0 {
		return 0, from
	}
	mean := float64(e.mean[n])
	after := max(0, sum+float64(c.failures)-e.explained(n, c)-max(mean+slack(mean), float64(c.signIns)/2))
	if sum == 0 && after > 0 {
		from = c.hour
	}
	return after, from
}

// driftHours is how long an attack may take that exceeds the usual failures of
// no hour, only those of a day.
const driftHours = 24

// drift compares the failures of a day with what is usual in a day, with the
// same allowances as burst.
func (l *Level) drift(newest int32, usual *expectation, least int) (from int32, changed bool) {
	day := l.sumBefore(newest, usual).day
	day.add(usual, lookBackHours-1, l.count(newest))
	return newest - driftHours + 1, day.failures-max(day.mean+slack(day.mean), day.signIns/2) >= float64(least)
}

// add adds the n-th hour of an expectation.
func (d *daySum) add(e *expectation, n int, c hourCount) {
	if c.failures > 0 {
		d.failures += max(0, float64(c.failures)-e.explained(n, c))
	}
	d.signIns += float64(c.signIns)
	d.mean += float64(e.mean[n])
}

// sumBefore returns the sums of burst and drift over the hours before newest.
func (l *Level) sumBefore(newest int32, usual *expectation) *earlierHours {
	b := &usual.before
	if b.known {
		return b
	}
	*b = earlierHours{known: true}
	for n := range lookBackHours - 1 {
		c := l.count(newest - lookBackHours + 1 + int32(n))
		b.excess, b.from = usual.exceed(b.excess, b.from, n, c)
		if n >= lookBackHours-driftHours {
			b.day.add(usual, n, c)
		}
	}
	return b
}

func slack(mean float64) float64 { return max(0.5, mean/2+math.Sqrt(mean)) }

// Usual returns the greatest number of failures that is usual for an hour. prior is the
// number expected before anything is known.
func (l *Level) Usual(hour int32, prior float64) float64 {
	mean := l.mean(hour, hourCount.ofFailures, prior)
	return mean + slack(mean)
}
