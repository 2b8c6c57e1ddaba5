package agent

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"redshank/plugin/delivery"
)

// brokenSink fails the given number of times, each time after accepting one message.
// Only the sender uses the sink until the sender has stopped.
type brokenSink struct {
	fail   int
	got    []string
	closed bool
}

func (s *brokenSink) Deliver(messages []delivery.Message) (int, error) {
	if s.fail > 0 {
		s.fail--
		if len(messages) > 1 {
			s.got = append(s.got, messages[0].ID)
			return 1, errors.New("disk full")
		}
		return 0, errors.New("disk full")
	}
	for _, m := range messages {
		s.got = append(s.got, m.ID)
	}
	return len(messages), nil
}

func (s *brokenSink) Close() error { s.closed = true; return nil }

// started returns an instance that uses sink, without health records unless given
// sets their interval.
func started(t *testing.T, sink delivery.Sink, given map[string]string) (*Instance, *LogQueue) {
	t.Helper()
	given = maps.Clone(given)
	if given["health_interval"] == "" {
		if given == nil {
			given = map[string]string{}
		}
		given["health_interval"] = "0"
	}
	q := NewLogQueue(slog.LevelInfo)
	s, p, err := configure(from(given))
	if err != nil {
		t.Fatal(err)
	}
	s.refreshEvery = 20 * time.Millisecond
	i, err := startWith(s, p, sink, NewLogger(q))
	if err != nil {
		t.Fatal(err)
	}
	return i, q
}

func waiting(n int) []delivery.Message {
	var out []delivery.Message
	for id := range n {
		out = append(out, delivery.Message{ID: fmt.Sprint(id), JSON: []byte("{}")})
	}
	return out
}

func TestInstanceLeavesNothing(t *testing.T) {
	defer goleak.VerifyNone(t)
	folder := t.TempDir()
	path := filepath.Join(folder, "alerts.ndjson")
	before := descriptors(t)
	defer func() {
		if now := descriptors(t); now > before {
			t.Errorf("%d descriptors open, %d before", now, before)
		}
	}()
	for range 20 {
		q := NewLogQueue(slog.LevelInfo)
		i, err := Start(from(map[string]string{"sink": "file", "sink_path": path, "state_path": folder}), "test", NewLogger(q))
		if err != nil {
			t.Fatal(err)
		}
		if err := i.spool.Put(waiting(1)); err != nil { // opens the file
			t.Error(err)
		}
		if err := i.Flush("tag", nil); err != nil {
			t.Error(err)
		}
		i.Close()
		if log := strings.Join(drained(q), "\n"); !strings.Contains(log, "stopped chunks=") {
			t.Error(log)
		}
	}
}

func descriptors(t *testing.T) int {
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Logf("SKIPPED: descriptors cannot be counted: %v", err)
	}
	return len(open)
}

func TestStartRefuses(t *testing.T) {
	defer goleak.VerifyNone(t)
	for _, c := range []struct {
		given map[string]string
		want  []string
	}{
		{map[string]string{"sink": "file", "sink_path": t.TempDir()}, []string{"sink_path: "}},
		{map[string]string{"state_path": filepath.Join(t.TempDir(), "absent", "folder")}, []string{"state_path: spool: "}},
		{map[string]string{"sink": "http", "sink_url": "ftp://example.com/"}, []string{"sink: http: scheme"}},
		{map[string]string{"sink": "forward", "sink_tls": "on", "sink_tls_ca_file": "/absent/ca.pem"}, []string{"/absent/ca.pem"}},
		{map[string]string{"policy": "/absent/policy.yaml", "max_ips": "0", "format": "cef"}, []string{"/absent/policy.yaml", "max_ips", "format"}},
	} {
		_, err := Start(from(c.given), "test", slog.New(slog.DiscardHandler))
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v: %v, want %s", c.given, err, want)
			}
		}
	}
}

func TestStateFolderIsOneInstances(t *testing.T) {
	defer goleak.VerifyNone(t)
	given := map[string]string{"state_path": t.TempDir()}
	i, _ := started(t, delivery.NewStdout(), given)
	if _, err := Start(from(given), "test", slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "in use by another instance") {
		t.Error(err)
	}
	i.Close()
}

// TestFailedDeliveryIsKept: a failing sink makes no flush fail. Messages that are
// pending at exit are sent after the next start if there is a state_path; otherwise
// they are logged as lost.
func TestFailedDeliveryIsKept(t *testing.T) {
	defer goleak.VerifyNone(t)
	given := map[string]string{"state_path": t.TempDir()}
	run := func(sink *brokenSink, n int) string {
		i, q := started(t, sink, given)
		if err := errors.Join(i.spool.Put(waiting(n)), i.Flush("tag", nil)); err != nil {
			t.Error(err)
		}
		i.Close()
		return strings.Join(drained(q), "\n")
	}
	down, up := &brokenSink{fail: 1 << 30}, &brokenSink{}
	if log := run(down, 10); !strings.Contains(log, "alerts wait in the spool for the next start") || strings.Contains(log, "alerts lost") || !down.closed {
		t.Error(log)
	}
	log := run(up, 0)
	if got := strings.Join(append(down.got, up.got...), " "); got != "0 1 2 3 4 5 6 7 8 9" {
		t.Errorf("delivered %s, want each once and in order\n%s", got, log)
	}
	given = nil
	if log := run(&brokenSink{fail: 1 << 30}, 10); !strings.Contains(log, "alerts lost at exit alerts=") || !strings.Contains(log, "sink fails, alerts wait") {
		t.Error(log)
	}
}

func TestOwnAlertsAreNotLookedAt(t *testing.T) {
	i, q := started(t, &brokenSink{}, map[string]string{"sink": "forward", "sink_tag": "own"})
	for range 3 {
		if err := i.Flush("own", []byte{0x90}); err != nil {
			t.Error(err)
		}
	}
	if n := i.engine.Stats().Chunks; n != 0 {
		t.Errorf("%d chunks observed", n)
	}
	i.Close()
	if log := strings.Join(drained(q), "\n"); strings.Count(log, "come back") != 1 {
		t.Error(log)
	}
}
