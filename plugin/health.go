package main

import (
	"time"

	"redshank/plugin/delivery"
)

// tallies are figures of an instance that neither engine nor spool has. They
// are guarded by the instance's mu.
type tallies struct {
	start    time.Time
	told     delivery.Told
	flush    time.Duration
	reported int // health records
}

// report is figures for who does not hold mu.
func (i *instance) report() *delivery.Report {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.figures()
}

// figures is the report of this moment. The caller holds mu.
func (i *instance) figures() *delivery.Report {
	r := &delivery.Report{Stats: i.engine.Stats(), Told: i.tallies.told, Spool: i.spool.Stats(), Flush: i.tallies.flush, Crashes: uint64(i.crashes.total())}
	var oldest time.Time
	r.Queue.Messages, r.Queue.Bytes, oldest = i.spool.Depth()
	if !oldest.IsZero() {
		r.Queue.Age = max(0, time.Since(oldest))
	}
	r.SinkErrors, _ = i.sender.Retries()
	if i.enriched != nil {
		r.Enriched = i.enriched.stats
		r.SinkErrors += r.Enriched.Errors
	}
	return r
}

// lookEvery is how often findings are looked for where health records do not
// leave.
const lookEvery = 5 * time.Minute

// healthAtTick sends the health record of an interval.
func (i *instance) healthAtTick() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.health(false)
}

// health puts a health record into the spool and logs new findings, each once.
// It waits there as an alert of no severity does: a full spool drops it first.
// The caller holds mu.
func (i *instance) health(final bool) {
	i.tallies.reported++
	h := &delivery.Health{Report: *i.figures(), Health: i.engine.Health(), At: time.Now().UTC(), Start: i.tallies.start, Sequence: i.tallies.reported, Final: final}
	for _, f := range h.Raised {
		i.log.Warn("finding: "+f.Detail, "code", f.Code, "subject", f.Subject)
	}
	for _, f := range h.Cleared {
		i.log.Info("finding is over", "code", f.Code, "subject", f.Subject)
	}
	if i.healthEvery == 0 {
		return // in the log only
	}
	doc, err := i.form.Health(h)
	if err == nil {
		err = i.spool.Put([]delivery.Message{{ID: "health", JSON: doc, Time: h.At}})
	}
	if err != nil {
		i.log.Error("health record cannot be sent", "error", err)
	}
}
