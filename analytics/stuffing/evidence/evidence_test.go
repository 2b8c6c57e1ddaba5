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
