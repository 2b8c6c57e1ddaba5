package delivery

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"runtime/debug"
	"time"

	"github.com/vmihailenco/msgpack/v5"
	"go.etcd.io/bbolt"

	"redshank/analytics"
)

var (
	bucketQueue = []byte("queue") // sequence number -> record
	bucketDead  = []byte("dead")  // the same, of what a receiver refused
	bucketMeta  = []byte("meta")
	keyFormat   = []byte("format")
	keyTally    = []byte("tally")
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// maxDead bounds the dead letters that are kept, in bytes of their records;
// the oldest go first.
const maxDead = 4 << 20

var errDamaged = errors.New("damaged")

// store is the spool on disk: a bbolt file, used under the spool's lock. Each
// change is one transaction, which costs two fdatasyncs.
type store struct {
	db    *bbolt.DB
	tally tally
	found []*entry // what waited in the file when it was opened
	last  uint64   // highest sequence number in the file then
}

// tally is what all records of the file, waiting and dead, come to. It is
// written in every transaction: a page that lost some of its records looks
// sound, but does not add up.
type tally struct {
	Records  uint64
	Sum      uint32 // exclusive or of their checksums
	DeadSize int64  // bytes of the dead ones
}

func (t *tally) add(record []byte, sign int) {
	t.Records += uint64(sign)
	if len(record) >= 4 {
		t.Sum ^= binary.BigEndian.Uint32(record)
	}
}

// stored is the record of one message. Fields are only ever added, at the end.
type stored struct {
	//lint:ignore U1000 the encoder reads it
	_msgpack struct{} `msgpack:",as_array"`
	Put      int64    // unix nanoseconds
	Time     int64
	Severity analytics.Severity
	ID       string
	JSON     []byte
}

// change is what one transaction does.
type change struct {
	save   []*entry // with their messages
	remove []uint64
	bury   []*entry // with their messages
}

// apply makes c in one transaction. On an error nothing of it is done.
func (s *store) apply(c change) error {
	tally := s.tally
	err := guarded(func() error {
		return s.db.Update(func(tx *bbolt.Tx) error { return c.in(tx, &tally) })
	})
	if err == nil {
		s.tally = tally
	}
	return err
}

func (c change) in(tx *bbolt.Tx, t *tally) error {
	queue, grave := tx.Bucket(bucketQueue), tx.Bucket(bucketDead)
	// Pages are filled in the order of the keys, so filling them up is free.
	queue.FillPercent = 0.9
	for _, e := range c.save {
		record := recordOf(e)
		t.add(record, 1)
		if err := queue.Put(keyOf(e.seq), record); err != nil {
			return err
		}
	}
	for _, seq := range c.remove {
		if err := t.remove(queue, keyOf(seq)); err != nil {
			return err
		}
	}
	for _, e := range c.bury {
		record := recordOf(e)
		t.add(record, 1)
		t.DeadSize += int64(len(record))
		if err := errors.Join(t.remove(queue, keyOf(e.seq)), grave.Put(keyOf(e.seq), record)); err != nil {
			return err
		}
	}
	return errors.Join(t.trim(grave), t.write(tx))
}

// remove deletes a record where there is one.
func (t *tally) remove(from *bbolt.Bucket, key []byte) error {
	if record := from.Get(key); record != nil {
		t.add(record, -1)
	}
	return from.Delete(key)
}

// trim drops the oldest dead letters beyond the bound.
func (t *tally) trim(grave *bbolt.Bucket) error {
	for t.DeadSize > maxDead {
		key, record := grave.Cursor().First()
		if key == nil {
			return errDamaged
		}
		t.DeadSize -= int64(len(record))
		if err := t.remove(grave, key); err != nil {
			return err
		}
	}
	return nil
}

func (t *tally) write(tx *bbolt.Tx) error {
	b, err := msgpack.Marshal(t)
	if err != nil {
		return err
	}
	return tx.Bucket(bucketMeta).Put(keyTally, b)
}

// read is the message at seq, in memory of its own.
func (s *store) read(seq uint64) (m Message, err error) {
	err = guarded(func() error {
		return s.db.View(func(tx *bbolt.Tx) (err error) {
			key := keyOf(seq)
			m, _, err = messageOf(key, tx.Bucket(bucketQueue).Get(key))
			return err
		})
	})
	return m, err
}

// each calls do for every message of a bucket, in order.
func (s *store) each(bucket []byte, do func(seq uint64, record []byte, m Message, put int64)) error {
	return guarded(func() error {
		return s.db.View(func(tx *bbolt.Tx) error {
			return tx.Bucket(bucket).ForEach(func(key, record []byte) error {
				m, put, err := messageOf(key, record)
				if err == nil {
					do(binary.BigEndian.Uint64(key), record, m, put)
				}
				return err
			})
		})
	})
}

// close lets go of the file and its lock, even of a file that bbolt chokes on.
func (s *store) close() error {
	return guarded(s.db.Close)
}

func keyOf(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

// recordOf is a message as bytes behind their checksum, which bbolt does not
// keep for its pages. The key is part of it: a record out of place is damage.
func recordOf(e *entry) []byte {
	m := e.unsaved
	body, err := msgpack.Marshal(&stored{Put: e.put, Time: m.Time.UnixNano(), Severity: m.Severity, ID: m.ID, JSON: m.JSON})
	if err != nil { // impossible: numbers, text and bytes
		panic(err)
	}
	return append(binary.BigEndian.AppendUint32(nil, checksum(keyOf(e.seq), body)), body...)
}

func messageOf(key, record []byte) (Message, int64, error) {
	if len(key) != 8 || len(record) < 4 || checksum(key, record[4:]) != binary.BigEndian.Uint32(record) {
		return Message{}, 0, fmt.Errorf("%w: record %x", errDamaged, key)
	}
	var r stored
	if err := msgpack.Unmarshal(record[4:], &r); err != nil {
		return Message{}, 0, fmt.Errorf("%w: record %x: %w", errDamaged, key, err)
	}
	return Message{ID: r.ID, JSON: r.JSON, Severity: r.Severity, Time: time.Unix(0, r.Time)}, r.Put, nil
}

// checksum is of key and body together, so that neither can be exchanged.
func checksum(key, body []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, body)
}

// guarded turns a panic in bbolt, and a fault in the file that it maps (cut
// short by another, or unreadable), into an error: the agent must live.
func guarded(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errDamaged, r)
		}
	}()
	return do()
}
