package evidence

import (
	"math/rand/v2"
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// TestSince checks that no failure is passed over that is late enough, while
// the ring fills and is overwritten, and that a search for recent ones reads few.
func TestSince(t *testing.T) {
	var e List
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 3 * maxFailures {
		now := int64(n) * event.Minute / 10
		e.Add(Failure{Attempt: window.Attempt{At: now - random.Int64N(event.Hour)}})
		if n%997 != 0 {
			continue
		}
		since := now - random.Int64N(2*event.Hour)
		want, got, read := 0, 0, 0
		for i := range e.failures {
			if e.failures[i].At >= since {
				want++
			}
		}
		for f := range e.Since(since) {
			if read++; f.At >= since {
				got++
			}
		}
		if got != want || read > want+1000 {
			t.Fatalf("after %d failures: %d of %d since %d, %d read", n+1, got, want, since, read)
		}
	}
}

// TestLevels checks that the mail protocols have a level of their own, also for a
// failure of which the Windows log tells first.
func TestLevels(t *testing.T) {
	var e List
	const now = 100 * event.Hour
	e.Add(Failure{Attempt: window.Attempt{At: now, Service: event.OWA}})
	e.Add(Failure{Attempt: window.Attempt{At: now, Service: event.SMTPService}})
	e.Add(Failure{Attempt: window.Attempt{At: now, Service: event.Windows}})
	e.Complete(&e.failures[2], &window.Attempt{At: now, Service: event.SMTPService})
	for s, want := range map[event.Service]int32{event.OWA: 1, event.SMTPService: 2} {
		if got := e.Level(s).count(100).failures; got != want {
			t.Errorf("%d failures in the level of %s, want %d", got, s, want)
		}
	}
}
