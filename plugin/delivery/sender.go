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
	firstPause = 500 * time.Millisecond // after a failure, twice as long after each more
	mostPause  = 30 * time.Second
	failTold   = 10 * time.Minute // between log lines about a sink that keeps failing
	flapTold   = time.Minute      // between those about one that fails now and then
	// StopGrace is what Stop is meant to be given: the host's own grace is 5 s
	// by default, and other outputs need some of it.
	StopGrace = 2 * time.Second
)

// Sender is the goroutine that takes messages from a spool to a sink, in
// order, one batch at a time, each until the sink has acknowledged it.
//
// Every sink is behind one, stdout and file too, though they answer at once
// nearly always: a pipe that nobody reads and a disk that hangs block for
// ever, and one path for all keeps the promise that no flush waits for a sink.
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

// NewSenderWithPause is NewSender with another pause after so many failures in
// a row.
func NewSenderWithPause(spool *Spool, sink Sink, log *slog.Logger, pause func(int) time.Duration) *Sender {
	s := &Sender{spool: spool, sink: sink, log: log, pause: pause, quit: make(chan struct{}), done: make(chan struct{})}
	go s.run()
	return s
}

// Retries is how many deliveries failed, and whether the last one did.
func (s *Sender) Retries() (count uint64, failing bool) {
	return s.retries.Load(), s.failing.Load()
}

// Stop sends what waits and ends the goroutine and the sink, within grace:
// it gives up at the first failure, and cuts a delivery off that hangs. What
// is not out is left in the spool. An error says that the goroutine is stuck
// in a call that nothing can end, as a write to a pipe that nobody reads.
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

// closeSink may come from Stop and from its timer, whichever is first.
func (s *Sender) closeSink() {
	s.shut.Do(func() {
		if err := s.sink.Close(); err != nil {
			s.log.Warn("sink did not close well", "error", err)
		}
	})
}

// run ends when it was told to stop and nothing waits, or at the first failure
// after that. It holds one batch in memory at a time.
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
		s.spool.settle(n)
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

// failed counts a failure. A message that is refused for good leaves the
// queue, but not faster than failures are tried again: a receiver that refuses
// everything is more likely to be set up wrongly than every alert is.
func (s *Sender) failed(o *outage, err error) {
	s.retries.Add(1)
	s.failing.Store(true)
	o.failures++
	if errors.As(err, new(*Rejected)) {
		o.buried(s.spool.bury(), err)
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

// idle waits until there may be something to take.
func (s *Sender) idle() {
	select {
	case <-s.spool.ready:
	case <-s.quit: // once more round, for what was put meanwhile
	}
}

// wait ends early at a stop: the batch gets its last chance then.
func (s *Sender) wait(pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.quit:
	}
}

// deliver keeps a crash in a sink from ending the agent.
func (s *Sender) deliver(batch []Message) (n int, err error) {
	defer func() {
		if r := recover(); r != nil {
			n, err = 0, fmt.Errorf("sink: crash: %v", r)
		}
	}()
	if n, err = s.sink.Deliver(batch); n == 0 && err == nil {
		err = errors.New("sink: took nothing") // and must not be asked in a hot loop
	}
	return n, err
}

// pauseAfter doubles with each failure in a row. Half of it is chance, so that
// many agents do not come back to a receiver all at once.
func pauseAfter(failures int) time.Duration {
	pause := min(firstPause<<min(failures-1, 16), mostPause)
	return pause/2 + rand.N(pause/2+1)
}

// later is the pause that the receiver asked for, where it did.
func later(err error) time.Duration {
	var l *Later
	if errors.As(err, &l) {
		return l.After
	}
	return 0
}

// outage is a run of failures, told at its begin, now and then, and at its end.
type outage struct {
	log      *slog.Logger
	failures int       // in a row
	since    time.Time // zero: there is none
	told     bool      // this one
	toldAt   time.Time // any
	buriedAt time.Time
}

func (o *outage) failed(messages int, bytes int64, err error) {
	now := time.Now()
	if o.since.IsZero() {
		o.since = now
	}
	quiet := flapTold
	if o.told {
		quiet = failTold
	}
	if now.Sub(o.toldAt) >= quiet {
		o.told, o.toldAt = true, now
		o.log.Warn("sink fails, alerts wait", "alerts", messages, "bytes", bytes, "error", err)
	}
}

func (o *outage) buried(id string, err error) {
	if now := time.Now(); now.Sub(o.buriedAt) >= failTold {
		o.buriedAt = now
		o.log.Error("alert refused by the receiver, kept as a dead letter", "incident", id, "error", err)
	}
}

func (o *outage) end() {
	if o.told {
		o.log.Info("sink works again", "after", time.Since(o.since).Round(time.Second))
	}
	o.told, o.since = false, time.Time{}
}
