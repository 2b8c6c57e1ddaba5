package test

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestHostFileRotates: a full file is renamed and a new one is created.
func TestHostFileRotates(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "alerts.ndjson")
	old := strings.Repeat(`{"old":true}`+"\n", 1<<20/13)
	write(t, path, old)
	onHost(t, attacks(2), "-f", "json", "-p", "sink=file", "-p", "sink_path="+path, "-p", "sink_max_size=1M").quiet(t)
	files, err := filepath.Glob(filepath.Join(folder, "alerts*.ndjson"))
	if err != nil || len(files) != 2 {
		t.Fatalf("%v %v", files, err)
	}
	all := ""
	for _, file := range files {
		all += read(t, file)
	}
	if now := parseAlerts(t, read(t, path)); len(now) == 0 || len(now) == 1<<20/13 || !strings.Contains(all, old) || strings.Count(all, "AN1269-") < 2 {
		t.Errorf("%d lines in the new file", len(now))
	}
}
