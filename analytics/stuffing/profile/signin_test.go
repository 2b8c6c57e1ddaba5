package profile

import (
	"testing"
	"time"

	"redshank/analytics/event"
)

// A sign-in goes on for a day at most, and keeps the better proof of two logs.
func TestSignInMerge(t *testing.T) {
	stopped := SignIn{First: 10 * event.Hour, Last: 10 * event.Hour, hours: 1, Outcome: event.Accepted, Tool: 1}
	succeeded := SignIn{First: 12 * event.Hour, Last: 12 * event.Hour, hours: 1, Outcome: event.Success, Tool: 2}
	a := stopped
	if !a.merge(&succeeded) || a.Outcome != event.Success || a.Tool != 2 || a.First != stopped.First || a.Last != succeeded.Last {
		t.Errorf("a success after a stopped sign-in: %+v", a)
	}
	if !a.activeBetween(10*event.Hour, 10*event.Hour) || a.activeBetween(11*event.Hour, 11*event.Hour+1) {
		t.Errorf("hours %b: active at ten and twelve only", a.hours)
	}
	b := succeeded
	if b.merge(&stopped); b.Tool != 2 {
		t.Errorf("a stopped sign-in replaced a success: %+v", b)
	}
	later := succeeded
	later.First, later.Last = 50*event.Hour, 50*event.Hour
	if a.merge(&later); a.First != later.First {
		t.Errorf("a sign-in after %s goes on with the one before", time.Duration(38)*time.Hour)
	}
}
