package analytics

import (
	"fmt"
	"math/bits"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/record"
	"redshank/analytics/source"
	"redshank/analytics/window"
)

// Options configure an Engine.
type Options struct {
	Policy   *policy.Policy
	Source   string // "auto" or the name of one format
	MaxIPs   int    // bound of the client table, in entries
	MaxUsers int    // bound of the account table, in entries
}

// Bounds of what is remembered to recognise what comes twice, in keys of about
// 150 bytes each, two for a chunk.
const (
	maxChunks = 4096
	maxIDs    = 1 << 17
)

// futureSlack is how far an event may be ahead of Fluent Bit's own timestamp
// before its time is not believed: clocks of two servers differ.
const futureSlack = 10 * time.Minute

// Engine is where the parts meet: records in, alerts out. It is safe for
// concurrent use; one lock covers a whole chunk.
type Engine struct {
	mu         sync.Mutex
	policy     *policy.Policy
	memo       *policy.Memo[acquaintance]
	reader     record.Reader
	sources    *source.Set
	desk       *desk
	stuffing   *stuffing
	collection *collection
	chunks     *window.Seen
	digest     digest // of the chunk being read
	ids        *window.Seen
	received   time.Time // Fluent Bit's timestamp of the record being read
	emit, wait source.Emit
	ahead      ahead
	enricher   *enricher // nil until Enrich is called
	watch      watch
	stats      Stats
}

// New makes an engine. Nothing runs until Observe is called.
func New(opts Options) (*Engine, error) {
	if opts.Policy == nil {
		return nil, fmt.Errorf("engine: no policy")
	}
	sources, err := source.New(opts.Source)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	d := newDesk(opts.Policy)
	e := &Engine{
		policy:   opts.Policy,
		memo:     policy.NewMemo[acquaintance](opts.Policy),
		sources:  sources,
		desk:     d,
		stuffing: newStuffing(opts, d),
		chunks:   window.NewSeen(2 * maxChunks),
		ids:      window.NewSeen(maxIDs),
	}
	e.collection = newCollection(opts, d, e.stuffing.attacks)
	e.stuffing.stolen = e.collection.stolen
	e.watch.policy = opts.Policy
	e.reader.Index = sources.Index()
	e.emit, e.wait = e.observe, e.later // made once: a method value allocates
	return e, nil
}

// Observe reads one chunk and returns the alerts it caused, in the order in
// which their incidents changed. The alerts are the caller's; nothing in them
// points into chunk. A chunk seen before, byte for byte, changes nothing.
func (e *Engine) Observe(tag string, chunk []byte) []*Alert {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.known(tag, chunk) {
		return nil
	}
	var rec record.Record
	e.reader.Reset(chunk)
	e.ahead.n = 0 // of a chunk that was never finished
	for e.digest.lead(chunk, 0); e.reader.Next(&rec); e.digest.lead(chunk, e.reader.At()) {
		e.received = rec.Time
		if !e.sources.NextLine(&rec, e.ahead.slot(), e.wait) {
			e.catchUp()
			e.sources.Decode(tag, &rec, e.emit)
		}
	}
	e.catchUp()
	return e.finish(tag, chunk)
}

// known counts a chunk and tells whether it has come before. Where no chunk has
// begun like it none has, and the rest need not be looked at before it is read.
func (e *Engine) known(tag string, chunk []byte) bool {
	e.stats.Chunks++
	e.digest.begin(tag)
	if !e.chunks.Before(headOf(tag, chunk)) || !e.chunks.Contains(digestOf(tag, chunk)) {
		return false
	}
	e.stats.RepeatedChunks++
	return true
}

// finish ends a chunk that was observed.
func (e *Engine) finish(tag string, chunk []byte) []*Alert {
	e.stats.BadRecords += uint64(e.reader.Bad)
	e.stats.LostBytes += uint64(e.reader.Lost)
	e.chunks.Add(e.digest.end(chunk), struct{}{})
	e.release()
	e.watch.chunk(tag, e.sources.Counts(), e.received, e.stuffing.clients.Evicted(), e.stuffing.accounts.Evicted())
	return e.desk.flush()
}

// release lets go of a chunk: nothing may point into it once it is the host's
// again.
func (e *Engine) release() {
	e.reader.Reset(nil)
	e.ahead.release()
	e.sources.Release()
}

// Close returns the final messages of the incidents that have changed since
// their last one. The engine is not used afterwards.
func (e *Engine) Close() []*Alert {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.desk.close()
}

// observe takes one event from a source to the analytics.
func (e *Engine) observe(ev *event.Event) {
	if idle(ev) {
		e.stats.Events++
		e.setTime(ev, ev.Time.UnixMilli(), e.received.UnixMilli())
		return
	}
	e.observeAs(e.memo.Hash(ev), ev)
}

// observeAs is observe of an event that is not idle and whose hash is known.
func (e *Engine) observeAs(hash uint64, ev *event.Event) {
	e.stats.Events++
	at, arrived := ev.Time.UnixMilli(), e.received.UnixMilli()
	known := e.memo.Normalise(hash, ev)
	e.watch.event(ev, at, arrived)
	e.setTime(ev, at, arrived)
	if e.repeated(ev) {
		e.stats.Duplicates++
		return
	}
	e.stuffing.observe(ev, known)
	e.collection.observe(ev, known)
}

// acquaintance is what was looked up for a client and an account, by the one
// name and with the one agent that the account used there. What a routine sign-in
// needs stands in it, in stay and in the client: most of its cost is to wait for
// memory.
type acquaintance struct {
	client  window.Held[*client]
	account window.Held[*account]
	dossier window.Held[*dossier]
	learned learnMark
	stay    *signIn // the account's at that very client; nil: not looked up
}

// idle tells events that no analytic takes and no result code can turn into
// another: handshakes above all, which are a quarter of what IIS logs. They
// only move the clock.
func idle(ev *event.Event) bool {
	return (ev.Outcome == event.Challenge || ev.Outcome == event.Noise) && ev.CodeSpace == event.CodeNone
}

// setTime gives the event Fluent Bit's time where it has none or claims to be
// from the future, so that a forged or broken clock cannot push state out. at
// and arrived are the two in Unix milliseconds.
func (e *Engine) setTime(ev *event.Event, at, arrived int64) {
	at, future := e.believe(ev, at, arrived)
	if future {
		e.stats.Future++
	}
	if at < e.desk.newest-e.desk.lateness {
		e.stats.Late++ // still counted: its window may be open
	}
	e.desk.newest = max(e.desk.newest, at)
}

func (e *Engine) believe(ev *event.Event, at, arrived int64) (believed int64, future bool) {
	future = at > arrived+futureSlack.Milliseconds() && !e.received.IsZero()
	if future || ev.Time.IsZero() {
		ev.Time, at = e.received, arrived
	}
	return at, future
}

// repeated tells whether a record with this id has been counted. Successful
// sign-ins are not asked: to see one twice changes nothing, and they are most.
// The account is part of the key: who can write an id into one line hides no
// other account's failures.
func (e *Engine) repeated(ev *event.Event) bool {
	counts := ev.Outcome == event.Failure || ev.Outcome == event.Accepted || ev.Items > 0
	return counts && len(ev.ID) > 0 && e.ids.Before(xxhash.Sum64(ev.ID)^bits.RotateLeft64(ev.UserHash(), 1))
}

// Stats are the engine's counters since New.
type Stats struct {
	Chunks, RepeatedChunks           uint64
	Sources                          source.Counts // leaf records by source and outcome
	BadRecords                       uint64        // not decodable as records at all
	LostBytes                        uint64        // of chunks that could not be read to their end
	Events, Duplicates, Late, Future uint64
	Clients, Accounts                int // entries now
	ClientsEvicted, AccountsEvicted  uint64
	Incidents, Alerts, Suppressed    uint64
}

// Stats returns the counters.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	st := e.stats
	st.Sources = e.sources.Counts()
	st.Clients, st.ClientsEvicted = e.stuffing.clients.Len(), e.stuffing.clients.Evicted()
	st.Accounts, st.AccountsEvicted = e.stuffing.accounts.Len(), e.stuffing.accounts.Evicted()
	st.Incidents, st.Alerts, st.Suppressed = e.desk.opened, e.desk.told, e.desk.kept
	return st
}
