package test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// savedObject is one line of an export of Kibana or OpenSearch Dashboards.
type savedObject struct {
	ID, Type   string
	Attributes struct {
		Title, VisState, PanelsJSON string
		Columns                     []string
		KibanaSavedObjectMeta       struct{ SearchSourceJSON string }
	}
	References []struct{ Name, Type, ID string }
}

// savedPanels returns the visualizations and searches of the saved objects.
func savedPanels(t *testing.T) (panels []panel) {
	t.Helper()
	known, placed, exported := map[string]bool{}, map[string]bool{}, 0
	for line := range strings.Lines(read(t, filepath.Join(contentDir, "saved-objects.ndjson"))) {
		var o savedObject
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatal(err)
		}
		if o.ID == "" { // the last line, a summary
			var summary struct{ ExportedCount int }
			if err := json.Unmarshal([]byte(line), &summary); err != nil || summary.ExportedCount != exported {
				t.Errorf("saved objects: %s (want %d)", line, exported)
			}
			continue
		}
		exported++
		if known[o.ID] || o.Attributes.Title == "" {
			t.Errorf("saved objects: %s: twice, or no title", o.ID)
		}
		known[o.ID] = true
		for _, r := range o.References {
			if !known[r.ID] {
				t.Errorf("saved objects: %s: no object %s before it", o.ID, r.ID)
			}
			placed[r.ID] = true
		}
		switch o.Type {
		case "visualization", "search":
			panels = append(panels, savedPanel(t, &o))
		case "dashboard":
			checkLayout(t, &o)
		}
	}
	for id := range known {
		if !placed[id] && id != "redshank-incidents" {
			t.Errorf("saved objects: nothing shows %s", id)
		}
	}
	return panels
}

func savedPanel(t *testing.T, o *savedObject) panel {
	t.Helper()
	var source struct {
		Query        struct{ Query, Language string }
		IndexRefName string
	}
	if err := json.Unmarshal([]byte(o.Attributes.KibanaSavedObjectMeta.SearchSourceJSON), &source); err != nil || source.Query.Language != "kuery" ||
		len(o.References) != 1 || source.IndexRefName != o.References[0].Name {
		t.Errorf("saved objects: %s: %v %+v", o.ID, err, source)
	}
	p := panel{board: "saved objects", title: o.Attributes.Title, query: source.Query.Query, shown: o.Attributes.Columns}
	if o.Type == "search" {
		return p
	}
	var state struct {
		Type string
		Aggs []struct {
			ID, Type, Schema string
			Params           struct{ Field, OrderBy, SortField string }
		}
	}
	if err := json.Unmarshal([]byte(o.Attributes.VisState), &state); err != nil || len(state.Aggs) == 0 {
		t.Fatalf("saved objects: %s: %v", o.ID, err)
	}
	ids := map[string]bool{}
	for _, a := range state.Aggs {
		if ids[a.ID] {
			t.Errorf("saved objects: %s: aggregation %s twice", o.ID, a.ID)
		}
		ids[a.ID] = true
		switch a.Type {
		case "cardinality", "terms", "date_histogram", "top_hits":
			p.grouped = append(p.grouped, a.Params.Field)
		case "max", "sum":
			p.measured = append(p.measured, a.Params.Field)
		default:
			t.Errorf("saved objects: %s: aggregation %s", o.ID, a.Type)
		}
	}
	for _, a := range state.Aggs {
		if a.Type == "terms" && !ids[a.Params.OrderBy] {
			t.Errorf("saved objects: %s: ordered by %q", o.ID, a.Params.OrderBy)
		}
	}
	return p
}

// checkLayout requires that each panel of a dashboard has an object and a place.
func checkLayout(t *testing.T, o *savedObject) {
	t.Helper()
	var panels []struct {
		GridData     area
		PanelIndex   string
		PanelRefName string
	}
	if err := json.Unmarshal([]byte(o.Attributes.PanelsJSON), &panels); err != nil || len(panels) != len(o.References) {
		t.Fatalf("saved objects: %d panels, %d references: %v", len(panels), len(o.References), err)
	}
	grid := newGrid(48)
	for i, p := range panels {
		if p.PanelRefName != o.References[i].Name {
			t.Errorf("saved objects: panel %s: %+v", p.PanelIndex, p)
		}
		grid.place(t, "saved objects: panel "+p.PanelIndex, p.GridData)
	}
}
