package test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// written returns the first alert that the plugin writes to a file with these
// options.
func written(t *testing.T, options ...string) map[string]any {
	t.Helper()
	path := filepath.Join(t.TempDir(), "alerts.ndjson")
	args := []string{"-f", "json", "-p", "sink=file", "-p", "sink_path=" + path}
	for _, o := range options {
		args = append(args, "-p", o)
	}
	onHost(t, attack("203.0.113.7", 12), args...).quiet(t)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(content), "\n")
	var doc map[string]any
	if err := json.Unmarshal([]byte(line), &doc); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	return doc
}

// at returns the value at a path of names in a document.
func at(doc map[string]any, names ...string) any {
	var v any = doc
	for _, name := range names {
		inner, _ := v.(map[string]any)
		v = inner[name]
	}
	return v
}

// TestSchemasAgree: incident id and sequence are the same in both schemas.
func TestSchemasAgree(t *testing.T) {
	ecs, ocsf := written(t, "format=ecs", "cef=on"), written(t, "format=ocsf", "cef=on")
	if at(ecs, "event", "kind") != "alert" || at(ocsf, "class_uid") != 2004.0 || at(ocsf, "activity_id") != 1.0 {
		t.Fatalf("%v\n%v", ecs, ocsf)
	}
	for _, c := range [][2]any{
		{at(ecs, "event", "id"), at(ocsf, "finding_info", "uid")},
		{at(ecs, "event", "sequence"), at(ocsf, "metadata", "sequence")},
		{at(ecs, "redshank", "class"), at(ocsf, "unmapped", "redshank", "class")},
		{at(ecs, "redshank", "cef"), at(ocsf, "unmapped", "redshank", "cef")},
	} {
		if c[0] == nil || c[0] != c[1] {
			t.Errorf("%v, %v", c[0], c[1])
		}
	}
	cef, _ := at(ecs, "redshank", "cef").(string)
	if !strings.HasPrefix(cef, "CEF:0|Redshank|Redshank|") || !strings.Contains(cef, " src=203.0.113.7 ") || len(cef) >= 4096 {
		t.Errorf("%s", cef)
	}
	if off := written(t); at(off, "redshank", "cef") != nil || at(off, "redshank", "class") == nil {
		t.Errorf("a CEF line although cef is off: %v", off)
	}
}
