package health

import (
	"redshank/analytics/event"
)

// sourceMonitor is what a Monitor keeps about one source.
type sourceMonitor struct {
	flow   flow
	fields fieldCheck
	clock  clockCheck
	shared sharedAddress
}

const (
	silentLeast = 30 * event.Minute
	silentMost  = 24 * event.Hour
	steady      = 60 // records after which a source is expected to continue
	steadyTimes = 6  // different minutes with records before silence counts
)

// flow is when the records of a source arrive. A source counts as silent after
// twice its longest gap so far, at least half an hour and at most a day: a source
// that stops every night is reported once.
type flow struct {
	last    int64 // newest arrival
	first   int64
	minutes int // distinct minutes with arrivals
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

// minutesSince returns the number of distinct minutes after a time in which records
// arrived, of the last 16 such minutes.
func (f *flow) minutesSince(at int64) (n int) {
	for _, m := range f.recent {
		if m > at {
			n++
		}
	}
	return n
}

// silent reports whether a steady source has stopped, and for how long.
func (f *flow) silent(now int64, othersFlow bool) (silent bool, since int64) {
	since = now - f.last
	patience := min(max(silentLeast, 2*f.gap), silentMost)
	return f.records >= steady && f.minutes >= steadyTimes && since >= patience && othersFlow, since
}

// fieldCheck counts the events of a source that lack a field which detection needs.
type fieldCheck struct {
	events, noAddress, failures, noAccount int
	namedFailures                          int // since the start
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

// missingAddresses returns the share of events without an address in a complete
// batch, in per cent, and begins a new batch.
func (f *fieldCheck) missingAddresses() (share int, ok bool) {
	if f.events < batch {
		return 0, false
	}
	share = f.noAddress * 100 / f.events
	f.events, f.noAddress = 0, 0
	return share, true
}

// missingAccounts returns the share of failures without an account in a complete
// batch, in per cent, and begins a new batch.
func (f *fieldCheck) missingAccounts() (share int, ok bool) {
	if f.failures < batch {
		return 0, false
	}
	share = f.noAccount * 100 / f.failures
	f.failures, f.noAccount = 0, 0
	return share, true
}
