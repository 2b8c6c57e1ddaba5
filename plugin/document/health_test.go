package document

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func someHealth() *Health {
	at := time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)
	f := Finding{Code: "silent_source", Subject: "iis", Detail: "nothing came from iis", Since: at}
	return &Health{At: at, Start: at.Add(-time.Hour), Sequence: 3, Raised: []Finding{f}, Open: []Finding{f, f},
		Figures: Figures{
			Records: Records{Read: 9, Understood: 7, Unknown: 2},
			Sources: map[string]Source{"iis": {Understood: 7}},
			Rules: map[string]Raised{"AN1269": {
				Incidents: map[string]uint64{"low": 0, "medium": 0, "high": 1, "critical": 0},
				Alerts:    map[string]uint64{"low": 0, "medium": 0, "high": 1, "critical": 1}}},
			Spool: Spool{Messages: 2, Bytes: 900, Age: 1.5},
		}}
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
	quiet := &Health{At: time.Now(), Start: time.Now(), Figures: Figures{Final: true}}
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
				s := baseEvent(load(t))
				for _, m := range s.objectMistakes(ocsf) {
					t.Error(m)
				}
				for _, change := range [][2]string{{`"class_uid":0`, `"class_uid":2004`}, {`"severity_id":1`, `"severity_id":3`}, {`"metadata"`, `"finding_info"`}} {
					if broken := strings.Replace(string(ocsf), change[0], change[1], 1); len(s.objectMistakes([]byte(broken))) == 0 {
						t.Errorf("%s went unseen", change[1])
					}
				}
			})
		}
	}
}

// baseEvent is the class Base Event of OCSF 1.8.0, as far as health records use
// it, with the objects of s. A health record is informational, and no finding.
func baseEvent(s ocsfSchemaFile) ocsfSchemaFile {
	attributes := map[string]ocsfAttribute{}
	for _, name := range []string{"activity_id", "activity_name", "category_uid", "category_name", "class_uid", "class_name", "type_uid", "type_name",
		"time", "start_time", "end_time", "message", "severity_id", "severity", "metadata", "unmapped"} {
		attributes[name] = s.Attributes[name]
	}
	for name, only := range map[string]string{"activity_id": "99", "category_uid": "0", "class_uid": "0", "type_uid": "99", "severity_id": "1"} {
		a := attributes[name]
		a.Enum = []string{only}
		attributes[name] = a
	}
	s.Attributes = attributes
	return s
}
