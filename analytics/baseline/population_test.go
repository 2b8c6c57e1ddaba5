package baseline

import (
	"math/rand/v2"
	"testing"
)

const someDay = 20_000 * dayMillis

func account(n int) uint64 { return rand.New(rand.NewPCG(uint64(n), 7)).Uint64() | 1 }

func TestPopulationCountsAccounts(t *testing.T) {
	p := NewPopulation(100)
	f := NewFeature('a', 1)
	for n := range exactUsers {
		if !p.Add(f, account(n), someDay) || p.Add(f, account(n), someDay) {
			t.Fatalf("account %d: not new once and known the second time", n)
		}
		if got := p.Users(f, someDay); got != n+1 {
			t.Fatalf("got %d accounts, want %d", got, n+1)
		}
	}
	if !p.Has(f, account(3), someDay) || p.UsersBesides(f, account(3), someDay) != exactUsers-1 {
		t.Error("an account among few is not known")
	}
	for n := range 500 {
		p.Add(f, account(n), someDay)
	}
	if got := p.Users(f, someDay); got < 450 || got > 550 {
		t.Errorf("got %d of 500 accounts, want within a tenth", got)
	}
}

func TestPopulationEstablishedLeavesOutToday(t *testing.T) {
	p := NewPopulation(100)
	f := NewFeature('a', 1)
	p.Add(f, account(1), someDay-dayMillis)
	p.Add(f, account(2), someDay)
	if u, e := p.Users(f, someDay), p.Established(f, someDay); u != 2 || e != 1 {
		t.Errorf("%d users, %d established, want 2 and 1", u, e)
	}
	if !p.Rare(f, someDay, 1, 0) || p.Rare(f, someDay, 0, 0) {
		t.Error("a feature of one established account is rare at 1 and not at 0")
	}
}

func TestPopulationForgets(t *testing.T) {
	p := NewPopulation(100)
	few, many := NewFeature('a', 1), NewFeature('a', 2)
	p.Add(few, account(1), someDay)
	for n := range 100 {
		p.Add(many, account(n), someDay)
	}
	later := int64(someDay + 2*forgetDays*dayMillis)
	p.Add(few, account(2), later)
	p.Add(many, account(1), later)
	if got := p.Users(few, later); got != 1 {
		t.Errorf("few: got %d accounts after %d days, want 1", got, 2*forgetDays)
	}
	if got := p.Users(many, later); got > 2 {
		t.Errorf("many: got %d accounts after %d days, want 1", got, 2*forgetDays)
	}
}

func TestPopulationKeepsWhatSeveralUse(t *testing.T) {
	p := NewPopulation(64)
	shared := NewFeature('n', 1)
	p.Add(shared, account(1), someDay)
	p.Add(shared, account(2), someDay)
	for n := range 10_000 {
		p.Add(NewFeature('a', uint64(n)), account(3), someDay)
	}
	if p.Len() > 64 || p.Users(shared, someDay) != 2 {
		t.Errorf("%d features, %d users of the shared one; want at most 64, and 2", p.Len(), p.Users(shared, someDay))
	}
}

func TestPopulationIsRestored(t *testing.T) {
	p := NewPopulation(100)
	p.Track()
	few, many := NewFeature('a', 1), NewFeature('a', 1).And(NewFeature('p', 2))
	for n := range 200 {
		p.AddAccount(account(n), someDay)
		p.Add(many, account(n), someDay)
	}
	p.Add(few, account(1), someDay)
	again := NewPopulation(100)
	err := p.Changes(func(key uint64, value []byte, ok bool) {
		if !ok {
			t.Errorf("%x is gone", key)
		}
		if err := again.Load(key, value); err != nil {
			t.Error(err)
		}
		for cut := range value { // damaged entries are refused or read, never a panic
			_ = NewPopulation(10).Load(key, value[:cut])
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []Feature{few, many} {
		if p.Users(f, someDay) != again.Users(f, someDay) {
			t.Errorf("got %d accounts, want %d", again.Users(f, someDay), p.Users(f, someDay))
		}
	}
	if again.Accounts() != 200 || !again.Learned(someDay+2*dayMillis, 2) || again.Learned(someDay, 2) {
		t.Error("the tenant is not restored")
	}
}
