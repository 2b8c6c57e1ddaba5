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

// refreshEvery is how often the lists of the policy are looked at.
const refreshEvery = 5 * time.Second

// instance is one configured [OUTPUT]: options, policy, engine, and the way of
// the alerts: flush puts them into the spool, a sender takes them to the sink.
type instance struct {
	log    *slog.Logger
	policy *policy.Policy
	engine *analytics.Engine
	spool  *delivery.Spool
	sender *delivery.Sender
	form   delivery.Form
	ownTag string // of our own alerts; empty: they have none

	// mu is held for a whole chunk. The engine takes one at a time anyhow, and
	// so alerts leave in the order in which they were raised.
	mu      sync.Mutex
	ownTold bool // that our own alerts came back

	crashes    crashes
	listsWrong string // the refreshing goroutine's own
	stop       chan struct{}
	stopped    sync.WaitGroup
}

// start reads the options through lookup and starts an instance, or returns
// all that is wrong with them, one error a line.
func start(lookup func(key string) string, log *slog.Logger) (*instance, error) {
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
	engine, err := analytics.New(analytics.Options{Policy: p, Source: s.source, MaxIPs: s.maxIPs, MaxUsers: s.maxUsers})
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	log.Info("starting "+version, s.shown...)
	spool, err := delivery.OpenSpool(delivery.SpoolConfig{Folder: s.statePath, MaxSize: int64(s.spoolSize) << 20, Log: log})
	if err != nil {
		return nil, fmt.Errorf("state_path: %w", err)
	}
	if s.statePath == "" {
		log.Info("no state_path: alerts that wait for the sink are in memory only")
	}
	log.Info("state of the detections is kept in memory only and starts empty")
	i := &instance{log: log, policy: p, engine: engine, spool: spool, ownTag: s.ownTag(), stop: make(chan struct{}),
		form: delivery.Form{OCSF: s.format == "ocsf", CEF: s.cef, By: delivery.Observer{Version: version, Name: hostName()}}}
	i.sender = delivery.NewSender(spool, sink, log)
	i.stopped.Go(i.refresh)
	return i, nil
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
// When it does, the alerts are in the spool; no sink makes it wait or fail.
func (i *instance) flush(tag string, chunk []byte) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if tag == i.ownTag && tag != "" {
		i.tellOwn()
		return nil
	}
	injectFault(tag)
	return i.deliver(i.engine.Observe(tag, chunk))
}

// tellOwn says once that our alerts come back. Each would otherwise be told
// of, for ever, by the agent that reads what it writes.
func (i *instance) tellOwn() {
	if !i.ownTold {
		i.ownTold = true
		i.log.Warn("our own alerts come back and are not looked at: let match leave their tag out", "tag", i.ownTag)
	}
}

// deliver puts alerts into the spool.
func (i *instance) deliver(alerts []*analytics.Alert) error {
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
	err := i.deliver(i.engine.Close())
	if err = errors.Join(err, i.sender.Stop(delivery.StopGrace)); err != nil {
		i.log.Error("sink does not end", "error", err)
	}
	i.closeSpool()
	i.summary()
}

func (i *instance) closeSpool() {
	waiting, _, _ := i.spool.Depth()
	lost, err := i.spool.Close()
	if err != nil {
		i.log.Error("spool does not close", "error", err)
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
