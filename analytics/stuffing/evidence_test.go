package stuffing

import (
	"math/rand/v2"
	"testing"

	"redshank/analytics/window"
)

// TestEvidenceSince checks that no failure is passed over that is late enough, while
// the ring fills and is overwritten, and that a search for recent ones reads few.
func TestEvidenceSince(t *testing.T) {
	var e evidence
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 3 * maxEvidence {
		now := int64(n) * minute / 10
		e.add(foreignFailure{Attempt: window.Attempt{At: now - random.Int64N(hour)}})
		if n%997 != 0 {
			continue
		}
		since := now - random.Int64N(2*hour)
		want, got, read := 0, 0, 0
		for i := range e.list {
			if e.list[i].At >= since {
				want++
			}
		}
		for f := range e.since(since) {
			if read++; f.At >= since {
				got++
			}
		}
		if got != want || read > want+1000 {
			t.Fatalf("after %d failures: %d of %d since %d, %d read", n+1, got, want, since, read)
		}
	}
}
