package test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const m365Page = "../docs/m365.md"

// TestPageLinks checks that the links of every page lead to a file.
func TestPageLinks(t *testing.T) {
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	for _, page := range append(pages, confDir+"/README.md", "../README.md", "../CONTRIBUTING.md", "../SECURITY.md") {
		for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(read(t, page), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}

// TestM365Page checks that the command has the flags that the page about Microsoft
// 365 names, that the configurations read the settings it names, and that the page
// names every setting of an Event Hub.
func TestM365Page(t *testing.T) {
	page := read(t, m365Page)
	help := execute(t, "", artefact(t, "redshank"), "collect", "m365", "--help").out
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "az ") || strings.Contains(line, "`az ") {
			continue
		}
		for _, flag := range regexp.MustCompile(`--[a-z][a-z-]*`).FindAllString(line, -1) {
			if flag != "--help" && !strings.Contains(help, flag+" ") {
				t.Errorf("%s: the command has no flag %s", m365Page, flag)
			}
		}
	}
	for _, name := range regexp.MustCompile(`M365_[A-Z_]+`).FindAllString(page, -1) {
		if !strings.Contains(help, name) {
			t.Errorf("%s: the command does not read %s", m365Page, name)
		}
	}
	for _, name := range regexp.MustCompile(`EVENTHUB_[A-Z_]+|M365_[A-Z]+`).FindAllString(read(t, confDir+"/m365-eventhub.yaml"), -1) {
		if name != "EVENTHUB_CA_FILE" && !strings.Contains(page, name) {
			t.Errorf("%s: does not mention %s", m365Page, name)
		}
	}
}
