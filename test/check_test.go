package test

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestCheckConfigurations runs `redshank check -c` on every shipped configuration:
// with the environment set, all that have a redshank output must be valid.
func TestCheckConfigurations(t *testing.T) {
	linuxOnly(t, "the paths are those of Linux")
	dir := t.TempDir()
	logs := filepath.Join(dir, "logs")
	for name, value := range map[string]string{"EXCHANGE_LOGS": logs, "M365_LOGS": logs, "REDSHANK_STATE": dir, "REDSHANK_ALERTS": filepath.Join(dir, "a.ndjson")} {
		t.Setenv(name, value)
	}
	checked := 0
	for _, path := range append(configurations(t, ".yaml"), configurations(t, ".conf")...) {
		if strings.Contains(path, "windows") {
			continue
		}
		r := execute(t, "", artefact(t, "redshank"), "check", "-c", path)
		if strings.Contains(r.out, "no output with the name redshank") {
			continue // its output is in the file that includes it
		}
		checked++
		if r.code != 0 || strings.Contains(r.out, ": error: ") || !strings.Contains(r.out, "ok: ") {
			t.Errorf("%s: %d\n%s%s", path, r.code, r.out, r.log)
		}
	}
	if checked < 6 {
		t.Errorf("only %d configurations checked", checked)
	}
}
