package evidence

import (
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// Telephones fail again for the account that they have, and each has an address or two.
func TestTelephones(t *testing.T) {
	type failure struct{ minute, account, client int }
	same := func(n int) []failure { return []failure{{n, n, n}} }
	for _, c := range []struct {
		name string
		of   func(n int) []failure
		now  int // minute
		want bool
	}{
		{"just now", same, 25, true},
		{"once and not again", same, 70, false},
		{"again from there", func(n int) []failure { return []failure{{n, n, n}, {n + 20, n, n}} }, 70, true},
		{"again from elsewhere", func(n int) []failure { return []failure{{n, n, n}, {n + 20, n, 100 + n}} }, 70, true},
		{"from too many addresses", func(n int) []failure {
			return []failure{{n, n, n}, {n + 5, n, 100 + n}, {n + 10, n, 200 + n}, {n + 20, n, 300 + n}}
		}, 70, false},
		{"several accounts at an address", func(n int) []failure { return []failure{{n, n, n / 2}, {n + 20, n, n / 2}} }, 70, false},
		{"without names", func(n int) []failure { return []failure{{n, -1, n}} }, 25, false},
	} {
		e := &List{}
		for n := range 40 {
			for _, f := range c.of(n) {
				e.Add(Failure{Attempt: window.Attempt{At: int64(f.minute+1) * event.Minute, Key: uint64(f.account + 1), Client: [16]byte{15: byte(f.client), 14: byte(f.client >> 8)}, Tool: 7}})
			}
		}
		members := e.Unexplained(0, func(*Failure) bool { return true })
		whole := func(k event.ClientKey) event.ClientKey { return k }
		if got := e.Telephones(members, int64(c.now)*event.Minute, func(*Failure) bool { return true }, whole); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		if e.Telephones(members, int64(c.now)*event.Minute, func(*Failure) bool { return false }, whole) {
			t.Errorf("%s: other programs are telephones", c.name)
		}
	}
}
