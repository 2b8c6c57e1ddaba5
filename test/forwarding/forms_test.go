package forwarding_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/policy"
	"redshank/plugin/document"
	"redshank/test/forwarding"
)

// TestFormsOfAThirdAnalytic: package document renders the alert of an analytic
// that it does not import as ECS, OCSF and CEF, with the analytic's rule.
func TestFormsOfAThirdAnalytic(t *testing.T) {
	tracker := incident.NewTracker(policy.Default())
	detector := forwarding.New(tracker)
	for n := range forwarding.Threshold {
		detector.Observe(&event.Event{Time: time.Date(2026, 3, 10, 9, n, 0, 0, time.UTC), Source: event.UAL, Action: event.MailboxChange,
			Outcome: event.Success, User: fmt.Appendf(nil, "user%d@contoso.com", n), Detail: []byte("ForwardTo=x@contoso.com")})
	}
	alerts := tracker.Flush()
	if len(alerts) != 1 {
		t.Fatalf("%d alerts, want 1", len(alerts))
	}
	rule := forwarding.Rule
	for name, form := range map[string]document.Form{"ECS": {CEF: true}, "OCSF": {OCSF: true, CEF: true}} {
		text, err := form.Alert(alerts[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{rule.ID, rule.Name, rule.Reference, "forwarding_wave", "T1114.003", "CEF:0|Redshank|"} {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s: no %q in %s", name, want, text)
			}
		}
	}
}
