package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"redshank/analytics"
	"redshank/analytics/policy"
	"redshank/analytics/source"
	"redshank/plugin/delivery"
)

const (
	// maxPending messages wait for a sink that fails. Once there are so many,
	// a chunk is given back unread: nothing is dropped.
	maxPending = 1024
	// refreshEvery is how often the lists of the policy are looked at.
	refreshEvery = 5 * time.Second
	// remindEvery is how often a sink that keeps failing is mentioned.
	remindEvery = time.Minute
)

// instance is one configured [OUTPUT]: options, policy, engine and sink.
type instance struct {
	log      *slog.Logger
	policy   *policy.Policy
	engine   *analytics.Engine
	sink     delivery.Sink
	observer delivery.Observer

	// mu is held for a whole chunk. The engine takes one at a time anyhow, and
	// so alerts leave in the order in which they were raised.
	mu       sync.Mutex
	pending  []delivery.Message
	sent     uint64
	sinkTold time.Time // when its failing was last logged; zero: it works

	crashes    crashes
	listsWrong string // the refreshing goroutine's own
	stop       chan struct{}
	stopped    sync.WaitGroup
}

// errSink says that messages wait because the sink failed.
var errSink = errors.New("sink")

// start reads the options through lookup and starts an instance, or returns
// all that is wrong with them, one error a line.
func start(lookup func(key string) string, log *slog.Logger) (*instance, error) {
	s, p, err := configure(lookup)
	if err != nil {
		return nil, err
	}
	engine, err := analytics.New(analytics.Options{Policy: p, Source: s.source, MaxIPs: s.maxIPs, MaxUsers: s.maxUsers})
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	sink, err := openSink(&s)
	if err != nil {
		return nil, fmt.Errorf("sink_path: %w", err)
	}
	log.Info("starting "+version, s.shown...)
	log.Info("state is kept in memory only and starts empty")
	i := &instance{log: log, policy: p, engine: engine, sink: sink, stop: make(chan struct{}),
		observer: delivery.Observer{Version: version, Name: hostName()}}
	i.stopped.Go(i.refresh)
	return i, nil
}

// configure reads options and policy; the error has all that is wrong in both.
func configure(lookup func(key string) string) (settings, *policy.Policy, error) {
	s, wrong := parseOptions(lookup)
	p, err := policy.Load(s.policy)
	return s, p, errors.Join(wrong, err)
}

// openSink opens what the sink needs, so that a path that cannot be written
// stops the start and not the first alert.
func openSink(s *settings) (delivery.Sink, error) {
	if s.sink == "file" {
		return delivery.NewFile(s.sinkPath, s.sinkMaxSize, s.sinkMaxFiles)
	}
	return delivery.NewStdout(), nil
}

// hostName goes into every alert. A machine without one is no reason to stop.
func hostName() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}

// flush takes one chunk, which is the host's and valid only until it returns.
// With an error nothing is lost: the chunk may come again, and the engine
// knows it then.
func (i *instance) flush(tag string, chunk []byte) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.pending) >= maxPending {
		if err := i.deliver(); err != nil {
			return err
		}
	}
	injectFault(tag)
	i.encode(i.engine.Observe(tag, chunk))
	return i.deliver()
}

// encode puts alerts behind what waits for the sink.
func (i *instance) encode(alerts []*analytics.Alert) {
	for _, alert := range alerts {
		doc, err := delivery.JSON(delivery.NewECS(alert, i.observer))
		if err != nil {
			i.log.Error("alert cannot be encoded", "incident", alert.ID, "error", err)
			continue
		}
		i.pending = append(i.pending, delivery.Message{ID: alert.ID, JSON: doc})
	}
}

// deliver offers what waits to the sink and keeps what it did not take.
func (i *instance) deliver() error {
	if len(i.pending) == 0 {
		return nil
	}
	n, err := i.sink.Deliver(i.pending)
	i.sent += uint64(n)
	clear(i.pending[:n])
	i.pending = i.pending[n:]
	if len(i.pending) == 0 {
		i.pending = nil
	}
	i.tellSink(err)
	if err != nil {
		return fmt.Errorf("%w: %w", errSink, err)
	}
	return nil
}

// tellSink logs that the sink fails, again after each remindEvery, and that it
// works again.
func (i *instance) tellSink(err error) {
	switch now := time.Now(); {
	case err != nil && now.Sub(i.sinkTold) >= remindEvery:
		i.sinkTold = now
		i.log.Error("alerts wait for the sink", "alerts", len(i.pending), "error", err)
	case err == nil && !i.sinkTold.IsZero():
		i.sinkTold = time.Time{}
		i.log.Info("the sink works again")
	}
}

// close stops what start started, tries the sink a last time and says what
// was done.
func (i *instance) close() {
	close(i.stop)
	i.stopped.Wait()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.encode(i.engine.Close())
	err := i.deliver()
	if err = errors.Join(err, i.sink.Close()); err != nil {
		i.log.Error("alerts lost at exit", "alerts", len(i.pending), "error", err)
	}
	i.summary()
}

// summary logs the engine's counters: every record read is in one of them.
func (i *instance) summary() {
	s := i.engine.Stats()
	i.log.Info("stopped", "chunks", s.Chunks, "repeated", s.RepeatedChunks,
		"records", s.Sources.Read(), "understood", s.Sources.Total(source.Understood),
		"ignored", s.Sources.Total(source.Ignored), "unknown", s.Sources.Total(source.Unknown),
		"malformed", s.Sources.Total(source.Malformed), "bad_records", s.BadRecords, "lost_bytes", s.LostBytes,
		"events", s.Events, "duplicates", s.Duplicates, "late", s.Late, "future", s.Future,
		"clients", s.Clients, "clients_evicted", s.ClientsEvicted,
		"accounts", s.Accounts, "accounts_evicted", s.AccountsEvicted,
		"incidents", s.Incidents, "alerts", s.Alerts, "suppressed", s.Suppressed,
		"delivered", i.sent, "crashes", i.crashes.total())
}

// refresh looks at the policy's lists until the instance stops.
func (i *instance) refresh() {
	tick := time.NewTicker(refreshEvery)
	defer tick.Stop()
	for {
		select {
		case <-i.stop:
			return
		case <-tick.C:
			i.refreshLists()
		}
	}
}

// refreshLists reads the lists that changed. What cannot be read stays as it
// was, and is told once for each thing that is wrong with it.
func (i *instance) refreshLists() {
	defer func() { i.crashed("refresh", recover()) }()
	changed, err := i.policy.Refresh()
	if len(changed) > 0 {
		i.log.Info("lists read anew", "files", changed)
	}
	wrong := ""
	if err != nil {
		wrong = err.Error()
	}
	if wrong != "" && wrong != i.listsWrong {
		i.log.Warn("lists stay as they were", "error", wrong)
	}
	i.listsWrong = wrong
}
