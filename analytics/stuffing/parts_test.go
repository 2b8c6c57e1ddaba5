package stuffing

import (
	"fmt"
	"testing"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// A run opens an incident by its distinct accounts, or by its failures unless they look
// like a client that retries.
func TestRunOpens(t *testing.T) {
	const accounts, failures = 5, 10
	irregular := make([]window.Attempt, 12)
	for n := range irregular {
		irregular[n].At = int64(n*n) * event.Minute
	}
	regular := make([]window.Attempt, 12)
	for n := range regular {
		regular[n].At = int64(n+1) * 5 * event.Minute
	}
	for _, c := range []struct {
		name string
		w    attemptStats
		want bool
	}{
		{"accounts", attemptStats{foreign: 5, failures: 5, run: irregular}, true},
		{"one account fewer", attemptStats{foreign: 4, failures: 4, run: irregular}, false},
		{"as many succeed", attemptStats{foreign: 5, succeeded: 5, failures: 5, run: irregular}, false},
		{"known accounts, twice as many", attemptStats{foreign: 4, familiar: 6, failures: 4, run: irregular}, true},
		{"known accounts, while others succeed", attemptStats{foreign: 4, familiar: 6, succeeded: 4, failures: 4, run: irregular}, false},
		{"failures of one account", attemptStats{foreign: 1, failures: 10, run: irregular}, true},
		{"one failure fewer", attemptStats{foreign: 1, failures: 9, run: irregular}, false},
		{"failures without a name", attemptStats{unknown: 10, run: irregular}, true},
		{"failures at regular intervals", attemptStats{foreign: 1, failures: 10, run: regular}, false},
		{"failures of a mail program", attemptStats{foreign: 1, failures: 10, mail: 10, run: irregular}, false},
		{"three accounts at regular intervals", attemptStats{foreign: 3, failures: 10, run: regular}, true},
		{"failures while more succeed", attemptStats{foreign: 1, failures: 10, succeeded: 2, run: irregular}, false},
	} {
		if got := c.w.opens(accounts, failures); got != c.want {
			t.Errorf("%s: opens %v, want %v", c.name, got, c.want)
		}
	}
}

// An attack with the browser that everybody uses begins while another, with a program
// of its own for each try, goes on: they are two incidents.
func TestAttackInTheShadowOfAnother(t *testing.T) {
	b := newBench()
	const people = 200
	for day := range 5 {
		for n := range people {
			b.with("Chrome/126.0", "office").sign(time.Duration(24*day)*time.Hour+time.Duration(n)*time.Minute, "192.0.2.20", person(n), event.Success)
		}
	}
	morning := 5 * 24 * time.Hour
	for n := range 360 { // minutes
		if at := morning + time.Duration(n)*time.Minute; n%4 == 0 {
			program := fmt.Sprintf("Tool%c%c", 'a'+n/4%26, 'a'+n/4/26)
			b.with(program, program).fails(at, fmt.Sprintf("%d.%d.7.9", 41+n%9, n/4), person(n/4))
		} else if n > 240 {
			b.with("Chrome/126.0", "office").fails(at, fmt.Sprintf("%d.%d.7.9", 61+n%9, n-200), person(n-200))
		}
	}
	incidents := map[string]int{}
	for _, a := range b.tracker.Flush() {
		incidents[a.ID] = a.Counts.DistinctUsers
	}
	if len(incidents) != 2 {
		t.Errorf("accounts of the incidents %v, want two", incidents)
	}
}
