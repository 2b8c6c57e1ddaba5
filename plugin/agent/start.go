package agent

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"redshank/analytics"
	"redshank/analytics/policy"
	"redshank/plugin/delivery"
	"redshank/plugin/document"
)

// Start reads the options through lookup, which returns "" for an option that
// is not set, and starts an instance. The error joins everything that is wrong
// with the options and the policy, one line each.
func Start(lookup func(key string) string, version string, log *slog.Logger) (*Instance, error) {
	s, p, err := configure(lookup)
	if err != nil {
		return nil, err
	}
	s.version = version
	sink, err := openSink(&s, p)
	if err != nil {
		return nil, err
	}
	i, err := startWith(s, p, sink, log)
	if err != nil {
		return nil, errors.Join(err, sink.Close())
	}
	return i, nil
}

// startWith starts an instance over sink, which belongs to the instance unless
// an error is returned.
func startWith(s settings, p *policy.Policy, sink delivery.Sink, log *slog.Logger) (*Instance, error) {
	log.Info("starting "+s.version, s.shown...)
	i := &Instance{log: log, policy: p, ownTag: s.ownTag(), stop: make(chan struct{}),
		alerts: s.emit != "enriched", feed: s.sink == "feed", healthEvery: s.healthEvery, tallies: tallies{start: time.Now()},
		form: document.Form{OCSF: s.format == "ocsf", CEF: s.cef, Chat: s.chat, By: document.Observer{Version: s.version, Name: hostName()}}}
	var err error
	if i.enriched, err = openEnriched(&s, p, sink, log); err != nil {
		return nil, fmt.Errorf("emit: %w", err)
	}
	if err = i.openState(s); err != nil {
		return nil, errors.Join(err, i.enriched.close())
	}
	i.tallies.raised = NewRaised(i.engine.Rules()...)
	i.memory = memoryNeed(s.maxIPs, s.maxUsers)
	limitMemory(i.memory)
	i.sender = delivery.NewSender(i.spool, sink, log)
	i.every(s.refreshEvery, "refresh", (&policyLists{policy: p, log: log}).refresh)
	i.every(cmp.Or(i.healthEvery, findingsEvery), "health", i.healthAtTick)
	if i.saved != nil {
		i.every(checkpointSync, "checkpoint", i.saved.sync)
	}
	return i, nil
}

// openState makes the engine and the spool, with what an earlier run left in
// the state_path.
func (i *Instance) openState(s settings) (err error) {
	fresh := func() (*analytics.Engine, error) {
		return analytics.New(analytics.Options{Policy: i.policy, Source: s.source, MaxIPs: s.maxIPs, MaxUsers: s.maxUsers, Clock: time.Now})
	}
	i.spool, err = delivery.OpenSpool(delivery.SpoolConfig{Folder: s.statePath, MaxSize: int64(s.spoolSize) << 20, Log: i.log})
	if err != nil {
		return fmt.Errorf("state_path: %w", err)
	}
	if s.statePath == "" {
		i.log.Info("no state_path: detection state and waiting alerts are kept in memory only")
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

// hostName returns the name of the machine for the alerts, or "unknown": a
// machine without a name is no reason to refuse to start.
func hostName() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}

// every runs do at an interval on a goroutine that ends with the instance. A
// panic in do is logged and ends that one call only.
func (i *Instance) every(interval time.Duration, what string, do func()) {
	turn := func() {
		defer func() { i.Crashed(what, recover()) }()
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
