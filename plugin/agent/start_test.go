package agent

import (
	"log/slog"
	"math"
	"runtime/debug"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"redshank/plugin/delivery/forward"
)

// An instance whose sink of enriched records cannot be made says why and leaves
// nothing behind.
func TestStartShowsWhyEnrichedRecordsCannotLeave(t *testing.T) {
	defer goleak.VerifyNone(t)
	s, p, err := configure(from(map[string]string{"sink": "forward", "emit": "enriched", "state_path": t.TempDir()}))
	if err != nil {
		t.Fatal(err)
	}
	s.forward = forward.Config{Host: "127.0.0.1", Port: 1} // no tag
	i, err := startWith(s, p, &brokenSink{}, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "emit: sink: forward: no tag") || i != nil {
		t.Errorf("%v, %v", i, err)
	}
}

// The memory limit is the sum over the instances that run, unless the
// administrator has set one.
func TestMemoryLimit(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	defer debug.SetGCPercent(gcPercentNow())
	others := memory.need // of instances that other tests have killed
	limit := func(instances int64) {
		t.Helper()
		want := others + instances*memoryNeed(1000, 2000)
		if want == 0 {
			want = math.MaxInt64
		}
		if got := debug.SetMemoryLimit(-1); got != want {
			t.Errorf("limit %d, want %d", got, want)
		}
	}
	tables := map[string]string{"max_ips": "1000", "max_users": "2000"}
	first, _ := started(t, &brokenSink{}, tables)
	limit(1)
	second, _ := started(t, &brokenSink{}, tables)
	limit(2)
	if got := gcPercentNow(); got != gcPercent {
		t.Errorf("collections after a growth of %d %%, want %d", got, gcPercent)
	}
	first.Close()
	limit(1)
	second.Close()
	limit(0)

	debug.SetMemoryLimit(before)
	t.Setenv("GOMEMLIMIT", "1GiB")
	t.Setenv("GOGC", "50")
	debug.SetGCPercent(50)
	third, _ := started(t, &brokenSink{}, tables)
	if got := debug.SetMemoryLimit(-1); got != before {
		t.Errorf("limit %d in spite of GOMEMLIMIT, want %d", got, before)
	}
	if got := gcPercentNow(); got != 50 {
		t.Errorf("collections after a growth of %d %% in spite of GOGC, want 50", got)
	}
	third.Close()
}

// gcPercentNow returns the growth of the heap between two collections, in percent.
func gcPercentNow() int {
	now := debug.SetGCPercent(100)
	debug.SetGCPercent(now)
	return now
}
