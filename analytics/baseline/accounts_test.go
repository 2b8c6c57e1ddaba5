package baseline

import (
	"testing"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics/event"
)

// The number of accounts of a large tenant is counted once an hour, and exactly
// while there are few.
func TestAccountsOfALargeTenant(t *testing.T) {
	p := NewPopulation(10)
	add := func(n int, at int64) { p.AddAccount(xxhash.Sum64([]byte{byte(n), byte(n >> 8), byte(n >> 16)}), at) }
	for n := range 900 {
		if add(n, tuesday); p.Accounts() != n+1 {
			t.Fatalf("%d accounts, want %d", p.Accounts(), n+1)
		}
	}
	for n := range 20_000 {
		add(n, tuesday+1)
	}
	if early := p.Accounts(); early > 1100 {
		t.Errorf("%d accounts are counted within the hour", early)
	}
	add(0, tuesday+event.Hour)
	if n := p.Accounts(); n < 19_000 || n > 21_000 {
		t.Errorf("%d accounts an hour later, want about 20000", n)
	}
	add(0, tuesday-event.Hour) // late
	if n := p.Accounts(); n < 19_000 || n > 21_000 {
		t.Errorf("%d accounts after a late sign-in, want about 20000", n)
	}
}
