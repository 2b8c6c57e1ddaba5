package delivery

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
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
	maxDead     = 4 << 20 // bytes of dead letters kept; the oldest go first
)

// ledger is the spool on disk, used under the spool's lock. Each change is one
// transaction, which waits for the disk.
type ledger struct {
	*store.Store
	found    []*entry // what waited in the file when it was opened
	last     uint64   // highest sequence number in the file then
	deadSize int64    // of the dead letters
}

// stored is one message as it is written. Fields are only ever added, at the
// end.
type stored struct {
	//lint:ignore U1000 the encoder reads it
	_msgpack struct{} `msgpack:",as_array"`
	Put      int64    // unix nanoseconds
	Time     int64
	Severity alert.Severity
	ID       string
	JSON     []byte
}

func openLedger(folder string, limit int) (l *ledger, aside, err error) {
	l = &ledger{}
	l.Store, aside, err = store.Open(filepath.Join(folder, spoolFile), spoolOptions(limit), l.load)
	if err != nil {
		return nil, aside, err
	}
	return l, aside, nil
}

func spoolOptions(limit int) store.Options {
	return store.Options{Format: spoolFormat, Buckets: []string{bucketQueue, bucketDead}, Limit: limit, Rising: true}
}

// load finds what waits, without keeping the messages themselves.
func (l *ledger) load(from *store.Store) error {
	*l = ledger{Store: from}
	err := l.each(bucketQueue, func(seq uint64, _ []byte, m Message, put int64) {
		l.found = append(l.found, newEntry(seq, m, put))
		l.last = max(l.last, seq)
	})
	if err != nil {
		return err
	}
	return l.each(bucketDead, func(seq uint64, value []byte, _ Message, _ int64) {
		l.deadSize += int64(len(value))
		l.last = max(l.last, seq)
	})
}

// each calls do for every message of a bucket, in order.
func (l *ledger) each(bucket string, do func(seq uint64, value []byte, m Message, put int64)) error {
	return l.Each(bucket, func(key, value []byte) error {
		m, put, err := messageOf(key, value)
		if err == nil {
			do(binary.BigEndian.Uint64(key), value, m, put)
		}
		return err
	})
}

// change is what one transaction does.
type change struct {
	save   []*entry // with their messages
	remove []uint64
	bury   []*entry // with their messages
}

func (l *ledger) apply(c change) error {
	deadSize := l.deadSize
	err := l.Update(func(tx *store.Tx) error { return c.in(tx, &deadSize) })
	if err == nil {
		l.deadSize = deadSize
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
	for _, e := range c.bury {
		value := valueOf(e)
		*deadSize += int64(len(value))
		if err := errors.Join(tx.Delete(bucketQueue, keyOf(e.seq)), tx.Put(bucketDead, keyOf(e.seq), value)); err != nil {
			return err
		}
	}
	return trim(tx, deadSize)
}

// trim drops the oldest dead letters beyond the bound.
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

// read is the message at seq, in memory of its own.
func (l *ledger) read(seq uint64) (m Message, err error) {
	err = l.Get(bucketQueue, keyOf(seq), func(value []byte) (err error) {
		m, _, err = messageOf(keyOf(seq), value)
		return err
	})
	return m, err
}

func keyOf(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

func valueOf(e *entry) []byte {
	m := e.unsaved
	value, err := msgpack.Marshal(&stored{Put: e.put, Time: m.Time.UnixNano(), Severity: m.Severity, ID: m.ID, JSON: m.JSON})
	if err != nil { // impossible: numbers, text and bytes
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
	return Message{ID: r.ID, JSON: r.JSON, Severity: r.Severity, Time: time.Unix(0, r.Time)}, r.Put, nil
}
