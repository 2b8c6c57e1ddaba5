package test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated parts of the README")

const readmePath = "../README.md"

// TestReadmeTables compares the tables of options and signals with the plugin's own.
func TestReadmeTables(t *testing.T) {
	for _, name := range []string{"options", "signals"} {
		t.Run(name, func(t *testing.T) { readmeTable(t, name) })
	}
}

func readmeTable(t *testing.T, name string) {
	t.Helper()
	command := filepath.Join(buildDir, "redshank")
	if _, err := os.Stat(command); err != nil {
		t.Skip("SKIPPED: no build/redshank; make build first")
	}
	want, err := exec.Command(command, "docs", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	head, got, rest := marked(t, name)
	if got == string(want) {
		return
	}
	if !*update {
		t.Fatalf("the table in README.md is not `redshank docs %s`; go test ./test -run Readme -update writes it", name)
	}
	write(t, readmePath, head+string(want)+rest)
}

// marked splits the README into the text before, between and after the markers
// <!-- name --> and <!-- /name -->.
func marked(t *testing.T, name string) (head, inside, rest string) {
	t.Helper()
	text, err := os.ReadFile(readmePath)
	if err != nil {
		t.Fatal(err)
	}
	open, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->\n"
	head, after, ok := strings.Cut(string(text), open)
	inside, rest, closed := strings.Cut(after, end)
	if !ok || !closed {
		t.Fatalf("README.md: no %q ... %q", open, end)
	}
	return head + open, inside, end + rest
}

func TestReadmeLinks(t *testing.T) {
	text, err := os.ReadFile(readmePath)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(string(text), -1) {
		if strings.Contains(m[1], "://") {
			continue
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(readmePath), m[1])); err != nil {
			t.Errorf("README.md: %v", err)
		}
	}
}
