package analytics

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// mayImport lists, for every package of the program, the packages of this module
// that it may import. Dependencies have one direction: a package imports only what
// stands above it here. A folder below a listed one is part of it unless it is
// listed itself.
var mayImport = []struct{ name, imports string }{
	{"test/extent", ""}, // for tests only
	{"analytics/ascii", ""},
	{"analytics/spelling", ""},
	{"analytics/event", "analytics/ascii"},
	{"analytics/record", "analytics/ascii"},
	{"analytics/timestamp", "analytics/ascii analytics/record"},
	{"analytics/alert", "analytics/event"},
	{"analytics/drill", ""},
	{"analytics/policy", "analytics/ascii analytics/drill analytics/event analytics/spelling"},
	{"analytics/explain", "analytics/event"},
	{"analytics/window", "analytics/event"},
	{"analytics/source", "analytics/ascii analytics/drill analytics/event analytics/record analytics/timestamp"},
	{"analytics/state", "analytics/event analytics/window"},
	{"analytics/directory", "analytics/event analytics/state analytics/window"},
	{"analytics/baseline", "analytics/event analytics/policy analytics/state analytics/window"},
	{"analytics/incident", "analytics/alert analytics/event analytics/policy analytics/state analytics/window"},
	{"analytics/health", "analytics/event analytics/policy analytics/source"},
	{"analytics/coverage", "analytics/event analytics/state"},
	{"analytics/stuffing", "analytics/alert analytics/baseline analytics/event analytics/explain analytics/incident analytics/policy analytics/state analytics/window"},
	{"analytics/collection", "analytics/alert analytics/ascii analytics/baseline analytics/event analytics/explain analytics/incident analytics/policy analytics/state analytics/window"},
	{"analytics", "analytics/alert analytics/collection analytics/coverage analytics/directory analytics/drill analytics/event analytics/explain analytics/health analytics/incident analytics/policy analytics/record analytics/source analytics/state analytics/stuffing analytics/window"},
	{"analytics/scenario", "analytics analytics/alert analytics/event analytics/policy test/extent"}, // for tests only

	{"plugin/text", ""},
	{"plugin/store", "test/extent"},
	{"plugin/hostconfig", ""},
	{"plugin/collect", ""},
	{"plugin/document", "analytics/alert plugin/text"},
	{"plugin/matrix", "analytics/coverage plugin/document"},
	{"plugin/delivery", "analytics/alert analytics/record plugin/store plugin/text"},
	{"plugin/drill", "analytics/drill analytics/event analytics/policy"},
	{"plugin/agent", "analytics analytics/alert analytics/coverage analytics/event analytics/explain analytics/incident analytics/policy analytics/source plugin/delivery plugin/document plugin/matrix plugin/store plugin/text"},
	{"plugin/replay/sorted", "analytics/event"},
	{"plugin/replay", "analytics analytics/alert analytics/collection analytics/coverage analytics/event analytics/explain analytics/policy analytics/record analytics/source analytics/window plugin/delivery plugin/document plugin/matrix plugin/replay/sorted plugin/text"},
	{"plugin/command", "analytics/coverage analytics/drill analytics/explain analytics/policy analytics/source analytics/spelling plugin/agent plugin/collect plugin/document plugin/drill plugin/hostconfig plugin/matrix plugin/replay plugin/text"},
	{"plugin", "plugin/agent plugin/command"},
}

// listed returns the entry of mayImport for a package: its own or that of the
// nearest folder above.
func listed(path string) string {
	for path != "" {
		for _, p := range mayImport {
			if p.name == path {
				return path
			}
		}
		i := strings.LastIndexByte(path, '/')
		if i < 0 {
			return ""
		}
		path = path[:i]
	}
	return ""
}

// goList returns the output of go list for a build with C, as of the plugin.
func goList(t *testing.T, args ...string) string {
	t.Helper()
	list := exec.Command("go", append([]string{"list"}, args...)...)
	list.Env = append(list.Environ(), "CGO_ENABLED=1")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestImportDirections compares the imports with mayImport.
func TestImportDirections(t *testing.T) {
	out := goList(t, "-f", `{{.ImportPath}} {{join .Imports " "}}`, "redshank/analytics/...", "redshank/plugin/...")
	allowed, used := map[string][]string{}, map[string]bool{}
	for _, p := range mayImport {
		allowed[p.name] = strings.Fields(p.imports)
	}
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		name := listed(strings.TrimPrefix(fields[0], "redshank/"))
		if strings.Count(fields[0], "/") == 2 && "redshank/"+name != fields[0] {
			t.Errorf("%s: not in the list of packages", fields[0])
		}
		for _, path := range fields[1:] {
			ours, found := strings.CutPrefix(path, "redshank/")
			imported := listed(ours)
			if !found || imported == name {
				continue
			}
			used[name+" "+imported] = true
			if !slices.Contains(allowed[name], imported) {
				t.Errorf("%s imports %s", fields[0], path)
			}
		}
	}
	for name, imports := range allowed {
		for _, imported := range imports {
			if !used[name+" "+imported] && name != "plugin" { // which imports by build constraint
				t.Errorf("%s may import %s and does not", name, imported)
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

// The engine imports neither the host, nor the network, nor C.
func TestEngineNeedsNoHost(t *testing.T) {
	for _, name := range strings.Fields(goList(t, "-deps", "redshank/analytics")) {
		if name == "runtime/cgo" || name == "net/http" || strings.Contains(name, "fluent-bit-go") || strings.HasPrefix(name, "redshank/plugin") {
			t.Errorf("analytics depends on %s", name)
		}
	}
}
