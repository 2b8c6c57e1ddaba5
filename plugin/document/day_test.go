package document

import (
	"encoding/json"
	"testing"

	"github.com/tinylib/msgp/msgp"

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
	d := day.New(day.Options{Records: 20_000})
	lines := day.Arrivals(d.Streams)
	var chunk []byte
	for i, l := range lines {
		chunk = appendLine(t, chunk, l)
		if i+1 == len(lines) || lines[i+1].Stream.Tag != l.Stream.Tag {
			alerts = append(alerts, e.Observe(l.Stream.Tag, chunk)...)
			chunk = chunk[:0]
		}
	}
	return append(alerts, e.Close()...)
}

// appendLine packs a line as an agent does that reads it two days later.
func appendLine(t *testing.T, chunk []byte, l day.Arrival) []byte {
	chunk = msgp.AppendArrayHeader(msgp.AppendArrayHeader(chunk, 2), 2)
	chunk = msgp.AppendMapHeader(msgp.AppendInt64(chunk, day.Date.AddDate(0, 0, 2).Unix()), 0)
	fields := map[string]any{"path": l.Stream.Path, "log": l.Text}
	if l.Stream.JSON {
		fields = nil
		if err := json.Unmarshal([]byte(l.Text), &fields); err != nil {
			t.Fatal(err)
		}
	}
	chunk, err := msgp.AppendMapStrIntf(chunk, fields)
	if err != nil {
		t.Fatal(err)
	}
	return chunk
}
