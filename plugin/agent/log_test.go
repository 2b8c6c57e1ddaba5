package agent

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// drained is what a queue holds, one line each.
func drained(q *LogQueue) []string {
	var out []string
	q.Drain(func(level slog.Level, text string) { out = append(out, level.String()+" "+text) })
	return out
}

func TestLogLines(t *testing.T) {
	q := NewLogQueue(slog.LevelInfo)
	log := NewLogger(q)
	log.Debug("not wanted")
	log.Info("plain", "n", 3, "text", "a b", "empty", "")
	log.With("a", 1).WithGroup("g").Error("failed", "error", errors.New("x\ny"))
	want := []string{`INFO [redshank] plain n=3 text="a b" empty=""`, `ERROR [redshank] failed a=1 g.error="x\ny"`}
	if got := drained(q); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	if got := drained(q); got != nil {
		t.Errorf("printed twice: %q", got)
	}
}

func TestLogLineIsOneBoundedLine(t *testing.T) {
	q := NewLogQueue(slog.LevelInfo)
	q.add(slog.LevelInfo, "tag\n[2026/01/01] [ info] forged\x1b[2J \u202e"+strings.Repeat("é", maxLogLine), time.Now())
	line := drained(q)[0]
	if strings.ContainsAny(line, "\n\x1b\u202e") || len(line) > maxLogLine+10 || !strings.HasSuffix(line, "é...") {
		t.Errorf("%d bytes: %.60q", len(line), line)
	}
}

func TestLogFlood(t *testing.T) {
	q := NewLogQueue(slog.LevelInfo)
	now := time.Unix(1000, 0)
	for range 10_000 {
		q.add(slog.LevelError, "again", now)
	}
	if got := len(drained(q)); got != logBurst {
		t.Errorf("%d lines at once, want %d", got, logBurst)
	}
	now = now.Add(10 * time.Minute)
	for range 10_000 {
		q.add(slog.LevelError, "again", now)
	}
	lines := drained(q)
	if len(lines) != logBurst || !strings.Contains(lines[0], "9936 lines before this one left out") {
		t.Errorf("%d lines, first %q", len(lines), lines[0])
	}
}

func TestLogQueueIsBounded(t *testing.T) {
	q := NewLogQueue(slog.LevelInfo)
	now := time.Unix(1000, 0)
	for range 10 * maxLogQueue { // nobody calls in
		now = now.Add(2 * logEvery)
		q.add(slog.LevelError, "again", now)
	}
	if got := len(drained(q)); got != maxLogQueue {
		t.Errorf("%d lines wait", got)
	}
}

func TestLogFromManyGoroutines(t *testing.T) {
	q := NewLogQueue(slog.LevelInfo)
	log := NewLogger(q)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 5 {
				log.Info("here")
			}
		})
	}
	all.Wait()
	if got := len(drained(q)); got != 40 {
		t.Errorf("%d lines", got)
	}
}

func TestCrashesAreLoggedOncePerKind(t *testing.T) {
	q := NewLogQueue(slog.LevelInfo)
	i := &Instance{log: NewLogger(q)}
	if i.Crashed("flush", nil) {
		t.Error("nothing was recovered")
	}
	for range 100 {
		i.Crashed("flush", "first")
		i.Crashed("flush", "second")
	}
	lines := drained(q)
	if len(lines) != 2 || i.crashes.total() != 200 || !strings.Contains(lines[0], "stack=") {
		t.Errorf("%d crashes, %q", i.crashes.total(), lines)
	}
	for n := range 1000 {
		i.Crashed("flush", n)
	}
	if got := len(drained(q)); got != maxCrashKinds-2 || len(i.crashes.kinds) != maxCrashKinds {
		t.Errorf("%d further lines, %d kinds", got, len(i.crashes.kinds))
	}
}
