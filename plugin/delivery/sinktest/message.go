package sinktest

import (
	"bytes"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"redshank/analytics/alert"
	"redshank/plugin/delivery"
)

// Numbered returns n messages with rising numbers in the field n.
func Numbered(first, n int) []delivery.Message {
	var out []delivery.Message
	for i := first; i < first+n; i++ {
		out = append(out, delivery.Message{ID: fmt.Sprintf("rs-%06d", i), Severity: alert.High, Time: time.Unix(1772439304, int64(i)),
			JSON: fmt.Appendf(nil, `{"event":{"id":"rs-%06d"},"n":%d}`, i, i)})
	}
	return out
}

// Leakless fails the test when a goroutine is left at its very end, after the
// cleanups that are registered later.
func Leakless(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
}

// Log collects log lines from any goroutine.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write appends to the log.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

// String returns what was logged so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Sender starts a sender that pauses for a millisecond after every failure.
func Sender(spool *delivery.Spool, sink delivery.Sink, log *Log) *delivery.Sender {
	return delivery.NewSenderWithPause(spool, sink, slog.New(slog.NewTextHandler(log, nil)), func(int) time.Duration { return time.Millisecond })
}

// Spool opens a spool in folder.
func Spool(t *testing.T, folder string) *delivery.Spool {
	t.Helper()
	s, err := delivery.OpenSpool(delivery.SpoolConfig{Folder: folder, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Put puts messages into the spool.
func Put(t *testing.T, s *delivery.Spool, messages []delivery.Message) {
	t.Helper()
	if err := s.Put(messages); err != nil {
		t.Fatal(err)
	}
}

// Sent waits until the spool is empty.
func Sent(t *testing.T, s *delivery.Spool) {
	t.Helper()
	Eventually(t, func() bool { n, _, _ := s.Depth(); return n == 0 })
}

// Eventually waits until ok, for as long as a slow machine may need.
func Eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the condition was not met within a minute")
		}
	}
}
