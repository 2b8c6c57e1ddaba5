package test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"redshank/test/agent"
)

// newLoop returns an agent that sends its alerts to its own in_forward and from
// there to the file out. The match of the plugin covers these alerts too.
func newLoop(t *testing.T, receiver, sink string, more ...string) *fluentBit {
	t.Helper()
	b := newFluentBit(t, attack("203.0.113.7", 12), "", "sink: forward\nsink_timeout: 2s\n"+sink)
	c := b.read("fluent-bit.yaml")
	c = strings.Replace(c, "  outputs:\n", "    - name: forward\n      "+receiver+"\n  outputs:\n", 1)
	c += fmt.Sprintf("    - name: file\n      match: redshank.alert\n      path: %s\n      file: out\n      format: plain\n", b.folder)
	b.write("fluent-bit.yaml", strings.NewReplacer(append(more, "FOLDER", b.folder)...).Replace(c))
	b.write("out", "")
	return b
}

func TestFluentBitLoopback(t *testing.T) {
	t.Parallel()
	free, err := agent.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	port := fmt.Sprint(free)
	tcp := "listen: 127.0.0.1\n      port: " + port
	for name, c := range map[string]struct{ receiver, sink string }{
		"workers 0":  {tcp, "workers: 0\nsink_port: " + port},
		"workers 1":  {tcp, "workers: 1\nsink_port: " + port},
		"gzip":       {tcp, "sink_gzip: on\nsink_port: " + port},
		"shared key": {tcp + "\n      shared_key: secret", "sink_shared_key: secret\nsink_port: " + port},
		"unix":       {"unix_path: FOLDER/in.sock", "sink_path: FOLDER/in.sock"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newLoop(t, c.receiver, c.sink+"\nstate_path: FOLDER/state")
			b.start("out_redshank.so")
			b.await("the alert", func() bool { return strings.Contains(b.read("out"), `"203.0.113.7"`) })
			r := b.stop()
			r.endedWell(t)
			if got := parseAlerts(t, b.read("out")); len(got) != 1 || r.counter(t, "delivered") != 1 || r.counter(t, "records") != 12 ||
				strings.Contains(r.log, "secret") {
				t.Errorf("%v\n%s", got, r.log)
			}
		})
	}
}

// TestFluentBitReloadWithSinkDown: an unreachable receiver delays neither reloads
// nor the exit. Each instance leaves its pending alerts to the next, and the first
// one that reaches the receiver delivers them.
func TestFluentBitReloadWithSinkDown(t *testing.T) {
	t.Parallel()
	const reloads = 3
	down, err := agent.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(t.TempDir(), "state")
	b := newFluentBit(t, attack("203.0.113.7", 12), "  hot_reload: on\n", fmt.Sprintf("sink: forward\nsink_port: %d\nstate_path: %s\nworkers: 0", down, state))
	b.start("out_redshank.so")
	for n := range reloads {
		b.await("a failure", func() bool { return strings.Count(b.trickle(), "sink fails, alerts wait") > n })
		b.reload(n + 1)
	}
	r := b.stop()
	if n := strings.Count(r.log, "alerts wait in the spool for the next start"); r.code != 0 || n < reloads || strings.Contains(r.log, "alerts lost") {
		t.Errorf("%d instances left their alert; %s", n, r.end())
	}
	up := newFluentBit(t, "", "", "state_path: "+state)
	up.start("out_redshank.so").awaitAlerts(1)
	r = up.stop()
	r.endedWell(t)
	if len(incidents(r.alerts)) != 1 {
		t.Error(r.end())
	}
}

// trickle writes a line without an event, so that the plugin is called and can
// write to the log, and returns the log so far.
func (b *fluentBit) trickle() string {
	b.trickled += "{\"log\":\"nothing\"}\n"
	b.write("in2.ndjson", b.trickled)
	return b.log.String()
}
