package test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// grafanaBoard is a dashboard of Grafana over Elasticsearch.
type grafanaBoard struct {
	UID        string
	Templating struct {
		List []struct{ Name, Query string }
	}
	Panels []grafanaPanel
}

type grafanaPanel struct {
	ID              int
	Title           string
	GridPos         area
	Targets         []grafanaTarget
	Transformations []struct {
		ID      string
		Options struct{ Fields map[string]any }
	}
}

type grafanaTarget struct {
	Query, TimeField string
	Datasource       struct{ Type, UID string }
	Metrics          []struct{ ID, Type, Field string }
	BucketAggs       []struct {
		ID, Type, Field string
		Settings        struct{ OrderBy string }
	}
}

// grafanaPanels returns the panels of the dashboard for Grafana, with its
// variables set to any value.
func grafanaPanels(t *testing.T) (panels []panel) {
	t.Helper()
	var board grafanaBoard
	if err := json.Unmarshal([]byte(read(t, contentDir+"/grafana-incidents.json")), &board); err != nil || board.UID == "" {
		t.Fatalf("no dashboard: %v", err)
	}
	var names []string
	for _, v := range board.Templating.List {
		names = append(names, "$"+v.Name, "*")
		var query struct{ Field string }
		if json.Unmarshal([]byte(v.Query), &query) == nil {
			panels = append(panels, panel{board: "grafana", title: "variable " + v.Name, query: "event.kind:alert", grouped: []string{query.Field}})
		}
	}
	ids, grid := map[int]bool{}, newGrid(24)
	for _, p := range board.Panels {
		if ids[p.ID] || p.Title == "" {
			t.Errorf("grafana: %q: id %d twice, or no title", p.Title, p.ID)
		}
		ids[p.ID] = true
		grid.place(t, p.Title, p.GridPos)
		for _, target := range p.Targets {
			one := p.read(t, target)
			one.query = strings.NewReplacer(names...).Replace(target.Query)
			panels = append(panels, one)
		}
	}
	return panels
}

// read returns the fields that a target and the transformations name.
func (p *grafanaPanel) read(t *testing.T, target grafanaTarget) panel {
	t.Helper()
	one := panel{board: "grafana", title: p.Title}
	if target.Datasource.UID != "${datasource}" || target.Datasource.Type != "elasticsearch" || target.TimeField != "@timestamp" {
		t.Errorf("grafana: %s: %+v", p.Title, target)
	}
	var ids []string
	for _, m := range target.Metrics {
		ids = append(ids, m.ID)
		switch m.Type {
		case "cardinality":
			one.grouped = append(one.grouped, m.Field)
		case "max", "sum":
			one.measured = append(one.measured, m.Field)
		case "raw_data":
		default:
			t.Errorf("grafana: %s: metric %s", p.Title, m.Type)
		}
	}
	for _, b := range target.BucketAggs {
		one.grouped = append(one.grouped, b.Field)
		if b.Type == "terms" && !slices.Contains(ids, b.Settings.OrderBy) || slices.Contains(ids, b.ID) {
			t.Errorf("grafana: %s: ordered by %q, id %q", p.Title, b.Settings.OrderBy, b.ID)
		}
	}
	for _, step := range p.Transformations {
		if step.ID == "groupBy" {
			one.shown = slices.AppendSeq(one.shown, maps.Keys(step.Options.Fields))
		}
	}
	return one
}

// area is the place of a panel.
type area struct{ X, Y, W, H int }

// grid is the layout of a dashboard.
type grid struct {
	width int
	cells map[[2]int]string
}

func newGrid(width int) grid { return grid{width, map[[2]int]string{}} }

// place fails the test if a panel overlaps another or leaves the grid.
func (g grid) place(t *testing.T, title string, a area) {
	t.Helper()
	if a.X < 0 || a.W < 1 || a.H < 1 || a.X+a.W > g.width {
		t.Errorf("%s: %+v is not in the %d columns", title, a, g.width)
	}
	for x := range a.W {
		for y := range a.H {
			cell := [2]int{a.X + x, a.Y + y}
			if other, taken := g.cells[cell]; taken {
				t.Fatalf("%s covers %s", title, other)
			}
			g.cells[cell] = title
		}
	}
}
