// Package store is a durable map in one file, for what must survive the agent:
// entries in buckets, changed in transactions, each under a checksum. It is
// bbolt, and around it what an agent on somebody's mail server needs: a file
// that is damaged, of a newer version or in use never crashes it.
package store

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"runtime/debug"

	"github.com/vmihailenco/msgpack/v5"
	"go.etcd.io/bbolt"
)

var (
	bucketMeta = []byte("meta")
	keyFormat  = []byte("format")
	keyTally   = []byte("tally")
	keyFolded  = []byte("folded") // number of the last frame in the tree
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrDamaged is in the error of whatever cannot be what was once written.
var ErrDamaged = errors.New("damaged")

// Store is an open file. One goroutine at a time may use it, and beside it
// another Append.
type Store struct {
	db      *bbolt.DB
	rising  bool
	tally   tally
	journal *journal // nil: none
	folded  uint64   // its last frame that is in the tree
}

// tally is what all entries of the file come to. It is written in every
// transaction: a page that lost some of its entries looks sound, but does not
// add up.
type tally struct {
	Records uint64
	Sum     uint32 // exclusive or of their checksums
}

func (t *tally) add(record []byte, sign int) {
	t.Records += uint64(sign)
	if len(record) >= 4 {
		t.Sum ^= binary.BigEndian.Uint32(record)
	}
}

func (t *tally) write(tx *bbolt.Tx) error {
	b, err := msgpack.Marshal(t)
	if err != nil {
		return err
	}
	return tx.Bucket(bucketMeta).Put(keyTally, b)
}

// Tx is one transaction: all of it comes to be, or nothing.
type Tx struct {
	tx     *bbolt.Tx
	tally  tally
	rising bool
}

// Update runs do in a transaction, which waits for the disk: two fdatasyncs.
func (s *Store) Update(do func(*Tx) error) error {
	t := Tx{tally: s.tally, rising: s.rising}
	err := guarded(func() error {
		return s.db.Update(func(tx *bbolt.Tx) error {
			t.tx = tx
			return errors.Join(do(&t), t.tally.write(tx))
		})
	})
	if err == nil {
		s.tally = t.tally
	}
	return err
}

// Put writes an entry, over one that is there. Key and value are copied, the
// key only at the end of the transaction.
func (t *Tx) Put(bucket string, key, value []byte) error {
	b := t.bucket(bucket)
	if old := b.Get(key); old != nil {
		t.tally.add(old, -1)
	}
	record := append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(value)), checksum(key, value)), value...)
	t.tally.add(record, 1)
	return b.Put(key, record)
}

// Delete removes an entry, where there is one.
func (t *Tx) Delete(bucket string, key []byte) error {
	b := t.bucket(bucket)
	old := b.Get(key)
	if old == nil {
		return nil
	}
	t.tally.add(old, -1)
	return b.Delete(key)
}

// First is the entry of the lowest key, valid until the next change; nil where
// the bucket is empty.
func (t *Tx) First(bucket string) (key, value []byte, err error) {
	key, record := t.bucket(bucket).Cursor().First()
	if key == nil {
		return nil, nil, nil
	}
	value, err = valueOf(key, record)
	return key, value, err
}

func (t *Tx) bucket(name string) *bbolt.Bucket {
	b := t.tx.Bucket([]byte(name))
	if t.rising {
		b.FillPercent = 0.9
	}
	return b
}

// Get calls do with the value at key, nil where there is none. It is valid
// only until do returns.
func (s *Store) Get(bucket string, key []byte, do func(value []byte) error) error {
	return s.view(func(tx *bbolt.Tx) error {
		record := tx.Bucket([]byte(bucket)).Get(key)
		if record == nil {
			return do(nil)
		}
		value, err := valueOf(key, record)
		if err != nil {
			return err
		}
		return do(value)
	})
}

// Each calls do for every entry of a bucket, in the order of the keys. Key and
// value are valid only until do returns. An entry whose checksum is wrong is
// an error, and so is what do returns.
func (s *Store) Each(bucket string, do func(key, value []byte) error) error {
	return s.view(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(bucket)).ForEach(func(key, record []byte) error {
			value, err := valueOf(key, record)
			if err != nil {
				return err
			}
			return do(key, value)
		})
	})
}

func (s *Store) view(do func(*bbolt.Tx) error) error {
	return guarded(func() error { return s.db.View(do) })
}

// Len is the number of entries, without those that wait for Fold.
func (s *Store) Len() int { return int(s.tally.Records) }

// SetLimit changes the bound of each file, in bytes; 0: none.
func (s *Store) SetLimit(bytes int) {
	s.db.MaxSize = bytes
	if s.journal != nil {
		s.journal.mu.Lock()
		defer s.journal.mu.Unlock()
		s.journal.limit = cmp.Or(int64(bytes), maxAhead)
	}
}

// Path is where the file is.
func (s *Store) Path() string { return s.db.Path() }

// Close gives up the files and their lock. What was appended and not folded
// stays ahead.
func (s *Store) Close() error { return errors.Join(s.journal.close(), guarded(s.db.Close)) }

// valueOf is what stands behind the checksum, which bbolt does not keep for
// its pages. The key is part of it: an entry out of place is damage.
func valueOf(key, record []byte) ([]byte, error) {
	if len(record) < 4 || checksum(key, record[4:]) != binary.BigEndian.Uint32(record) {
		return nil, fmt.Errorf("%w: entry %x", ErrDamaged, key)
	}
	return record[4:], nil
}

func checksum(key, value []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, value)
}

// guarded turns a panic in bbolt, and a fault in the file that it maps (cut
// short by another, or unreadable), into an error: the agent must live.
func guarded(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, r)
		}
	}()
	return do()
}
