package profile

import (
	"fmt"
	"testing"

	"redshank/analytics/event"
)

// The other analytics learn of an account's successes at once, and then ever more
// seldom, until a day has passed.
func TestReports(t *testing.T) {
	var r Reports
	var sent []int64
	for m := int64(1); m < 3*24*60; m++ {
		if r.Due(m * event.Minute) {
			sent = append(sent, m)
		}
	}
	if want := fmt.Sprint([]int64{1, 2, 6, 22, 86, 342, 1366}); fmt.Sprint(sent[:7]) != want || len(sent) > 12 {
		t.Errorf("sent in the minutes %v, want %s at first", sent, want)
	}
	if !r.Due(10*event.Day) || !r.Due(10*event.Day+event.Minute) {
		t.Error("after days of rest the pauses do not begin again with a minute")
	}
}
