package delivery

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"redshank/analytics"
	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/source"
)

func someHealth() *Health {
	at := time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)
	h := &Health{At: at, Start: at.Add(-time.Hour), Sequence: 3}
	h.Report.Sources[event.IIS][source.Understood] = 7
	h.Report.Sources[event.SourceUnknown][source.Unknown] = 2
	h.Told.Add([]*alert.Alert{{Rule: alert.Rule{ID: "AN1269"}, Sequence: 1, Severity: alert.High}, {Rule: alert.Rule{ID: "AN1269"}, Sequence: 2, Severity: alert.Critical}})
	h.Queue = Queue{Messages: 2, Bytes: 900, Age: 1500 * time.Millisecond}
	f := analytics.Finding{Code: "silent_source", Subject: "iis", Detail: "nothing came from iis", Since: at}
	h.Raised, h.Open = []analytics.Finding{f}, []analytics.Finding{f, f}
	return h
}

func TestHealthSays(t *testing.T) {
	doc, err := Form{By: Observer{"1.2.3", "agent-1"}}.Health(someHealth())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"kind":"metric"`, `"dataset":"redshank.health"`, `"action":"health_reported"`, `"sequence":3`,
		`"message":"nothing came from iis; 9 records read, 0 incidents, 2 findings open"`,
		`"sources":{"iis":{"understood":7,"ignored":0,"malformed":0}}`, `"read":9`, `"unknown":2`,
		`"incidents":{"critical":0,"high":1,"low":0,"medium":0},"alerts":{"critical":1,"high":1,"low":0,"medium":0}`,
		`"messages":2,"bytes":900,"age_seconds":1.5`,
		`"findings":[{"code":"silent_source","subject":"iis","detail":"nothing came from iis","since":"2026-11-22T20:00:00.000Z"}]`,
	} {
		if !strings.Contains(string(doc), want) {
			t.Errorf("no %s in %s", want, doc)
		}
	}
}

func TestHealthIsValid(t *testing.T) {
	by := Observer{"1.2.3", "agent-1"}
	quiet := &Health{At: time.Now(), Start: time.Now(), Final: true}
	for _, h := range []*Health{someHealth(), quiet} {
		ecs, err1 := Form{By: by}.Health(h)
		ocsf, err2 := Form{OCSF: true, By: by}.Health(h)
		if err1 != nil || err2 != nil || !json.Valid(ecs) || !json.Valid(ocsf) {
			t.Fatal(err1, err2)
		}
		for name, load := range ecsSchemas {
			t.Run("ecs "+name, func(t *testing.T) {
				s := load(t)
				for _, m := range s.mistakes(ecs) {
					t.Error(m)
				}
				if len(s.mistakes([]byte(strings.Replace(string(ecs), `"kind":"metric"`, `"kind":"metrics"`, 1)))) == 0 {
					t.Error("a mistake went unseen")
				}
			})
		}
		for name, load := range map[string]func(testing.TB) ocsfSchemaFile{"published": publishedOCSF, "own": ownOCSF} {
			t.Run("ocsf "+name, func(t *testing.T) {
				s := load(t)
				for _, m := range s.mistakes(ocsf) {
					t.Error(m)
				}
			})
		}
	}
}
