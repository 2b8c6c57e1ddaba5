package delivery

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/alert"
	"redshank/plugin/store"
)

const (
	spoolFile   = "spool.db"
	spoolFormat = 1       // of the entries
	bucketQueue = "queue" // sequence number -> message
	bucketDead  = "dead"  // the same, of what a receiver refused
	maxDead     = 4 << 20 // bytes of dead letters kept; the oldest are dropped first
)

// spoolStore is the spool on disk, used by a caller that holds the mu of the
// spool. Each change is one transaction and waits for the disk.
type spoolStore struct {
	*store.Store
	found    []*entry // waiting in the file when it was opened
	last     uint64   // highest sequence number in the file then
	deadSize int64    // of the dead letters, in bytes
}

// stored is the encoding of a message. A new field needs a new spoolFormat.
type stored struct {
	//lint:ignore U1000 the encoder reads it
	_msgpack struct{} `msgpack:",as_array"`
	Put      int64    // unix nanoseconds
	Time     int64
	Severity alert.Severity
	ID       string
	JSON     []byte
}

// asideMark separates the id of an entry from the name of its file, if the entry has a
// file. The decoder rejects arrays with another number of fields, so an additional
// field would make the spool of the previous release unreadable.
const asideMark = "\x00"

func openSpoolStore(folder string, limit int) (s *spoolStore, aside, err error) {
	s = &spoolStore{}
	s.Store, aside, err = store.Open(filepath.Join(folder, spoolFile), spoolOptions(limit), s.load)
	if err != nil {
		return nil, aside, err
	}
	return s, aside, nil
}

func spoolOptions(limit int) store.Options {
	return store.Options{Format: spoolFormat, Buckets: []string{bucketQueue, bucketDead}, Limit: limit, Rising: true}
}

// load lists the waiting messages without keeping their text.
func (s *spoolStore) load(from *store.Store) error {
	*s = spoolStore{Store: from}
	err := s.each(bucketQueue, func(seq uint64, _ []byte, m Message, put int64) {
		s.found = append(s.found, newEntry(seq, m, put))
		s.last = max(s.last, seq)
	})
	if err != nil {
		return err
	}
	return s.each(bucketDead, func(seq uint64, value []byte, _ Message, _ int64) {
		s.deadSize += int64(len(value))
		s.last = max(s.last, seq)
	})
}

// each calls do for every message of a bucket, in order.
func (s *spoolStore) each(bucket string, do func(seq uint64, value []byte, m Message, put int64)) error {
	return s.Each(bucket, func(key, value []byte) error {
		m, put, err := messageOf(key, value)
		if err == nil {
			do(binary.BigEndian.Uint64(key), value, m, put)
		}
		return err
	})
}

// change is the work of one transaction.
type change struct {
	save   []*entry // with their messages
	remove []uint64
	dead   []*entry // with their messages: to move to the dead letters
}

func (s *spoolStore) apply(c change) error {
	deadSize := s.deadSize
	err := s.Update(func(tx *store.Tx) error { return c.in(tx, &deadSize) })
	if err == nil {
		s.deadSize = deadSize
	}
	return err
}

func (c change) in(tx *store.Tx, deadSize *int64) error {
	for _, e := range c.save {
		if err := tx.Put(bucketQueue, keyOf(e.seq), valueOf(e)); err != nil {
			return err
		}
	}
	for _, seq := range c.remove {
		if err := tx.Delete(bucketQueue, keyOf(seq)); err != nil {
			return err
		}
	}
	for _, e := range c.dead {
		value := valueOf(e)
		*deadSize += int64(len(value))
		if err := errors.Join(tx.Delete(bucketQueue, keyOf(e.seq)), tx.Put(bucketDead, keyOf(e.seq), value)); err != nil {
			return err
		}
	}
	return trim(tx, deadSize)
}

// trim drops the oldest dead letters over the bound.
func trim(tx *store.Tx, deadSize *int64) error {
	for *deadSize > maxDead {
		key, value, err := tx.First(bucketDead)
		if err != nil || key == nil {
			return errors.Join(err, store.ErrDamaged)
		}
		*deadSize -= int64(len(value))
		if err := tx.Delete(bucketDead, key); err != nil {
			return err
		}
	}
	return nil
}

// read returns a copy of the message at seq.
func (s *spoolStore) read(seq uint64) (m Message, err error) {
	err = s.Get(bucketQueue, keyOf(seq), func(value []byte) (err error) {
		m, _, err = messageOf(keyOf(seq), value)
		return err
	})
	return m, err
}

func keyOf(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

func valueOf(e *entry) []byte {
	m, id := e.unsaved, e.unsaved.ID
	if m.Aside != "" {
		id += asideMark + m.Aside
	}
	value, err := msgpack.Marshal(&stored{Put: e.put, Time: m.Time.UnixNano(), Severity: m.Severity, ID: id, JSON: m.JSON})
	if err != nil { // cannot happen: numbers, text and bytes only
		panic(err)
	}
	return value
}

func messageOf(key, value []byte) (Message, int64, error) {
	var r stored
	if len(key) != 8 {
		return Message{}, 0, fmt.Errorf("%w: entry %x", store.ErrDamaged, key)
	}
	if err := msgpack.Unmarshal(value, &r); err != nil {
		return Message{}, 0, fmt.Errorf("%w: entry %x: %w", store.ErrDamaged, key, err)
	}
	id, aside, _ := strings.Cut(r.ID, asideMark)
	return Message{ID: id, JSON: r.JSON, Severity: r.Severity, Time: time.Unix(0, r.Time), Aside: aside}, r.Put, nil
}
