package document

import (
	"testing"

	"redshank/analytics"
	"redshank/analytics/alert"
	"redshank/analytics/policy"
	"redshank/test/day"
)

// Every message about the day that the demo plays is valid in both schemas.
func TestEveryMessageOfTheDayIsValid(t *testing.T) {
	alerts := dayAlerts(t)
	if len(alerts) < 10 {
		t.Fatalf("%d messages", len(alerts))
	}
	ecs, ocsf := map[string]schema{"own": ownECS(t)}, map[string]ocsfSchemaFile{"own": ownOCSF(t)}
	t.Run("published", func(t *testing.T) {
		ecs["published"], ocsf["published"] = publishedECS(t), publishedOCSF(t)
	})
	rules, contexts := map[string]int{}, 0
	for _, a := range alerts {
		rules[a.Rule.ID]++
		contexts += len(a.Context)
		for name, s := range ecs {
			for _, m := range s.mistakes(document(t, a)) {
				t.Errorf("ECS, %s: %s: %s", name, a.Message, m)
			}
		}
		for name, s := range ocsf {
			for _, m := range s.mistakes(finding(t, a)) {
				t.Errorf("OCSF, %s: %s: %s", name, a.Message, m)
			}
		}
		readCEF(t, CEF(a, Observer{Version: "1.2.3", Name: "agent-1"}))
	}
	if contexts == 0 {
		t.Error("no alert has a context")
	}
	t.Logf("%d messages, %v, %d contexts", len(alerts), rules, contexts)
}

func dayAlerts(t *testing.T) (alerts []*alert.Alert) {
	t.Helper()
	e, err := analytics.New(analytics.Options{Policy: policy.Default(), Source: "auto", MaxIPs: 20_000, MaxUsers: 20_000})
	if err != nil {
		t.Fatal(err)
	}
	for tag, chunk := range day.Chunks(day.Arrivals(day.New(day.Options{Records: 20_000}).Streams), 1<<20) {
		alerts = append(alerts, e.Observe(tag, chunk)...)
	}
	return append(alerts, e.Close()...)
}
