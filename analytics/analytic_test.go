package analytics

import (
	"fmt"
	"testing"
	"time"

	"redshank/analytics/event"
	"redshank/test/forwarding"
)

// newForwarding returns an engine with a third analytic, which one line adds.
func newForwarding(t *testing.T) *Engine {
	t.Helper()
	e, err := New(Options{Policy: standard(), MaxIPs: 100, MaxUsers: 100})
	if err != nil {
		t.Fatal(err)
	}
	e.add(forwarding.New(e.tracker))
	return e
}

// forward lets a person's mailbox begin to forward mail within the organisation,
// which only the third analytic takes for anything.
func forward(e *Engine, n int) {
	var ev event.Event
	act{at: 9*time.Hour + minutes(n), ip: homeIP, user: person(n), action: event.MailboxChange, operation: "New-InboxRule",
		detail: fmt.Sprintf("ForwardTo=archive%d@contoso.com", n), outcome: event.Success, source: event.UAL}.event(&ev)
	e.observe(&ev)
}

// A third analytic raises an incident, which is saved, restored and grows on.
func TestThirdAnalytic(t *testing.T) {
	kept := memory{}
	e := newForwarding(t)
	e.Track()
	for n := range forwarding.Threshold {
		if out := e.tracker.Flush(); len(out) > 0 {
			t.Fatalf("%d mailboxes: %s", n, out[0].Message)
		}
		forward(e, n)
	}
	out := e.tracker.Flush()
	if len(out) != 1 || out[0].Rule.ID != forwarding.Rule.ID || out[0].Counts.Mailboxes != forwarding.Threshold {
		t.Fatalf("%+v", out)
	}
	if err := e.Changes(kept.put); err != nil {
		t.Fatal(err)
	}
	again := newForwarding(t)
	if err := again.Restore(kept.each); err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		forward(again, n+3) // two of them are known
	}
	final := again.Close()
	if len(final) != 1 || final[0].ID != out[0].ID || final[0].Sequence != 2 || final[0].Counts.Mailboxes != forwarding.Threshold+1 {
		t.Errorf("%+v", final)
	}
}

// Without the analytic that raised it, a saved incident is refused.
func TestIncidentOfAnUnknownAnalytic(t *testing.T) {
	kept := memory{}
	e := newForwarding(t)
	e.Track()
	for n := range forwarding.Threshold {
		forward(e, n)
	}
	e.tracker.Flush()
	if err := e.Changes(kept.put); err != nil {
		t.Fatal(err)
	}
	fresh, err := New(Options{Policy: standard(), MaxIPs: 100, MaxUsers: 100})
	if err != nil {
		t.Fatal(err)
	}
	if err := fresh.Restore(kept.each); err == nil {
		t.Error("an incident was restored that no analytic knows")
	}
}
