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
