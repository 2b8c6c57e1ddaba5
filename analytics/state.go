package analytics

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/window"
)

// StateFormat is the version of what Changes puts down. An engine restores its
// own version only.
const StateFormat = 3

// The tables of the state.
const (
	tableTracker    = "desk"
	tableIncidents  = "incidents"
	tableAccounts   = "accounts"
	tableClients    = "clients"
	tableCampaigns  = "campaigns"
	tableEvidence   = "evidence"
	tableLevel      = "level"
	tableForeign    = "foreign"
	tablePopulation = "population"
	tableChunks     = "chunks"
	tableIDs        = "ids"
	tableStreams    = "streams"
	tableGroups     = "groups"
	tableProfiles   = "dossiers"
	tableSessions   = "sessions"
	tableNames      = "names"
	tableFeatures   = "places"
	tableRequests   = "requests"
)

// Tables are the names of all tables, in the order in which Restore asks for
// them: what others point to comes first.
func Tables() []string {
	return []string{tableTracker, tableIncidents, tableAccounts, tableClients, tableCampaigns, tableEvidence, tableLevel, tableForeign, tablePopulation, tableChunks, tableIDs, tableStreams,
		tableGroups, tableProfiles, tableSessions, tableNames, tableFeatures, tableRequests}
}

// Entry is one piece of the state as it is put down. One without Value is
// gone.
type Entry struct {
	Table      string
	Key, Value []byte
}

// Track makes the engine remember what changes, for Changes. It comes before
// the first Observe; Restore does it by itself.
func (e *Engine) Track() {
	e.stuffing.clients.Track()
	e.stuffing.accounts.Track()
	e.stuffing.population.Track()
	e.stuffing.evidence.dirty, e.stuffing.foreignSignIns.dirty = map[int]struct{}{}, map[int]struct{}{}
	e.tracker.dirty = map[string]struct{}{}
	e.chunks.Track()
	e.ids.Track()
	e.sources.Track()
	e.collection.track()
}

// Changes hands over every entry that changed since the last call; its cost
// follows what changed and not what there is. The bytes are valid only until
// put returns. Together with all entries before they are the state after the
// last chunk.
func (e *Engine) Changes(put func(Entry)) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	w := &writer{put: put}
	e.tracker.changes(w)
	e.stuffing.changes(w)
	e.collection.changes(w)
	seen(e.chunks, tableChunks, w)
	seen(e.ids, tableIDs, w)
	e.sources.Changes(func(key, value []byte) { put(Entry{tableStreams, key, value}) })
	return w.err
}

func (d *tracker) changes(w *writer) {
	if now := d.state(); now != d.lastSaved {
		w.encode(tableTracker, now)
		w.entry(tableTracker, []byte("desk"), true)
		d.lastSaved = now
	}
	for id := range d.dirty {
		i, ok := d.incidents.Peek(id)
		if ok {
			s, err := i.saved()
			w.fail(err)
			w.encode(tableIncidents, &s)
		}
		w.entry(tableIncidents, []byte(id), ok)
	}
	clear(d.dirty)
}

func (s *stuffing) changes(w *writer) {
	s.accounts.Changes(func(k uint64, a *account, there, protected bool) {
		if there {
			w.encode(tableAccounts, a.saved(protected))
		}
		w.entry(tableAccounts, w.number(k), there)
	})
	s.clients.Changes(func(k ClientKey, c *client, there, protected bool) {
		if there {
			w.encode(tableClients, c.saved(protected))
		}
		w.entry(tableClients, k[:], there)
	})
	for _, k := range s.campaigns {
		w.encode(tableCampaigns, k.saved())
		w.entry(tableCampaigns, []byte(k.incident.id), true)
	}
	s.evidence.changes(w)
	s.foreignSignIns.changes(w)
	w.fail(s.population.Changes(func(key uint64, value []byte, ok bool) {
		w.value = append(w.value[:0], value...)
		w.entry(tablePopulation, w.number(key), ok)
	}))
}

func seen(from *window.Seen, table string, w *writer) {
	from.Changes(func(d window.Dated[struct{}], there bool) {
		w.value = binary.BigEndian.AppendUint64(w.value[:0], d.At)
		w.entry(table, w.number(d.Key), there)
	})
}

// writer hands over entries, all from the same memory, and keeps the first
// error.
type writer struct {
	put   func(Entry)
	key   [8]byte
	value []byte
	err   error
}

func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// number is the key of a number, valid until the next.
func (w *writer) number(k uint64) []byte { return binary.BigEndian.AppendUint64(w.key[:0], k) }

// entry hands over the value, or that there is none any more.
func (w *writer) entry(table string, key []byte, there bool) {
	e := Entry{Table: table, Key: key}
	if there {
		e.Value = w.value
	}
	w.put(e)
}

// encode makes v the value, for what changes too rarely to be written by hand.
func (w *writer) encode(table string, v any) {
	var buffer bytes.Buffer
	encoder := msgpack.NewEncoder(&buffer)
	encoder.UseArrayEncodedStructs(true)
	if err := encoder.Encode(v); err != nil {
		w.fail(fmt.Errorf("state: %s: %w", table, err))
	}
	w.value = append(w.value[:0], buffer.Bytes()...)
}

// Restore takes up a state that was put down, and tracks what changes from
// then on. each calls do for every entry of a table. After an error the engine
// is half filled and must not be used.
func (e *Engine) Restore(each func(table string, do func(key, value []byte) error) error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.Track()
	takers := map[string]func(key, value []byte) error{
		tableTracker:    e.tracker.restoreTracker,
		tableIncidents:  e.tracker.restore,
		tableAccounts:   e.stuffing.restoreAccount,
		tableClients:    e.stuffing.restoreClient,
		tableCampaigns:  e.stuffing.restoreCampaign,
		tableEvidence:   e.stuffing.restoreEvidence,
		tableLevel:      e.stuffing.restoreLevel,
		tableForeign:    e.stuffing.restoreForeign,
		tablePopulation: e.stuffing.restoreFeature,
		tableChunks:     restoreSeen(e.chunks),
		tableIDs:        restoreSeen(e.ids),
		tableStreams:    e.sources.Restore,
		tableGroups:     e.collection.restoreGroup,
		tableProfiles:   e.collection.restoreProfile,
		tableSessions:   e.collection.restoreSession,
		tableNames:      e.collection.restoreName,
		tableFeatures:   e.collection.restoreFeature,
		tableRequests:   restoreSeen(e.collection.requests),
	}
	done := map[string]func(){
		tableForeign:   e.stuffing.restoredEvidence,
		tableIncidents: e.tracker.restored,
		tableChunks:    e.chunks.Loaded,
		tableIDs:       e.ids.Loaded,
		tableSessions:  e.collection.sessions.Loaded,
		tableNames:     e.collection.names.Loaded,
		tableFeatures:  e.collection.featureNames.Loaded,
		tableRequests:  e.collection.requests.Loaded,
	}
	for _, table := range Tables() {
		if err := each(table, takers[table]); err != nil {
			return fmt.Errorf("state: %s: %w", table, err)
		}
		if f := done[table]; f != nil {
			f()
		}
	}
	return nil
}

func restoreSeen(to *window.Seen) func(key, value []byte) error {
	return func(key, value []byte) error {
		k, err := numberOf(key)
		at, err2 := numberOf(value)
		if err = errors.Join(err, err2); err == nil {
			to.Load(window.Dated[struct{}]{Key: k, At: at})
		}
		return err
	}
}
