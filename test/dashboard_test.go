package test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

var (
	metricName   = regexp.MustCompile(`fluentbit_redshank_([a-z_]+)`)
	measuredName = regexp.MustCompile(`measure\{name: "([a-z_]+)"`)
)

// TestDashboard wants every metric of the dashboard to be one of the plugin's,
// by the names in its source: main packages cannot be imported.
func TestDashboard(t *testing.T) {
	known := map[string]bool{}
	for _, m := range measuredName.FindAllStringSubmatch(read(t, "../plugin/measures.go"), -1) {
		known[m[1]] = true
	}
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
