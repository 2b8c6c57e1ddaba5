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
	e.Merge(&e.failures[2], window.Attempt{At: now, Service: event.SMTPService})
	for s, want := range map[event.Service]int32{event.OWA: 1, event.SMTPService: 2} {
		if got := e.Level(s).count(100).failures; got != want {
			t.Errorf("%d failures in the level of %s, want %d", got, s, want)
		}
	}
}

// TestForgive compares the failures that are forgiven with those that a search of all
// recent ones finds, while the ring is overwritten and failures get their accounts late.
func TestForgive(t *testing.T) {
	var e List
	random := rand.New(rand.NewPCG(3, 4))
	always := func(*window.Attempt) bool { return true }
	forgiven := 0
	for n := range 3 * maxFailures {
		e.Add(Failure{Attempt: window.Attempt{At: int64(n), Key: random.Uint64N(30) * accountSlots / 3}})
		if n%3 == 0 {
			back := random.IntN(min(n+1, 10)) // another log follows soon
			if f := &e.failures[(n-back)%maxFailures]; f.Key == 0 {
				e.Merge(f, window.Attempt{Key: 1 + random.Uint64N(5)})
			}
		}
		if n%101 != 0 {
			continue
		}
		account, from := 1+random.Uint64N(5), int64(n)-random.Int64N(4000)
		if n%2 == 0 {
			account = (1 + random.Uint64N(29)) * accountSlots / 3
		}
		var want []int
		for back := range min(n+1, forgiveAtMost) {
			if f := &e.failures[(n-back)%maxFailures]; f.Key == account && f.At >= from && !f.Succeeded {
				want = append(want, f.place)
			}
		}
		e.Forgive(event.ClientKey{}, account, from, from, int64(n), always)
		for _, place := range want {
			if !e.failures[place].Succeeded {
				t.Fatalf("failure %d: an earlier one at place %d is not forgiven", n, place)
			}
		}
		forgiven += len(want)
	}
	got := 0
	for i := range e.failures {
		if e.failures[i].Succeeded {
			got++
		}
	}
	if forgiven < 1000 || got > forgiven {
		t.Errorf("%d failures were to be forgiven, %d of the last are", forgiven, got)
	}
}
