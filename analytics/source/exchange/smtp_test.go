package exchange

import (
	"fmt"
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/source/format"
)

// TestSessionsAreBounded checks the bound on the number of open sessions.
func TestSessionsAreBounded(t *testing.T) {
	f := NewSMTP()
	stream, ev := new(format.Stream), new(event.Event)
	for i := range 3 * maxSessions {
		line := fmt.Sprintf(`2026-03-02T08:00:00.5Z,EX01\Default Frontend EX01,%016X,1,192.0.2.10:25,198.51.100.7:56026,*,,Inbound AUTH LOGIN failed because of LogonDenied`, i)
		in := format.Input{Line: []byte(line), Stream: stream}
		if !f.Claims(&in) || f.Decode(&in, ev, func(*event.Event) {}) != format.Understood {
			t.Fatalf("not read: %s", line)
		}
	}
	if n := f.(*smtp).sessions.Len(); n != maxSessions {
		t.Errorf("%d sessions, want %d", n, maxSessions)
	}
}
