package analytics

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// mayImport lists, for every package below analytics, the packages of this
// module that it may import. Detection goes in one direction: a package imports
// only what stands above it here.
var mayImport = []struct{ name, imports string }{
	{"ascii", ""},
	{"spelling", ""},
	{"event", "ascii"},
	{"record", "ascii"},
	{"timestamp", "ascii record"},
	{"alert", "event"},
	{"drill", ""},
	{"policy", "ascii drill event spelling"},
	{"explain", "event"},
	{"window", "event"},
	{"source", "ascii event record timestamp"},
	{"state", "event window"},
	{"directory", "event state window"},
	{"baseline", "event policy state window"},
	{"incident", "alert event policy state window"},
	{"health", "event policy source"},
	{"coverage", "event state"},
	{"stuffing", "alert baseline event explain incident policy state window"},
	{"collection", "alert ascii baseline event explain incident policy state window"},
	{"scenario", "alert event policy"}, // and package analytics: for tests only
}

// TestImportDirections holds the imports against the layout: nothing imports
// plugin, and the two analytics do not import each other.
func TestImportDirections(t *testing.T) {
	const root = "redshank/analytics/"
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, root+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string][]string{}
	for _, p := range mayImport {
		known[p.name] = strings.Fields(p.imports)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		name, below := strings.CutPrefix(fields[0], root)
		top, _, _ := strings.Cut(name, "/") // a folder below one is part of it
		allowed, ok := known[top]
		if below && !ok {
			t.Errorf("%s: not in the list of packages", fields[0])
		}
		for _, path := range fields[1:] {
			imported, ours := strings.CutPrefix(path, "redshank/")
			imported, analytic := strings.CutPrefix(imported, "analytics/")
			imported, _, _ = strings.Cut(imported, "/")
			switch {
			case !ours || analytic && (!below || imported == top) || top == "scenario" && path == "redshank/analytics":
			case !analytic || !slices.Contains(allowed, imported):
				t.Errorf("%s imports %s", fields[0], path)
			}
		}
	}
}

// Every package in the list imports only packages before it.
func TestImportListIsInOrder(t *testing.T) {
	var before []string
	for _, p := range mayImport {
		for _, name := range strings.Fields(p.imports) {
			if !slices.Contains(before, name) {
				t.Errorf("%s may import %s, which comes after it", p.name, name)
			}
		}
		before = append(before, p.name)
	}
}
