package agent

import (
	"fmt"
	"testing"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/source"
	"redshank/plugin/document"
)

// Every rule of the engine is counted, by the severity of the alert, and an
// incident once.
func TestReportFigures(t *testing.T) {
	r := &Report{Raised: NewRaised("AN1269", "AN9999")}
	r.Raised.Add([]*alert.Alert{
		{Rule: alert.Rule{ID: "AN9999"}, Sequence: 1, Severity: alert.High},
		{Rule: alert.Rule{ID: "AN9999"}, Sequence: 2, Severity: alert.Critical},
		{Rule: alert.Rule{ID: "AN1269"}, Sequence: 1, Severity: alert.High, Drill: "6b0937731925aa01"},
		{Rule: alert.Rule{ID: "unknown"}, Sequence: 1, Severity: alert.Low},
	})
	r.Sources[event.IIS][source.Understood] = 7
	r.Sources[event.SourceUnknown][source.Unknown] = 2
	f := r.figures(document.Baselines{Mature: 1, All: 3}, true)
	want := map[string]document.Raised{
		"AN1269": {Incidents: map[string]uint64{"low": 0, "medium": 0, "high": 0, "critical": 0}, Alerts: map[string]uint64{"low": 0, "medium": 0, "high": 0, "critical": 0}},
		"AN9999": {Incidents: map[string]uint64{"low": 0, "medium": 0, "high": 1, "critical": 0}, Alerts: map[string]uint64{"low": 0, "medium": 0, "high": 1, "critical": 1}},
	}
	if fmt.Sprint(f.Rules) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", f.Rules, want)
	}
	if len(f.Sources) != 1 || f.Sources["iis"] != (document.Source{Understood: 7}) || f.Records.Read != 9 || f.Records.Unknown != 2 || !f.Final || f.Baselines.All != 3 {
		t.Errorf("%+v", f)
	}
}

// The number and the order of the series depend on the rules only.
func TestSamplesKeepTheirOrder(t *testing.T) {
	names := func(r *Report) (all []string) {
		Samples(r, func(of *Metric, _ float64, labels ...string) { all = append(all, fmt.Sprint(of.Name, labels)) })
		return all
	}
	empty, busy := &Report{Raised: NewRaised("a", "b")}, &Report{Raised: NewRaised("a", "b"), SinkErrors: 4}
	busy.Sources[event.IIS][source.Malformed] = 1
	busy.Raised[1].Severities[alert.Low].Alerts = 9
	if a, b := names(empty), names(busy); fmt.Sprint(a) != fmt.Sprint(b) || len(a) < 50 {
		t.Errorf("%v\nwant %v", b, a)
	}
}
