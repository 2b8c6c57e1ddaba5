package test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const triagePage = "../docs/triage.md"

// Every field that the page about triage names is one of an alert or of its full
// lists.
func TestTriageFields(t *testing.T) {
	page := read(t, triagePage)
	fields := execute(t, "", artefact(t, "redshank"), "docs", "fields").out
	named := regexp.MustCompile("`?\\.?redshank\\.([a-z_]+)").FindAllStringSubmatch(page, -1)
	if len(named) < 8 {
		t.Fatalf("%s names %d fields", triagePage, len(named))
	}
	for _, m := range named {
		if m[1] != "complete" && !strings.Contains(fields, "`redshank."+m[1]+"`") && !strings.Contains(fields, "`redshank."+m[1]+".") {
			t.Errorf("%s: no field redshank.%s", triagePage, m[1])
		}
	}
	for _, name := range []string{"valid_credentials.ip", "valid_credentials.agent", "valid_credentials.app", "valid_credentials.record",
		"signals.at", "signals.record", "context.since.first", "context.last_sign_ins.usual", "context.items_since", "context.mailboxes"} {
		if !strings.Contains(fields, "`redshank."+name+"`") {
			t.Errorf("no field redshank.%s", name)
		}
	}
}

// The commands of the page run on documents of every kind, and each prints
// something.
func TestTriageCommands(t *testing.T) {
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("SKIPPED: no jq")
	}
	folder := t.TempDir()
	var alerts []byte
	kinds, err := filepath.Glob("../plugin/document/testdata/ecs/*.json")
	if err != nil || len(kinds) < 5 {
		t.Fatalf("%q %v", kinds, err)
	}
	for _, kind := range kinds {
		alerts = append(alerts, read(t, kind)...)
	}
	if err := errors.Join(os.WriteFile(filepath.Join(folder, "alerts.ndjson"), alerts, 0o600),
		os.WriteFile(filepath.Join(folder, "alerts.ndjson.1-indicators.json"), []byte(read(t, "../plugin/document/testdata/ecs-indicators.json")), 0o600)); err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile("(?m)^jq .*$").FindAllString(read(t, triagePage), -1)
	if len(commands) < 6 {
		t.Fatalf("%d commands", len(commands))
	}
	for _, command := range commands {
		out, err := exec.Command("sh", "-c", strings.ReplaceAll(command, "build/demo", folder)).Output()
		if err != nil || len(strings.TrimSpace(string(out))) == 0 {
			t.Errorf("%s: %v %q", command, err, out)
		}
	}
}
