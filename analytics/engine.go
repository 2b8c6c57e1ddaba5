package analytics

import (
	"cmp"
	"fmt"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics/alert"
	"redshank/analytics/collection"
	"redshank/analytics/coverage"
	"redshank/analytics/directory"
	"redshank/analytics/drill"
	"redshank/analytics/event"
	"redshank/analytics/health"
	"redshank/analytics/incident"
	"redshank/analytics/policy"
	"redshank/analytics/record"
	"redshank/analytics/source"
	"redshank/analytics/state"
	"redshank/analytics/stuffing"
)

// futureSlack is how far an event may be ahead of Fluent Bit's own timestamp
// before its time is rejected: the clocks of two servers differ.
const futureSlack = 10 * time.Minute

// Engine takes chunks of records and returns alerts. An Engine is safe for
// concurrent use; one lock is held for a whole chunk.
type Engine struct {
	mu         sync.Mutex
	policy     *policy.Policy
	cache      *policy.Cache
	reader     record.Reader
	sources    *source.Set
	tracker    *incident.Tracker
	analytics  []Analytic
	collection *collection.Detector // for the counts of its baselines
	tables     []state.Table
	geo        *policy.GeoCache
	directory  *directory.Directory
	seen       *seen
	received   time.Time // Fluent Bit's timestamp of the record being read
	clock      func() time.Time
	now        time.Time // by clock, at the begin of the chunk; zero: no clock
	event      event.Event
	emit       source.Emit
	enricher   *enricher // nil until Enrich is called
	monitor    *health.Monitor
	coverage   *coverage.Matrix
	drills     drillRuns
	stats      Stats
}

// New returns an engine. It starts no goroutine.
func New(opts Options) (*Engine, error) {
	if opts.Policy == nil {
		return nil, fmt.Errorf("engine: no policy")
	}
	sources, err := source.New(opts.Source, opts.Policy)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	e := &Engine{
		policy:    opts.Policy,
		clock:     opts.Clock,
		cache:     policy.NewCache(opts.Policy),
		geo:       policy.NewGeoCache(opts.Policy),
		directory: directory.New(max(opts.MaxUsers, 1)),
		sources:   sources,
		tracker:   incident.NewTracker(opts.Policy),
		seen:      newSeen(),
		monitor:   health.New(opts.Policy),

		coverage: cmp.Or(opts.Coverage, coverage.Recent()),
	}
	e.collection = collection.New(opts.Policy, e.tracker, e.geo, opts.MaxUsers)
	e.add(stuffing.New(opts.Policy, e.tracker, e.geo, opts.MaxIPs, opts.MaxUsers))
	e.add(e.collection)
	e.reader.Index = sources.Index()
	e.monitor.Unread = sources.Unread
	e.emit = e.observe // once: a method value allocates
	return e, nil
}

// add makes an analytic part of the engine.
func (e *Engine) add(a Analytic) { e.analytics = append(e.analytics, a) }

// Observe reads one chunk and returns the alerts it caused, in the order in
// which their incidents changed. The alerts are the caller's; nothing in them
// points into chunk. A chunk seen before, byte for byte, changes nothing.
func (e *Engine) Observe(tag string, chunk []byte) []*alert.Alert {
	e.mu.Lock()
	defer e.mu.Unlock()
	digest, repeated := e.digest(tag, chunk)
	if repeated {
		return nil
	}
	e.readClock()
	var rec record.Record
	for e.reader.Reset(chunk); e.reader.Next(&rec); {
		e.receive(rec.Time)
		if !e.sources.NextLine(&rec, &e.event, e.emit) {
			e.sources.Decode(tag, &rec, e.emit)
		}
	}
	return e.finish(tag, digest)
}

// readClock asks the clock once a chunk.
func (e *Engine) readClock() {
	if e.clock != nil {
		e.now = e.clock()
		e.tracker.Limit(e.now.Add(futureSlack).UnixMilli())
	}
}

// receive takes Fluent Bit's timestamp of a record, or the time of day where
// the timestamp is ahead of it: Time_Key, in_forward and in_http let a sender
// choose it.
func (e *Engine) receive(at time.Time) {
	e.received = at
	if !e.now.IsZero() && at.After(e.now.Add(futureSlack)) {
		e.received = e.now
		e.stats.Future++
	}
}

// digest counts a chunk, returns its digest, and reports whether the same chunk
// has been read before. Fluent Bit redelivers a chunk byte for byte, with
// nanosecond timestamps inside.
func (e *Engine) digest(tag string, chunk []byte) (digest uint64, repeated bool) {
	e.stats.Chunks++
	digest = xxhash.Sum64(chunk) ^ xxhash.Sum64String(tag)
	if repeated = e.seen.chunks.Contains(digest); repeated {
		e.stats.RepeatedChunks++
	}
	return digest, repeated
}

// finish ends a chunk that was observed.
func (e *Engine) finish(tag string, digest uint64) []*alert.Alert {
	e.stats.BadRecords += uint64(e.reader.Bad)
	e.stats.LostBytes += uint64(e.reader.Lost)
	e.seen.chunks.Add(digest, struct{}{})
	e.release()
	st := e.tableStats()
	e.monitor.Chunk(tag, e.sources.Counts(), e.received, st.ClientsEvicted, st.AccountsEvicted)
	return e.flush()
}

// flush returns the messages that are due.
func (e *Engine) flush() []*alert.Alert { return append(e.tracker.Flush(), e.drills.flush(e.now)...) }

// release drops all references to a chunk, whose memory is the host's again.
func (e *Engine) release() {
	e.reader.Reset(nil)
	e.event.Reset()
	e.sources.Release()
}

// Close makes the decisions that wait for further events, and returns the final messages
// of the open incidents. The engine must not be used afterwards. An engine whose state is
// saved for another one is not closed.
func (e *Engine) Close() []*alert.Alert {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append(e.tracker.Close(), e.drills.close()...)
}

// observe passes one event from a source to the analytics, or to those of a drill.
func (e *Engine) observe(ev *event.Event) {
	if drill.Find(markOf(ev)) == nil || !e.drills.take(e, ev) {
		e.analyse(ev)
	}
}

// analyse passes an event to the analytics of this engine.
func (e *Engine) analyse(ev *event.Event) {
	e.stats.Events++
	at, arrived := ev.Time.UnixMilli(), e.received.UnixMilli()
	if idle(ev) {
		e.setTime(ev, at, arrived)
		return
	}
	e.normalise(ev)
	e.monitor.Event(ev, at, arrived)
	e.setTime(ev, at, arrived)
	e.coverage.Add(ev, ev.Time.UnixMilli(), arrived)
	if e.seen.repeated(ev) {
		e.stats.Duplicates++
		return
	}
	for _, a := range e.analytics {
		a.Observe(ev)
	}
}

// normalise fills the canonical fields of an event, among them the name of an account
// that the log identifies by its SID.
func (e *Engine) normalise(ev *event.Event) {
	if e.tracker.OfDrill {
		ev.Marks |= event.OfDrill
	}
	e.directory.Resolve(ev)
	e.cache.Normalise(ev)
	e.directory.Learn(ev)
}

// idle reports whether no analytic uses an event, whatever its result code means:
// handshakes above all, which are a quarter of an IIS log. Idle events only move
// the clock.
func idle(ev *event.Event) bool {
	return (ev.Outcome == event.Challenge || ev.Outcome == event.Noise) && ev.CodeSpace == event.CodeNone
}

// setTime moves the clock to the time of an event. at and arrived are the times of
// the event and of Fluent Bit's record in Unix milliseconds.
func (e *Engine) setTime(ev *event.Event, at, arrived int64) {
	at, future := e.trustedTime(ev, at, arrived)
	if future {
		e.stats.Future++
	}
	if e.tracker.Advance(at) {
		e.stats.Late++ // still observed: its window may be open
	}
}

// trustedTime returns the time of an event, and reports whether the event claims
// to be from the future. An event without a time or from the future gets Fluent
// Bit's time, so that a forged or wrong clock cannot push out state.
func (e *Engine) trustedTime(ev *event.Event, at, arrived int64) (trusted int64, future bool) {
	future = at > arrived+futureSlack.Milliseconds() && !e.received.IsZero()
	if future || ev.Time.IsZero() {
		ev.Time, at = e.received, arrived
	}
	return at, future
}

// Health returns the figures and the findings. One caller at a time gets each
// finding once in Raised and Cleared. The cost does not depend on the size of the
// tables.
func (e *Engine) Health() Health {
	e.mu.Lock()
	defer e.mu.Unlock()
	h := Health{Time: e.monitor.Time(), Stats: e.statsNow()}
	h.Baselines.Mature, h.Baselines.All = e.collection.Baselines()
	h.Unread = e.sources.Unread()
	h.Coverage = e.coverage.Report()
	e.monitor.CheckUnread()
	e.monitor.Maturity(h.Baselines.Mature, h.Baselines.All)
	h.Open, h.Raised, h.Cleared = e.monitor.Take()
	return h
}

// Rules returns the ids of the rules of all analytics, sorted.
func (e *Engine) Rules() []string { return e.tracker.Rules() }

// Stats returns the counters.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.statsNow()
}

func (e *Engine) statsNow() Stats {
	st := e.tableStats()
	st.Sources = e.sources.Counts()
	t := e.tracker.Stats()
	st.Incidents, st.Alerts, st.Suppressed, st.Muted = t.Opened, t.Notified, t.Suppressed, t.Muted
	return st
}

// tableStats returns the counters with those of the bounded tables.
func (e *Engine) tableStats() Stats {
	st := e.stats
	for _, t := range e.allTables() {
		switch {
		case t.Size == nil:
		case t.Name == "clients":
			st.Clients, st.ClientsEvicted = t.Size()
		case t.Name == "accounts":
			st.Accounts, st.AccountsEvicted = t.Size()
		}
	}
	return st
}
