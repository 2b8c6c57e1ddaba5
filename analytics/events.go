package analytics

import (
	"iter"
	"net/netip"
	"strings"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/explain"
	"redshank/analytics/record"
)

// ObserveEvent takes one decoded event to the analytics, as Observe does with
// those of a chunk. Who decodes logs elsewhere, on several goroutines, brings the
// events here in the order of their times: each counts as received when it
// happened. The event is the caller's again afterwards; its canonical fields have
// been filled in, except where IsIdle reports true.
func (e *Engine) ObserveEvent(ev *event.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.received = ev.Time
	e.observe(ev)
}

// Flush returns the alerts that the events since the last Flush caused, as Observe
// does at the end of a chunk.
func (e *Engine) Flush() []*alert.Alert {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.flush()
}

// Review returns what the events so far show about the logs that they are from, for the
// end of a run of ObserveEvent.
func (e *Engine) Review() []Finding {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.monitor.Review(e.received)
}

// Explain makes the analytics that can account for their decisions report them to o,
// while ObserveEvent runs.
func (e *Engine) Explain(o explain.Observer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, a := range e.analytics {
		if x, ok := a.(explain.Explainer); ok {
			x.Explain(o)
		}
	}
}

// Describe returns what the engine knows about an account, in any spelling, or about
// the address of a client: what the policy says about it, then what each analytic
// holds. It may be called on an engine that has restored a saved state.
func (e *Engine) Describe(text string) (explain.Subject, []explain.Fact) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var of explain.Subject
	if addr, err := netip.ParseAddr(strings.TrimSpace(text)); err == nil {
		of.Address = addr.Unmap().WithZone("")
	} else {
		of.Account = e.policy.Account(text)
	}
	facts := describePolicy(e.policy, of)
	for _, a := range e.analytics {
		if d, ok := a.(explain.Describer); ok {
			facts = append(facts, d.Describe(of)...)
		}
	}
	return of, facts
}

// IncidentsOf returns the ids of the open incidents that an observed event belongs
// to, by its address, account, application or host.
func (e *Engine) IncidentsOf(ev *event.Event) (ids []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, i := range e.openFor(ev, nil) {
		ids = append(ids, i.ID)
	}
	return ids
}

// IsIdle reports whether an event only moves the clock: no analytic takes one of
// its kind, and no result code can turn it into another.
func IsIdle(ev *event.Event) bool { return idle(ev) }

// EnrichEvents is ObserveEvent for all events of one record, and appends the record
// to dst as Enrich does. Raw and Body of rec are both the encoded body.
func (e *Engine) EnrichEvents(dst []byte, rec *record.Record, events iter.Seq[*event.Event]) []byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.enricher == nil {
		e.enricher = newEnricher(e)
	}
	x := e.enricher
	x.events, x.text, x.count = x.events[:0], x.text[:0], 0
	for ev := range events {
		e.received = ev.Time
		x.observe(ev)
	}
	return x.appendRecord(dst, rec)
}
