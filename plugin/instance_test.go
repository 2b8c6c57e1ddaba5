package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"redshank/plugin/delivery"
)

// brokenSink fails as often as it is told, after taking one message.
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

// started is an instance with sink in place of its own.
func started(t *testing.T, sink delivery.Sink) (*instance, *logQueue) {
	t.Helper()
	q := newLogQueue(slog.LevelInfo)
	i, err := start(from(nil), slog.New(logHandler{queue: q}))
	if err != nil {
		t.Fatal(err)
	}
	i.sink = sink
	return i, q
}

func waiting(n int) []delivery.Message {
	var out []delivery.Message
	for id := range n {
		out = append(out, delivery.Message{ID: fmt.Sprint(id)})
	}
	return out
}

func TestInstanceLeavesNothing(t *testing.T) {
	defer goleak.VerifyNone(t)
	path := filepath.Join(t.TempDir(), "alerts.ndjson")
	before := descriptors(t)
	defer func() {
		if now := descriptors(t); now > before {
			t.Errorf("%d descriptors open, %d before", now, before)
		}
	}()
	for range 20 {
		q := newLogQueue(slog.LevelInfo)
		i, err := start(from(map[string]string{"sink": "file", "sink_path": path}), slog.New(logHandler{queue: q}))
		if err != nil {
			t.Fatal(err)
		}
		i.pending = waiting(1) // opens the file
		if err := i.flush("tag", nil); err != nil {
			t.Error(err)
		}
		i.close()
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
		{map[string]string{"policy": "/absent/policy.yaml", "max_ips": "0", "format": "cef"}, []string{"/absent/policy.yaml", "max_ips", "format"}},
	} {
		_, err := start(from(c.given), slog.New(slog.DiscardHandler))
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v: %v, want %s", c.given, err, want)
			}
		}
	}
}

func TestFailedDeliveryIsKept(t *testing.T) {
	sink := &brokenSink{fail: 2}
	i, q := started(t, sink)
	i.pending = waiting(4)
	for range 2 {
		if err := i.flush("tag", nil); !errors.Is(err, errSink) {
			t.Fatalf("flush answers %v while the sink fails", err)
		}
	}
	if err := i.flush("tag", nil); err != nil {
		t.Fatal(err)
	}
	i.close()
	if got := strings.Join(sink.got, " "); got != "0 1 2 3" {
		t.Errorf("delivered %s, want each once and in order", got)
	}
	log := strings.Join(drained(q), "\n")
	for _, want := range []string{"alerts wait for the sink alerts=3", "the sink works again", "delivered=4"} {
		if strings.Count(log, want) != 1 {
			t.Errorf("%q is not told once in\n%s", want, log)
		}
	}
}

// A sink that stays broken must not let alerts pile up, nor lose any: chunks
// are given back unread.
func TestFullQueueReadsNoChunk(t *testing.T) {
	i, _ := started(t, &brokenSink{fail: 1 << 30})
	i.pending = waiting(maxPending + 100)
	for range 1000 {
		if err := i.flush("tag", []byte{0x90}); err == nil {
			t.Fatal("taken")
		}
		if len(i.pending) < maxPending {
			break // the sink takes one of many before it fails
		}
	}
	if n := i.engine.Stats().Chunks; n > 1 {
		t.Errorf("%d chunks observed", n)
	}
	i.close()
}

func TestCloseSaysWhatIsLost(t *testing.T) {
	sink := &brokenSink{fail: 1 << 30}
	i, q := started(t, sink)
	i.pending = waiting(3)
	i.close()
	if log := strings.Join(drained(q), "\n"); !strings.Contains(log, "alerts lost at exit alerts=2") || !sink.closed {
		t.Error(log)
	}
}
