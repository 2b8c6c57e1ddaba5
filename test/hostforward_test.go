package test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"redshank/test/agent"
)

// TestHostForward sends acknowledged alerts by the forward protocol over TCP.
// Alerts raised while the receiver is down are sent from the spool at the next
// start.
func TestHostForward(t *testing.T) {
	port, err := agent.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"-f", "json", "-p", "sink=forward", "-p", fmt.Sprintf("sink_port=%d", port),
		"-p", "sink_timeout=1s", "-p", "state_path=" + filepath.Join(t.TempDir(), "state")}
	down := onHost(t, attack("203.0.113.7", 12), args...)
	if down.code != 0 {
		t.Fatal("receiver down: ", down.end())
	}
	receiver := newForwardee(t, port)
	up := onHost(t, attack("203.0.113.8", 12), args...)
	found := slices.Sorted(maps.Values(incidents(parseAlerts(t, receiver.text()))))
	want := []string{"", "203.0.113.7", "203.0.113.8"} // and the campaign that they are
	if up.code != 0 || !slices.Equal(found, want) {
		t.Errorf("incidents of %q arrived, want those from before and from now, %q\n%s", found, want, up.end())
	}
}
