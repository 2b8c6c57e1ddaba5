package test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"redshank/plugin/agent"
)

var metricName = regexp.MustCompile(`fluentbit_redshank_([a-z_]+)`)

// TestDashboard requires that the plugin has every metric of the dashboard.
func TestDashboard(t *testing.T) {
	known := map[string]bool{}
	agent.Samples(&agent.Report{Raised: agent.NewRaised("AN1269")}, func(of *agent.Metric, _ float64, _ ...string) { known[of.Name] = true })
	var doc struct {
		UID    string
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, contentDir+"/grafana.json")), &doc); err != nil || doc.UID == "" || len(doc.Panels) == 0 {
		t.Fatalf("no dashboard: %v", err)
	}
	for _, panel := range doc.Panels {
		for _, target := range panel.Targets {
			names := metricName.FindAllStringSubmatch(target.Expr, -1)
			for _, name := range names {
				if !known[name[1]] {
					t.Errorf("%s: no metric %s", panel.Title, name[1])
				}
			}
			if len(names) == 0 || strings.Count(target.Expr, "(") != strings.Count(target.Expr, ")") {
				t.Errorf("%s: %s", panel.Title, target.Expr)
			}
		}
	}
}
