package attack

import "testing"

func TestPeriodic(t *testing.T) {
	const minute = 60_000
	for _, c := range []struct {
		name    string
		gaps    []int64 // in minutes
		regular bool
	}{
		{"every ten minutes", []int64{10, 10, 11, 10, 9, 10}, true},
		{"asleep for a night", []int64{10, 10, 10, 10, 600, 10, 10}, true},
		{"asleep after the first", []int64{840, 10, 10, 11, 10, 9}, true},
		{"asleep after two", []int64{10, 840, 10, 10, 11, 10}, true},
		{"asleep after four", []int64{10, 10, 10, 840, 10, 10, 11, 10}, true},
		{"by hand", []int64{1, 12, 3, 30, 2, 19}, false},
		{"too few", []int64{10, 10}, false},
	} {
		var p Periodic
		at := int64(minute)
		p.Add(at)
		for _, gap := range c.gaps {
			at += gap * minute
			p.Add(at)
		}
		if got := p.Regular(); got != c.regular {
			t.Errorf("%s: regular %v, want %v", c.name, got, c.regular)
		}
	}
}

// Programs with intervals of their own drift apart; rounds over several accounts do not.
func TestDriftsFrom(t *testing.T) {
	every := func(interval, first, jitter int64) *Periodic {
		p := &Periodic{}
		for n := range int64(12) {
			p.Add(1_000_000 + first*1000 + n*interval*1000 + n*7919%(jitter+1)*1000)
		}
		return p
	}
	for _, c := range []struct {
		a, b *Periodic
		want bool
	}{
		{every(17*60, 0, 20), every(18*60, 0, 20), true},
		{every(18*60, 0, 20), every(17*60, 0, 20), true},
		{every(17*60, 0, 20), every(17*60, 300, 20), false},
		{every(17*60, 0, 200), every(17*60, 300, 200), false},
		{every(17*60, 0, 20), &Periodic{}, false},
	} {
		if got := c.a.DriftsFrom(c.b); got != c.want {
			t.Errorf("intervals of %.0f and %.0f seconds: %v, want %v", c.a.Mean(), c.b.Mean(), got, c.want)
		}
	}
}
