package collection

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"redshank/analytics/event"
)

// TestSynchronisingSaysNothing holds what is skipped of a request that only
// synchronises against what would have been made of it.
func TestSynchronisingSaysNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	c := newDetector()
	d := c.subjects.profile(aUser, []byte("user01@contoso.com"))
	skipped := 0
	for n := range 6_000 {
		ev := event.Event{
			Time: event.UnixTime(event.Day * 365).Add(time.Duration(n) * time.Minute), RawIP: []byte(pick("192.0.2.1", "203.0.113.5")),
			RawUser: []byte("user01@contoso.com"), Agent: []byte(pick("Apple-iPhone15C2/2107.102", "Mozilla/5.0", "python-requests/2.31", "")),
			Source: []event.Source{event.IIS, event.HTTPProxy, event.UAL}[random.IntN(3)], Outcome: event.Success,
			Action: event.MailAccess, Access: []event.Access{event.Sync, event.Bind}[random.IntN(8)/7],
			App: []byte(pick("", "", "some-app")), Client: []byte(pick("", "", "Client=REST")), Session: []byte(pick("", "", "s1")),
			Items: random.IntN(4) / 3, Throttled: random.IntN(9) == 0,
		}
		c.subjects.policy.Normalise(&ev)
		c.Observe(&ev)
		if !synchronises(&ev) {
			continue
		}
		skipped++
		before, _ := d.saved(nil, false, false)
		c.access.observe(d, &ev)
		if after, _ := d.saved(nil, false, false); !bytes.Equal(before, after) {
			t.Fatalf("%+v says something", ev)
		}
	}
	if skipped < 300 {
		t.Errorf("%d skipped: too little was tried", skipped)
	}
}
