package delivery

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

const (
	firstPause = 500 * time.Millisecond // after a failure; doubled by each further one
	maxPause   = 30 * time.Second
	failLogged = 10 * time.Minute // between log lines about a sink that keeps failing
	flapLogged = time.Minute      // between log lines about a sink that fails now and then

	// StopGrace is the grace for Stop. The host itself has a grace of 5 s by
	// default, of which other outputs need a part.
	StopGrace = 2 * time.Second
)

// Sender is a goroutine that carries messages from a spool to a sink, in order
// and one batch at a time, until the sink has acknowledged each.
//
// Every sink has a sender. Stdout and files answer at once almost always, but a
// pipe without a reader or a hanging disk blocks for ever, and no flush may wait
// for a sink.
type Sender struct {
	spool *Spool
	sink  Sink
	log   *slog.Logger
	pause func(failures int) time.Duration

	quit chan struct{}
	done chan struct{}
	stop sync.Once
	shut sync.Once

	retries atomic.Uint64
	failing atomic.Bool
}

// NewSender starts the goroutine. The sink belongs to the sender from now on.
func NewSender(spool *Spool, sink Sink, log *slog.Logger) *Sender {
	return NewSenderWithPause(spool, sink, log, pauseAfter)
}

// NewSenderWithPause is NewSender with another rule for the pause after a number
// of failures in a row.
func NewSenderWithPause(spool *Spool, sink Sink, log *slog.Logger, pause func(int) time.Duration) *Sender {
	s := &Sender{spool: spool, sink: sink, log: log, pause: pause, quit: make(chan struct{}), done: make(chan struct{})}
	go s.run()
	return s
}

// Retries returns the number of failed deliveries and reports whether the last
// delivery failed.
func (s *Sender) Retries() (count uint64, failing bool) {
	return s.retries.Load(), s.failing.Load()
}

// Stop sends the waiting messages and ends the goroutine and the sink, all within
// grace. Stop gives up at the first failure and ends a delivery that hangs; the
// rest stays in the spool. An error means that the goroutine is stuck in a call
// that cannot be interrupted, for instance a write to a pipe without a reader.
func (s *Sender) Stop(grace time.Duration) error {
	s.stop.Do(func() { close(s.quit) })
	defer time.AfterFunc(grace*3/4, s.closeSink).Stop()
	select {
	case <-s.done:
		s.closeSink()
		return nil
	case <-time.After(grace):
		return fmt.Errorf("sink: still hangs after %v, left behind", grace)
	}
}

// closeSink closes the sink once, for Stop or its timer.
func (s *Sender) closeSink() {
	s.shut.Do(func() {
		if err := s.sink.Close(); err != nil {
			s.log.Warn("sink cannot be closed", "error", err)
		}
	})
}

// run delivers until Stop is called and the spool is empty, or until the first
// failure after Stop. One batch at a time is in memory.
func (s *Sender) run() {
	defer close(s.done)
	o := outage{log: s.log}
	for {
		stopping := s.stopping()
		batch := s.spool.take()
		if len(batch) == 0 {
			if stopping {
				return
			}
			s.idle()
			continue
		}
		n, err := s.deliver(batch)
		s.spool.acknowledge(n)
		if n > 0 {
			o.failures = 0
		}
		if err == nil {
			s.failing.Store(false)
			o.end()
			continue
		}
		s.failed(&o, err)
		if stopping {
			return
		}
		s.wait(max(s.pause(o.failures), later(err)))
	}
}

// failed counts and logs a failure. A message refused for good leaves the spool,
// no faster than failures are tried again: a receiver that refuses everything is
// more likely to be misconfigured than every alert is to be wrong.
func (s *Sender) failed(o *outage, err error) {
	s.retries.Add(1)
	s.failing.Store(true)
	o.failures++
	if errors.As(err, new(*Rejected)) {
		o.rejected(s.spool.reject(), err)
		return
	}
	messages, bytes, _ := s.spool.Depth()
	o.failed(messages, bytes, err)
}

func (s *Sender) stopping() bool {
	select {
	case <-s.quit:
		return true
	default:
		return false
	}
}

// idle waits until messages may be waiting.
func (s *Sender) idle() {
	select {
	case <-s.spool.ready:
	case <-s.quit: // the caller takes what was put meanwhile
	}
}

// wait returns after pause, or early on Stop for a last attempt.
func (s *Sender) wait(pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.quit:
	}
}

// deliver calls the sink and returns a panic of the sink as an error.
func (s *Sender) deliver(batch []Message) (n int, err error) {
	defer func() {
		if r := recover(); r != nil {
			n, err = 0, fmt.Errorf("sink: crash: %v", r)
		}
	}()
	if n, err = s.sink.Deliver(batch); n == 0 && err == nil {
		err = errors.New("sink: accepted no message") // an error, so that the sender pauses
	}
	return n, err
}

// pauseAfter returns a pause that doubles with every failure in a row. Half of it
// is random, so that many agents do not return to a receiver at the same time.
func pauseAfter(failures int) time.Duration {
	pause := min(firstPause<<min(failures-1, 16), maxPause)
	return pause/2 + rand.N(pause/2+1)
}

// later returns the pause that the receiver asked for, or 0.
func later(err error) time.Duration {
	var l *Later
	if errors.As(err, &l) {
		return l.After
	}
	return 0
}

// outage is a series of failures. Its beginning and its end are logged, and a
// reminder from time to time.
type outage struct {
	log        *slog.Logger
	failures   int       // in a row
	since      time.Time // zero: the sink works
	logged     bool      // this outage is in the log
	loggedAt   time.Time // of the last line about an outage
	rejectedAt time.Time
}

func (o *outage) failed(messages int, bytes int64, err error) {
	now := time.Now()
	if o.since.IsZero() {
		o.since = now
	}
	quiet := flapLogged
	if o.logged {
		quiet = failLogged
	}
	if now.Sub(o.loggedAt) >= quiet {
		o.logged, o.loggedAt = true, now
		o.log.Warn("sink fails, alerts wait", "alerts", messages, "bytes", bytes, "error", err)
	}
}

func (o *outage) rejected(id string, err error) {
	if now := time.Now(); now.Sub(o.rejectedAt) >= failLogged {
		o.rejectedAt = now
		o.log.Error("alert refused by the receiver, kept as a dead letter", "incident", id, "error", err)
	}
}

func (o *outage) end() {
	if o.logged {
		o.log.Info("sink works again", "after", time.Since(o.since).Round(time.Second))
	}
	o.logged, o.since = false, time.Time{}
}
