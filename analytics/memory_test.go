package analytics

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/incident"
)

// TestMemoryOfIncidents fills incidents with more accounts, credentials and
// failures than they keep, and checks what each takes against the bound that the
// memory limit of the plugin counts.
func TestMemoryOfIncidents(t *testing.T) {
	const attacks, accounts = 16, 1_200
	e := newBenchEngine(t, 50_000)
	var ev event.Event
	play := func(attack int, outcome event.Outcome) {
		for n := range accounts {
			reasons := [...]event.Reason{event.WrongPassword, event.UnknownUser, event.Locked}
			from := fmt.Sprintf("%d.113.199.9", 20+attack)
			if attack < 0 {
				from = fmt.Sprintf("198.18.%d.%d", n/200, 1+n%200) // at home
			}
			act{at: time.Duration(n) * time.Second, ip: from, user: fmt.Sprintf("somebody.with.a.long.name.%d@contoso.com", n),
				agent: fmt.Sprintf("attacking program of its own, number %d", attack), outcome: outcome, reason: reasons[n%3]}.event(&ev)
			e.observe(&ev)
		}
	}
	play(-1, event.Success) // the tables have their entries before the heap is measured
	before := heapNow()
	for attack := range attacks {
		play(attack, event.Failure)
		play(attack, event.Success)
	}
	e.tracker.Flush()
	each := (heapNow() - before) / attacks
	t.Logf("%d incidents: %d KB each", e.Stats().Incidents, each>>10)
	if got := e.Stats().Incidents; got < attacks || each > incident.MaxMemory {
		t.Errorf("%d incidents of %d bytes, want %d of at most %d", got, each, attacks, incident.MaxMemory)
	}
	runtime.KeepAlive(e)
}

func heapNow() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
