package health

import (
	"net/netip"

	"redshank/analytics/event"
)

// sourceWatch is what the watch keeps of one source.
type sourceMonitor struct {
	flow   flow
	fields fieldCheck
	clock  clockCheck
	shared sharedAddress
}

const (
	silentLeast = 30 * event.Minute
	silentMost  = 24 * event.Hour
	steady      = 60 // records that make a source one to wait for
	steadyTimes = 6  // in so many different minutes
)

// flow is when the records of a source arrive. A source is waited for twice as
// long as it ever let us wait before, half an hour at least and a day at most:
// what stops every night is told once and then known.
type flow struct {
	last    int64 // newest arrival
	first   int64
	minutes int // distinct ones with arrivals
	records uint64
	gap     int64
	recent  [16]int64 // the last distinct minutes, a ring by minutes
}

func (f *flow) arrived(now int64, n uint64) {
	if f.first == 0 {
		f.first = now
	} else if f.records >= steady {
		f.gap = max(f.gap, now-f.last)
	}
	if now/event.Minute != f.last/event.Minute {
		f.recent[f.minutes%len(f.recent)] = now
		f.minutes++
	}
	f.records += n
	f.last = max(f.last, now)
}

// minutesSince is in how many different minutes records came after a moment,
// as far as is remembered.
func (f *flow) minutesSince(at int64) (n int) {
	for _, m := range f.recent {
		if m > at {
			n++
		}
	}
	return n
}

// silent tells whether a source that came steadily has stopped, and for how
// long it has.
func (f *flow) silent(now int64, othersFlow bool) (silent bool, since int64) {
	since = now - f.last
	patience := min(max(silentLeast, 2*f.gap), silentMost)
	return f.records >= steady && f.minutes >= steadyTimes && since >= patience && othersFlow, since
}

// fieldWatch counts the events of a source that lack what detection needs.
type fieldCheck struct {
	events, noAddress, failures, noAccount int
	namedFailures                          int // ever
}

func (f *fieldCheck) add(ev *event.Event) {
	f.events++
	if !ev.IP.IsValid() {
		f.noAddress++
	}
	if ev.Action != event.SignIn || ev.Outcome != event.Failure {
		return
	}
	f.failures++
	if ev.UserKind == event.UserUnknown || len(ev.User) == 0 {
		f.noAccount++
	} else {
		f.namedFailures++
	}
}

// missingAddresses is the share of a batch in per cent, and begins a new one.
func (f *fieldCheck) missingAddresses() (share int, ok bool) {
	if f.events < batch {
		return 0, false
	}
	share = f.noAddress * 100 / f.events
	f.events, f.noAddress = 0, 0
	return share, true
}

func (f *fieldCheck) missingAccounts() (share int, ok bool) {
	if f.failures < batch {
		return 0, false
	}
	share = f.noAccount * 100 / f.failures
	f.failures, f.noAccount = 0, 0
	return share, true
}

// How a clock is told to be wrong: all of a batch is off by more than
// skewLeast, and by about the same. What is read late, a backlog, comes with
// delays of all sizes, and ahead of time comes nothing.
const (
	skewLeast  = 5 * event.Minute
	aheadLeast = 2 * event.Minute
	skewSpread = 10 * event.Minute
	skewSpan   = 10 * event.Minute // of arrival, that a batch has to cover
)

// clockWatch is how much later than they happened a batch of events came.
type clockCheck struct {
	events      int
	least, most int64
	from, to    int64 // arrivals
}

func (c *clockCheck) add(happened, arrived int64) {
	delay := arrived - happened
	if delay == 0 || arrived <= 0 || happened <= 0 {
		return // it has Fluent Bit's time for want of its own
	}
	if c.events == 0 {
		*c = clockCheck{least: delay, most: delay, from: arrived, to: arrived}
	}
	c.events++
	c.least, c.most = min(c.least, delay), max(c.most, delay)
	c.from, c.to = min(c.from, arrived), max(c.to, arrived)
}

// isCloud tells sources whose records come minutes to a day late by nature.
func isCloud(s event.Source) bool {
	return s == event.UAL || s == event.Entra || s == event.Graph
}

// judge tells which way the clock is off and by how much, once there is a
// batch to judge by, and begins a new one.
func (c *clockCheck) judge(lateByNature bool) (behind, ahead bool, by int64, ok bool) {
	if c.events < batch || c.to-c.from < skewSpan {
		return false, false, 0, false
	}
	behind = !lateByNature && c.least > skewLeast && c.most-c.least <= skewSpread
	ahead = c.most < -aheadLeast
	by = c.least
	if ahead {
		by = -c.most
	}
	*c = clockCheck{}
	return behind, ahead, by, true
}

const (
	sharedBatch    = 100
	sharedShare    = 80 // per cent of sign-ins
	sharedAccounts = 20
)

// crowdWatch looks for one address that nearly all sign-ins come from. It keeps one
// candidate: whichever holds more than half of the sign-ins ends up as the one
// (Boyer and Moore's majority vote), and is then counted over a whole batch.
type sharedAddress struct {
	candidate   netip.Addr
	declared    bool
	votes       int
	signIns     int // of the batch
	ofCandidate int // of the candidate, as long as it is the one
	accounts    [sharedAccounts]uint64
	distinct    int
}

func (c *sharedAddress) add(ev *event.Event) {
	if !ev.IP.IsValid() {
		return
	}
	c.signIns++
	switch {
	case ev.IP == c.candidate:
		c.votes++
	case c.votes > 0:
		c.votes--
		return
	default:
		c.candidate, c.votes, c.ofCandidate, c.distinct = ev.IP, 1, 0, 0
	}
	const declared = event.AllowedNetwork | event.CorporateEgress | event.KnownLocation | event.MicrosoftRange
	c.declared = ev.Marks&declared != 0
	c.ofCandidate++
	c.account(ev.UserHash())
}

func (c *sharedAddress) account(key uint64) {
	if c.distinct == len(c.accounts) {
		return
	}
	for _, have := range c.accounts[:c.distinct] {
		if have == key {
			return
		}
	}
	c.accounts[c.distinct] = key
	c.distinct++
}

// judge tells whose address it is, "" for nobody's, once there is a batch, and
// begins a new one with the same candidate.
func (c *sharedAddress) judge() (who string, accounts, share int, ok bool) {
	if c.signIns < sharedBatch {
		return "", 0, 0, false
	}
	share, accounts = c.ofCandidate*100/c.signIns, c.distinct
	if share > sharedShare && c.distinct == len(c.accounts) && !c.declared {
		who = c.candidate.String()
	}
	*c = sharedAddress{candidate: c.candidate, votes: min(c.votes, 1)}
	return who, accounts, share, true
}
