package incident

import (
	"fmt"
	"testing"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/policy"
)

// plainDetail is the least that an analytic adds to an incident.
type plainDetail struct{ *Incident }

func (d plainDetail) Assess()                { d.Severity = alert.Medium }
func (d plainDetail) Volume() int            { return d.Counts.Failures }
func (d plainDetail) Fill(*alert.Alert)      {}
func (d plainDetail) Save() ([]byte, error)  { return nil, nil }
func (d plainDetail) Restore(_ []byte) error { return nil }

// TestFinalMessagesUnderTheCap checks that incidents that make room for others, or
// end together, do not exceed alerts.per_minute with their final messages, and
// that each of these leaves in the end.
func TestFinalMessagesUnderTheCap(t *testing.T) {
	const perMinute, incidents = 5, 40
	p := policy.Default()
	p.Alerts.PerMinute = perMinute
	tracker, rule := NewTracker(p), &alert.Rule{ID: "R"}
	tracker.Register(rule, func(i *Incident) Detail { return plainDetail{i} })
	start := int64(100 * event.Day)
	tracker.Advance(start)
	for n := range incidents {
		i := tracker.Open(rule, fmt.Sprint(n), start)
		i.Extend(start)
		i.Counts.Failures = 1
		tracker.Update(i)
	}
	final := 0
	for minute := range int64(30) {
		out := tracker.Flush()
		if len(out) > perMinute {
			t.Fatalf("minute %d: %d messages, want at most %d", minute, len(out), perMinute)
		}
		for _, a := range out {
			if a.Counts.Failures == 1 {
				final++
			}
		}
		tracker.Advance(start + 40*event.Day + minute*event.Minute)
	}
	if final != incidents {
		t.Errorf("%d of %d incidents were told of", final, incidents)
	}
	if left := tracker.Close(); len(left) != 0 {
		t.Errorf("%d messages left at the end", len(left))
	}
}
