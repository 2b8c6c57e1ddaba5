// Package agent runs one configured Redshank output inside the host: options,
// log, engine, state on disk, and the delivery of what the engine raises. The
// package contains no C and knows the host only through the functions it is
// given, so the race detector, fuzzing and dead-code analysis see all of it.
package agent

import (
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"redshank/analytics"
	"redshank/analytics/alert"
	"redshank/analytics/policy"
	"redshank/plugin/delivery"
	"redshank/plugin/document"
)

// Instance is one configured [OUTPUT] section. Flush puts alerts into the
// spool; a sender takes them from there to the sink.
//
// Flush, Report and Close may be called from any goroutine. Close is called
// once, after the last Flush.
type Instance struct {
	log    *slog.Logger
	policy *policy.Policy
	engine *analytics.Engine
	saved  *checkpoint // nil without a state_path
	spool  *delivery.Spool
	sender *delivery.Sender
	form   document.Form
	feed   bool   // only addresses are sent
	ownTag string // tag of the alerts of this instance; empty for a sink without tags

	// mu is held for a whole chunk. The engine takes one chunk at a time anyway,
	// and alerts leave in the order in which they were raised.
	mu       sync.Mutex
	ownSeen  bool      // the return of alerts of this instance has been logged
	alerts   bool      // alerts are sent
	enriched *enriched // nil when enriched records are not sent
	tallies  tallies

	healthEvery time.Duration // 0: no health records are sent
	memory      int64         // bytes of the memory limit that are for this instance

	crashes crashes
	stop    chan struct{}
	stopped sync.WaitGroup
}

// Flush takes one chunk of records with its tag. The chunk belongs to the host
// and is not used after Flush returns. The alerts are in the spool when Flush
// returns: a sink neither delays Flush nor makes it fail, unless enriched records
// are sent. An error asks for the same chunk again.
func (i *Instance) Flush(tag string, chunk []byte) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.isOwn(tag) {
		i.warnOwn(tag)
		return nil
	}
	defer func(begin time.Time) { i.tallies.flush += time.Since(begin) }(time.Now())
	if i.enriched == nil {
		return i.keep(i.engine.Observe(tag, chunk))
	}
	records, alerts := i.enriched.enrich(i.engine, tag, chunk)
	if err := i.keep(alerts); err != nil {
		return err
	}
	return i.enriched.send(tag, records)
}

// isOwn reports whether tag is one under which this instance sends.
func (i *Instance) isOwn(tag string) bool {
	if i.ownTag == "" {
		return false
	}
	return tag == i.ownTag || i.enriched != nil && strings.HasPrefix(tag, i.enriched.tag+".")
}

// warnOwn logs once that alerts of this instance come back as input. Observing
// them could raise further alerts without end.
func (i *Instance) warnOwn(tag string) {
	if !i.ownSeen {
		i.ownSeen = true
		i.log.Warn("alerts of this output come back as input and are ignored: exclude their tag from match", "tag", tag)
	}
}

// keep stores what a chunk led to, the alerts first. When the process ends
// between the two steps, the chunk comes again and raises the same alerts with
// the same id and sequence. In the reverse order those alerts would be lost.
func (i *Instance) keep(alerts []*alert.Alert) error {
	if err := i.deliver(alerts); err != nil {
		return err
	}
	if i.saved != nil {
		i.saved.save(i.engine)
	}
	return nil
}

// deliver counts alerts and puts their documents into the spool.
func (i *Instance) deliver(alerts []*alert.Alert) error {
	i.tallies.raised.Add(alerts)
	if !i.alerts {
		return nil
	}
	var messages []delivery.Message
	for _, a := range alerts {
		doc, err := i.encode(a)
		if err == nil && doc != nil {
			messages = append(messages, delivery.Message{ID: a.ID, JSON: doc, Severity: a.Severity, Time: a.Time})
		}
		lists, failed := i.indicators(a)
		if failed == nil && lists != nil {
			messages = append(messages, delivery.Message{ID: a.ID, JSON: lists, Severity: a.Severity, Time: a.Time, Aside: document.Indicators(a.ID)})
		}
		if err = errors.Join(err, failed); err != nil {
			i.log.Error("alert cannot be encoded", "incident", a.ID, "error", err)
		}
	}
	return i.spool.Put(messages)
}

// indicators returns the document with the full lists of an alert, and nil for a
// sink or an alert without it.
func (i *Instance) indicators(a *alert.Alert) ([]byte, error) {
	if i.feed {
		return nil, nil
	}
	return i.form.Indicators(a)
}

// encode returns the document of an alert for the sink, and nil for an alert that the
// sink does not take.
func (i *Instance) encode(a *alert.Alert) ([]byte, error) {
	if i.feed {
		return feedDocument(a, i.policy)
	}
	return i.form.Alert(a)
}

// Crashed counts a panic and logs the first of each kind with its stack. The
// argument is the result of recover, which works in the deferred function only.
// Crashed reports whether there was a panic.
func (i *Instance) Crashed(where string, recovered any) bool {
	return i.crashes.take(i.log, where, recovered)
}

// Warn logs a warning of the host's side of the plugin.
func (i *Instance) Warn(message string) { i.log.Warn(message) }
