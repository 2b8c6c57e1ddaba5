package test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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
		file, anchor, _ := strings.Cut(m[1], "#")
		page := filepath.Join(filepath.Dir(readmePath), file)
		if file == "" {
			page = readmePath
		}
		if _, err := os.Stat(page); err != nil {
			t.Errorf("README.md: %v", err)
			continue
		}
		if anchor != "" && !slices.Contains(anchors(read(t, page)), anchor) {
			t.Errorf("README.md: %s: no such heading", m[1])
		}
	}
}

// anchors returns the names that the headings of a page in markdown get.
func anchors(page string) (names []string) {
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(page, -1) {
		name := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}
