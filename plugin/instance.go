package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"redshank/analytics"
	"redshank/analytics/alert"
	"redshank/analytics/policy"
	"redshank/analytics/source"
	"redshank/plugin/delivery"
)

// refreshEvery is how often the lists of the policy are looked at.
const refreshEvery = 5 * time.Second

// instance is one configured [OUTPUT]: options, policy, engine, and the way of
// the alerts: flush puts them into the spool, a sender takes them to the sink.
type instance struct {
	log    *slog.Logger
	policy *policy.Policy
	engine *analytics.Engine
	saved  *checkpoint // nil: memory only
	spool  *delivery.Spool
	sender *delivery.Sender
	form   delivery.Form
	ownTag string // of our own alerts; empty: they have none

	// mu is held for a whole chunk. The engine takes one at a time anyhow, and
	// so alerts leave in the order in which they were raised.
	mu       sync.Mutex
	ownTold  bool      // that our own alerts came back
	alerts   bool      // they leave
	enriched *enriched // nil: enriched records do not leave
	tallies  tallies

	healthEvery time.Duration // 0: health records do not leave

	crashes    crashes
	listsWrong string // the refreshing goroutine's own
	stop       chan struct{}
	stopped    sync.WaitGroup
}

// start reads the options through lookup and starts an instance, or returns
// all that is wrong with them, one error a line.
func start(lookup func(key string) string, log *slog.Logger) (*instance, error) {
	boundMemory()
	s, p, err := configure(lookup)
	if err != nil {
		return nil, err
	}
	sink, err := openSink(&s)
	if err != nil {
		return nil, err
	}
	i, err := startWith(s, p, sink, log)
	if err != nil {
		return nil, errors.Join(err, sink.Close())
	}
	return i, nil
}

// startWith takes sink over unless it fails.
func startWith(s settings, p *policy.Policy, sink delivery.Sink, log *slog.Logger) (*instance, error) {
	log.Info("starting "+version, s.shown...)
	i := &instance{log: log, policy: p, ownTag: s.ownTag(), stop: make(chan struct{}),
		alerts: s.emit != "enriched", healthEvery: s.healthEvery, tallies: tallies{start: time.Now()},
		form: delivery.Form{OCSF: s.format == "ocsf", CEF: s.cef, By: delivery.Observer{Version: version, Name: hostName()}}}
	if err := i.openEnriched(&s, sink); err != nil {
		i.closeFiles()
		return nil, err
	}
	if err := i.openState(s); err != nil {
		return nil, errors.Join(err, i.enriched.close())
	}
	i.sender = delivery.NewSender(i.spool, sink, log)
	i.every(refreshEvery, "refresh", i.refreshLists)
	i.every(cmp.Or(i.healthEvery, lookEvery), "health", i.healthAtTick)
	if i.saved != nil {
		i.every(checkpointSync, "checkpoint", i.saved.sync)
	}
	return i, nil
}

// openState makes the engine and the spool, with what an earlier run has left.
func (i *instance) openState(s settings) (err error) {
	fresh := func() (*analytics.Engine, error) {
		return analytics.New(analytics.Options{Policy: i.policy, Source: s.source, MaxIPs: s.maxIPs, MaxUsers: s.maxUsers})
	}
	i.spool, err = delivery.OpenSpool(delivery.SpoolConfig{Folder: s.statePath, MaxSize: int64(s.spoolSize) << 20, Log: i.log})
	if err != nil {
		return fmt.Errorf("state_path: %w", err)
	}
	if s.statePath == "" {
		i.log.Info("no state_path: what is known and the alerts that wait for the sink are in memory only")
		i.engine, err = fresh()
		return err
	}
	i.saved, i.engine, err = openCheckpoint(s.statePath, fresh, i.log)
	if err != nil {
		_, closing := i.spool.Close()
		return fmt.Errorf("state_path: %w", errors.Join(err, closing))
	}
	return nil
}

// configure reads options and policy; the error has all that is wrong in both.
func configure(lookup func(key string) string) (settings, *policy.Policy, error) {
	s, wrong := parseOptions(lookup)
	if wrong == nil {
		wrong = s.checkSink()
	}
	p, err := policy.Load(s.policy)
	return s, p, errors.Join(wrong, err)
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
// When it does, the alerts are in the spool; no sink makes it wait or fail,
// except where enriched records leave.
func (i *instance) flush(tag string, chunk []byte) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.isOwn(tag) {
		i.tellOwn(tag)
		return nil
	}
	defer func(begin time.Time) { i.tallies.flush += time.Since(begin) }(time.Now())
	injectFault(tag)
	if i.enriched != nil {
		return i.handOn(tag, chunk)
	}
	return i.keep(i.engine.Observe(tag, chunk))
}

// isOwn tells what this instance has sent itself.
func (i *instance) isOwn(tag string) bool {
	if i.ownTag == "" {
		return false
	}
	return tag == i.ownTag || i.enriched != nil && strings.HasPrefix(tag, i.enriched.tag+".")
}

// keep puts down what came of a chunk: the alerts first. Where the process ends
// between the two, the chunk comes again and so do its alerts, under the same
// id and sequence; the other way round they would be lost.
func (i *instance) keep(alerts []*alert.Alert) error {
	if err := i.deliver(alerts); err != nil {
		return err
	}
	if i.saved != nil {
		i.saved.save(i.engine)
	}
	return nil
}

// tellOwn says once that our alerts come back. Each would otherwise be told
// of, for ever, by the agent that reads what it writes.
func (i *instance) tellOwn(tag string) {
	if !i.ownTold {
		i.ownTold = true
		i.log.Warn("our own alerts come back and are not looked at: let match leave their tag out", "tag", tag)
	}
}

// deliver puts alerts into the spool.
func (i *instance) deliver(alerts []*alert.Alert) error {
	i.tallies.told.Add(alerts)
	if !i.alerts {
		return nil
	}
	var messages []delivery.Message
	for _, alert := range alerts {
		doc, err := i.form.Alert(alert)
		if err != nil {
			i.log.Error("alert cannot be encoded", "incident", alert.ID, "error", err)
			continue
		}
		messages = append(messages, delivery.Message{ID: alert.ID, JSON: doc, Severity: alert.Severity, Time: alert.Time})
	}
	return i.spool.Put(messages)
}

// close stops what start started, gives the sink a last chance and says what
// was done.
func (i *instance) close() {
	close(i.stop)
	i.stopped.Wait()
	i.mu.Lock()
	defer i.mu.Unlock()
	err := i.closeState()
	i.health(true)
	if err = errors.Join(err, i.sender.Stop(delivery.StopGrace), i.enriched.close()); err != nil {
		i.log.Error("sink does not end", "error", err)
	}
	i.closeSpool()
	i.summary()
}

// closeState keeps what is known for the next run. Where there is none to be,
// the incidents that go on are told for the last time.
func (i *instance) closeState() error {
	if i.saved == nil {
		return i.deliver(i.engine.Close())
	}
	i.saved.close(i.engine)
	return nil
}

// closeFiles lets go of the files of an instance that does not start.
func (i *instance) closeFiles() {
	_, _ = i.spool.Close() // nothing was put into it
	if i.saved != nil {
		i.saved.close(i.engine)
	}
}

func (i *instance) closeSpool() {
	waiting, _, _ := i.spool.Depth()
	lost, err := i.spool.Close()
	if err != nil {
		i.log.Error("spool does not close", "error", err)
	}
	if lost > 0 && i.healthEvery > 0 {
		lost, waiting = lost-1, waiting-1 // the last health record, which went in last
		i.log.Info("no receiver for the last health record")
	}
	if lost > 0 {
		i.log.Error("alerts lost at exit", "alerts", lost)
	}
	if waiting > lost {
		i.log.Info("alerts wait in the spool for the next start", "alerts", waiting-lost)
	}
}

// summary logs the engine's counters: every record read is in one of them.
func (i *instance) summary() {
	s, sent := i.engine.Stats(), i.spool.Stats()
	i.log.Info("stopped", "chunks", s.Chunks, "repeated", s.RepeatedChunks,
		"records", s.Sources.Read(), "understood", s.Sources.Total(source.Understood),
		"ignored", s.Sources.Total(source.Ignored), "unknown", s.Sources.Total(source.Unknown),
		"malformed", s.Sources.Total(source.Malformed), "bad_records", s.BadRecords, "lost_bytes", s.LostBytes,
		"events", s.Events, "duplicates", s.Duplicates, "late", s.Late, "future", s.Future,
		"clients", s.Clients, "clients_evicted", s.ClientsEvicted,
		"accounts", s.Accounts, "accounts_evicted", s.AccountsEvicted,
		"incidents", s.Incidents, "alerts", s.Alerts, "suppressed", s.Suppressed,
		"delivered", sent.Settled, "dropped", sent.Dropped, "refused", sent.Dead, "crashes", i.crashes.total())
}

// every runs do at an interval, on a goroutine of the instance, until it
// stops. A crash costs that one turn: on a goroutine it would end the agent.
func (i *instance) every(interval time.Duration, what string, do func()) {
	turn := func() {
		defer func() { i.crashed(what, recover()) }()
		do()
	}
	i.stopped.Go(func() {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-i.stop:
				return
			case <-tick.C:
				turn()
			}
		}
	})
}

// refreshLists reads the lists that changed. What cannot be read stays as it
// was, and is told once for each thing that is wrong with it.
func (i *instance) refreshLists() {
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
