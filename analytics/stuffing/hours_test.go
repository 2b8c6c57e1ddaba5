package stuffing

import "testing"

// A forged time before 1970, as a zone can make of the first of January, is no index
// out of range.
func TestHoursBefore1970(t *testing.T) {
	h := new(hours)
	h.add(-5 * hour)
	if n := h.usual(-30*hour, -2*hour); n != 0 {
		t.Errorf("%v accounts, want none", n)
	}
}
