package collection

import (
	"fmt"
	"testing"

	"redshank/analytics/collection/theft"
	"redshank/analytics/event"
)

// A thief who reads several mailboxes from one address, in several sessions, gives
// access.volume once.
func TestVolumeOnce(t *testing.T) {
	c := newDetector()
	var ev event.Event
	for n := range 20 {
		ev = event.Event{Time: event.UnixTime(tuesday + int64(n)*60_000), Source: event.UAL, Service: event.M365, Action: event.MailAccess, Outcome: event.Success,
			Access: event.Bind, Items: 3000, RawIP: []byte("198.51.100.7"), RawUser: []byte("ann@contoso.com"), Agent: []byte("python-requests/2.32.0"),
			Mailbox: fmt.Appendf(nil, "shared%d@contoso.com", n), Session: fmt.Appendf(nil, "session-%d", n)}
		c.subjects.policy.Normalise(&ev)
		c.Observe(&ev)
	}
	list := c.Incidents(&ev, nil)
	if len(list) != 1 {
		t.Fatalf("%d incidents, want 1", len(list))
	}
	volumes := 0
	for _, s := range list[0].Detail.(*theft.Theft).Signals {
		if s.Code == signalCodes[accessVolume] {
			volumes++
		}
	}
	if volumes != 1 {
		t.Errorf("%d signals of volume, want 1", volumes)
	}
}
