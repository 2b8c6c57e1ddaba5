package agent

import (
	"slices"
	"time"

	"redshank/analytics"
	"redshank/analytics/event"
	"redshank/analytics/source"
	"redshank/plugin/delivery"
	"redshank/plugin/document"
	"redshank/plugin/matrix"
)

// findingsEvery is the interval at which findings are checked if no health records
// are sent.
const findingsEvery = 5 * time.Minute

// tallies are figures that neither the engine nor the spool has, guarded by the
// mu of the instance.
type tallies struct {
	start    time.Time
	raised   Raised
	flush    time.Duration
	reported int // health records
}

// Report returns the figures of this moment. A Flush in progress delays it.
func (i *Instance) Report() *Report {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.report()
}

// report is Report for a caller that holds mu.
func (i *Instance) report() *Report {
	r := &Report{Stats: i.engine.Stats(), Raised: slices.Clone(i.tallies.raised), Spool: i.spool.Stats(), Flush: i.tallies.flush, Crashes: i.crashes.total()}
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

// healthAtTick sends the health record of an interval.
func (i *Instance) healthAtTick() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.health(false)
}

// health logs the new findings, each once, and puts a health record into the
// spool. The record has no severity, so a full spool drops it before any alert.
// The caller holds mu.
func (i *Instance) health(final bool) {
	i.tallies.reported++
	state := i.engine.Health()
	for _, f := range state.Raised {
		i.log.Warn("finding: "+f.Detail, "code", f.Code, "subject", f.Subject)
	}
	for _, f := range state.Cleared {
		i.log.Info("finding is over", "code", f.Code, "subject", f.Subject)
	}
	if i.healthEvery == 0 {
		return // findings are logged only
	}
	figures := i.report().figures(document.Baselines(state.Baselines), final)
	figures.Unread = unread(state.Unread)
	figures.Coverage = matrix.Brief(state.Coverage)
	for _, m := range i.policy.Mutes() {
		figures.Mutes = append(figures.Mutes, document.Mute{Reason: m.Reason, Owner: m.Owner, Expires: m.ExpiresText, Alerts: m.Hits()})
	}
	h := &document.Health{Figures: figures,
		Raised: findings(state.Raised), Cleared: findings(state.Cleared), Open: findings(state.Open),
		At: time.Now().UTC(), Start: i.tallies.start, Sequence: i.tallies.reported}
	doc, err := i.form.Health(h)
	if err == nil {
		err = i.spool.Put([]delivery.Message{{ID: "health", JSON: doc, Time: h.At}})
	}
	if err != nil {
		i.log.Error("health record cannot be sent", "error", err)
	}
}

// maxUnread is how many kinds of records that nobody understands a health record
// names, maxShape how much of the names of their fields, in bytes.
const (
	maxUnread = 10
	maxShape  = 512
)

func unread(list []source.Unread) (out []document.Unread) {
	for _, u := range list[:min(len(list), maxUnread)] {
		out = append(out, document.Unread{Source: u.Source.String(), Reason: u.Reason.String(), Tag: u.Tag[:min(len(u.Tag), event.MaxText)],
			Records: u.Count, Fields: u.Shape[:min(len(u.Shape), maxShape)]})
	}
	return out
}

func findings(list []analytics.Finding) (out []document.Finding) {
	for _, f := range list {
		out = append(out, document.Finding(f))
	}
	return out
}
