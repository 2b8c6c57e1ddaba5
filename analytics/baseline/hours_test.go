package baseline

import (
	"testing"

	"redshank/analytics/event"
)

// A forged time before 1970, as a zone can make of the first of January, is no index
// out of range.
func TestHoursBefore1970(t *testing.T) {
	h := new(Hours)
	h.Add(-5 * event.Hour)
	if n := h.Usual(-30*event.Hour, -2*event.Hour); n != 0 {
		t.Errorf("%v accounts, want none", n)
	}
}
