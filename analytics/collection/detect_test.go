package collection

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/window"
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

// The second request of a program is access to mail even if what was cached of the first
// is lost: with a full cache, or after a restart.
func TestSecondRequestOfProgram(t *testing.T) {
	c := newDetector()
	request := func(minute int) {
		ev := event.Event{
			Time: event.UnixTime(tuesday).Add(time.Duration(minute) * time.Minute), RawIP: []byte("203.0.113.5"), RawUser: []byte("user01@contoso.com"),
			Agent: []byte("python-requests/2.31"), Source: event.IIS, Outcome: event.Success, Action: event.SignIn, Service: event.EWSService,
		}
		c.subjects.policy.Normalise(&ev)
		c.Observe(&ev)
	}
	d := c.subjects.profile(aUser, []byte("user01@contoso.com"))
	if request(0); d.has(accessScript) {
		t.Error("the first request, which may be a guessed password, is access to mail")
	}
	c.subjects.pairs = &window.PairCache[pairProfile]{}
	if request(1); !d.has(accessScript) {
		t.Error("the second request is no access to mail")
	}
}
