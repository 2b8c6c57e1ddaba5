package attack

import (
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/incident"
)

// An attack of any size is over once more than half of its accounts have got in with the
// program that failed, unless many had the time and did not. The answer survives a restart.
func TestRecover(t *testing.T) {
	const accounts = 300 // more than the attempts that are kept
	for _, c := range []struct {
		name          string
		after, agent  int // minutes after the failure; difference of the agent
		until, pause  int // accounts that get in; minutes between two groups of failures
		want, restart bool
	}{
		{"half of them", 20, 0, 150, 0, false, false},
		{"more than half", 20, 0, 151, 0, true, false},
		{"with a restart", 20, 0, 151, 0, true, true},
		{"with another program", 20, 7, 300, 0, false, false},
		{"too late", 61, 0, 300, 0, false, false},
		{"others long before", 20, 0, 160, 90, false, false},
	} {
		i := attackOf(nil)
		failed := func(n int) try {
			second := n / 30
			if n < accounts-160 { // these fail before the others
				second -= c.pause
			}
			return try{second: 200 + second, account: n}
		}
		for n := range accounts {
			i.AddFailure(attempt(failed(n)), nil)
		}
		got := false
		for n := range c.until {
			if c.restart && n == c.until-1 {
				b, err := i.Save()
				if err != nil {
					t.Fatal(err)
				}
				i = New(&incident.Incident{}).(*Attack)
				if err := i.Restore(b); err != nil {
					t.Fatal(err)
				}
			}
			f := attempt(failed(accounts - 1 - n))
			got = i.Recover(f.Key, f.At+int64(c.after)*event.Minute, f.Agent+uint32(c.agent), 99, 5)
		}
		if got != c.want {
			t.Errorf("%s: recovered %v, want %v", c.name, got, c.want)
		}
	}
}
