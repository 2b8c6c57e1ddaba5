package delivery

import (
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// quick is a pause for tests.
func quick(int) time.Duration { return time.Millisecond }

// playedSink answers as its script says, one step a delivery, and takes
// everything after the last.
type playedSink struct {
	mu     sync.Mutex
	script []func(messages []Message) (int, error)
	got    []Message // acknowledged
	calls  [][]Message
	closed chan struct{}
}

func (p *playedSink) Deliver(messages []Message) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, messages)
	n = len(messages)
	if len(p.script) > 0 {
		step := p.script[0]
		p.script = p.script[1:]
		n, err = step(messages)
	}
	p.got = append(p.got, messages[:n]...)
	return n, err
}

func (p *playedSink) Close() error { close(p.closed); return nil }

func newPlayed(script ...func([]Message) (int, error)) *playedSink {
	return &playedSink{script: script, closed: make(chan struct{})}
}

// sent waits until nothing is left in the spool.
func sent(t *testing.T, s *Spool) {
	t.Helper()
	eventually(t, func() bool { n, _, _ := s.Depth(); return n == 0 })
}

// eventually allows for any slowness of the machine.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never came")
		}
	}
}

func TestSenderLosesAndRepeatsNothing(t *testing.T) {
	defer goleak.VerifyNone(t)
	spools(t, func(t *testing.T, folder string) {
		var log logged
		const pause = 20 * time.Millisecond
		var asked time.Time
		fails := func([]Message) (int, error) { return 0, errors.New("down") }
		sink := newPlayed(fails, fails,
			func([]Message) (int, error) { return 3, errors.New("reset") },
			func([]Message) (int, error) { panic("bug") },
			func([]Message) (int, error) { return 0, nil },
			func([]Message) (int, error) { return 1, nil },
			func([]Message) (int, error) { asked = time.Now(); return 0, &Later{pause, errors.New("busy")} },
			func(messages []Message) (int, error) {
				if waited := time.Since(asked); waited < pause {
					t.Errorf("tried again after %v, the receiver asked for %v", waited, pause)
				}
				return len(messages), nil
			})
		spool := openSpool(t, folder, 0)
		put(t, spool, numbered(1, 10))
		s := NewSenderWithPause(spool, sink, log.log(), quick)
		put(t, spool, numbered(11, 5))
		sent(t, spool)
		if err := s.Stop(time.Minute); err != nil {
			t.Error(err)
		}
		<-sink.closed
		if got := ids(sink.got); got != "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15" {
			t.Error(got)
		}
		if n, failing := s.Retries(); n != 6 || failing {
			t.Error(n, failing)
		}
		if strings.Count(log.String(), "sink fails") != 1 || strings.Count(log.String(), "sink works again") != 1 {
			t.Error(log.String())
		}
		if lost, err := spool.Close(); lost > 0 || err != nil {
			t.Error(lost, err)
		}
	})
}

func TestSenderBuriesWhatIsRefused(t *testing.T) {
	defer goleak.VerifyNone(t)
	var log logged
	refused := func([]Message) (int, error) { return 1, &Rejected{errors.New("status 400")} }
	sink := newPlayed(refused, refused)
	spool := openSpool(t, t.TempDir(), 0)
	put(t, spool, numbered(1, 6))
	s := NewSenderWithPause(spool, sink, log.log(), quick)
	sent(t, spool)
	if err := s.Stop(time.Minute); err != nil {
		t.Error(err)
	}
	if got := ids(sink.got); got != "1 3 5 6" {
		t.Error(got)
	}
	var dead []Message
	if err := spool.DeadLetters(func(m Message) { dead = append(dead, m) }); err != nil || ids(dead) != "2 4" {
		t.Error(err, ids(dead))
	}
	if strings.Count(log.String(), "dead letter") != 1 || spool.Stats().Dead != 2 || spool.Stats().Delivered != 4 {
		t.Error(log.String(), spool.Stats())
	}
	_, _ = spool.Close()
}

// hangingSink waits until it is closed.
type hangingSink struct{ entered, closed chan struct{} }

func (h *hangingSink) Deliver([]Message) (int, error) {
	close(h.entered)
	<-h.closed
	return 0, errors.New("closed")
}
func (h *hangingSink) Close() error { close(h.closed); return nil }

func TestStopEndsAHangingSink(t *testing.T) {
	defer goleak.VerifyNone(t)
	folder := t.TempDir()
	spool := openSpool(t, folder, 0)
	sink := &hangingSink{make(chan struct{}), make(chan struct{})}
	s := NewSender(spool, sink, slog.New(slog.DiscardHandler))
	put(t, spool, numbered(1, 3))
	<-sink.entered
	if err := s.Stop(800 * time.Millisecond); err != nil {
		t.Error(err)
	}
	if lost, err := spool.Close(); lost > 0 || err != nil {
		t.Error(lost, err)
	}
	spool = openSpool(t, folder, 0)
	if got := ids(spool.take()); got != "1 2 3" {
		t.Errorf("left for the next run: %s", got)
	}
	_, _ = spool.Close()
}

// stuckSink is a write to a pipe that nobody reads: nothing ends it.
type stuckSink struct{ entered, freed chan struct{} }

func (h *stuckSink) Deliver(m []Message) (int, error) {
	close(h.entered)
	<-h.freed
	return len(m), nil
}
func (h *stuckSink) Close() error { return nil }

func TestStopLeavesAStuckSinkBehind(t *testing.T) {
	defer goleak.VerifyNone(t)
	spool := openSpool(t, t.TempDir(), 0)
	sink := &stuckSink{make(chan struct{}), make(chan struct{})}
	s := NewSender(spool, sink, slog.New(slog.DiscardHandler))
	put(t, spool, numbered(1, 3))
	<-sink.entered
	if err := s.Stop(20 * time.Millisecond); err == nil {
		t.Error("a stuck sink ended")
	}
	if lost, err := spool.Close(); lost > 0 || err != nil {
		t.Error(lost, err)
	}
	close(sink.freed) // must find a closed spool and do no harm
	<-s.done
}

// While a sink is down, Stop does not wait for the next attempt but makes one
// last, which takes what a sink that has come back can take.
func TestStopTriesOnceMore(t *testing.T) {
	defer goleak.VerifyNone(t)
	spool := openSpool(t, "", 0)
	put(t, spool, numbered(1, 200))
	down := make(chan struct{})
	sink := newPlayed(func([]Message) (int, error) { close(down); return 0, &Later{time.Hour, errors.New("down")} })
	s := NewSender(spool, sink, slog.New(slog.DiscardHandler))
	<-down
	if err := s.Stop(time.Minute); err != nil {
		t.Error(err)
	}
	if len(sink.got) != 200 {
		t.Errorf("%d of 200 went out", len(sink.got))
	}
	if lost, err := spool.Close(); lost > 0 || err != nil {
		t.Error(lost, err)
	}
}

func TestPause(t *testing.T) {
	for failures := 1; failures < 100; failures++ {
		most := min(firstPause<<min(failures-1, 10), maxPause)
		if got := pauseAfter(failures); got < most/2 || got > most {
			t.Errorf("%v after %d failures, want up to %v", got, failures, most)
		}
	}
}
