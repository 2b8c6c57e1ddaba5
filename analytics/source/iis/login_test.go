package iis

import (
	"fmt"
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/source/format"
)

// TestLoginsAreBounded: the number of forms logins kept is bounded, and those evicted are
// emitted.
func TestLoginsAreBounded(t *testing.T) {
	f := New(nil).(*iis)
	stream, ev, emitted := new(format.Stream), new(event.Event), 0
	for i := range maxLogins + 1000 {
		line := fmt.Sprintf("2026-03-02 08:00:00 192.0.2.10 POST /owa/auth.owa - 443 user%d 203.0.%d.%d Mozilla/5.0 - 302 0 0 9", i, i/250%250, i%250)
		in := format.Input{Line: []byte(line), Stream: stream}
		if !f.Claims(&in) {
			t.Fatal(line)
		}
		f.Decode(&in, ev, func(*event.Event) { emitted++ })
	}
	if f.logins.held > maxLogins || f.logins.held+emitted != maxLogins+1000 || len(memoryOf(stream).logins) > maxPerStream {
		t.Errorf("%d held, %d emitted, %d in the stream", f.logins.held, emitted, len(memoryOf(stream).logins))
	}
}
