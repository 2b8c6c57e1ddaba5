// Package store is a durable map in one file: entries in buckets, changed in
// transactions. The file is a bbolt database. The package adds what bbolt lacks
// for use inside an agent on a mail server:
//
//   - a checksum for every entry and a check of all pages at the start, so that
//     a damaged file is set aside instead of crashing or hanging the agent;
//   - a write-ahead log for changes that are too many for a transaction each:
//     Append takes a batch without waiting for the disk.
package store

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"runtime/debug"

	"github.com/vmihailenco/msgpack/v5"
	"go.etcd.io/bbolt"
)

var (
	bucketMeta   = []byte("meta")
	keyFormat    = []byte("format")
	keyTally     = []byte("tally")
	keyCompacted = []byte("folded") // number of the last frame that is in the tree
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrDamaged is wrapped by every error about contents that were not written as
// they are now.
var ErrDamaged = errors.New("damaged")

// Store is an open file. It is used by one goroutine at a time; Append, Pending
// and Sync may run concurrently with anything but Close.
type Store struct {
	db        *bbolt.DB
	rising    bool
	tally     tally
	wal       *wal   // nil without a write-ahead log
	compacted uint64 // number of the last frame that is in the tree
	temporary string // folder of a copy, which Close removes
}

// tally is the number of all entries with a sum over them, stored by every
// transaction. It reveals a page that lost some of its entries, which otherwise
// looks sound.
type tally struct {
	Records uint64
	Sum     uint32 // exclusive or of the checksums of the entries
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

// Tx is one transaction. Either all of its changes are stored or none.
type Tx struct {
	tx     *bbolt.Tx
	tally  tally
	rising bool
}

// Update runs do in a transaction and waits for the disk, which costs two
// fdatasync calls. The transaction is rolled back when do returns an error.
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

// Put stores an entry and replaces an earlier one of the same key. The value is
// copied at once, the key at the end of the transaction.
func (t *Tx) Put(bucket string, key, value []byte) error {
	b := t.bucket(bucket)
	if old := b.Get(key); old != nil {
		t.tally.add(old, -1)
	}
	record := append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(value)), checksum(key, value)), value...)
	t.tally.add(record, 1)
	return b.Put(key, record)
}

// Delete removes an entry. Removing an absent one is no error.
func (t *Tx) Delete(bucket string, key []byte) error {
	b := t.bucket(bucket)
	old := b.Get(key)
	if old == nil {
		return nil
	}
	t.tally.add(old, -1)
	return b.Delete(key)
}

// First returns the entry with the lowest key, which is valid until the next
// change. The key is nil for an empty bucket.
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

// Get calls do with the value at key, or with nil for an absent entry. The value
// is valid until do returns.
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
// value are valid until do returns. The iteration ends with an error at an entry
// with a wrong checksum, or when do returns one.
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

// Len returns the number of entries, without those in the write-ahead log only.
func (s *Store) Len() int { return int(s.tally.Records) }

// SetLimit changes the bound of each file, in bytes. 0 removes the bound of the
// tree and sets the usual one for the write-ahead log.
func (s *Store) SetLimit(bytes int) {
	s.db.MaxSize = bytes
	if s.wal != nil {
		s.wal.mu.Lock()
		defer s.wal.mu.Unlock()
		s.wal.limit = cmp.Or(int64(bytes), maxSegment)
	}
}

// Close closes the files and releases their lock. Changes that are in the
// write-ahead log stay there for the next Open.
func (s *Store) Close() error {
	err := errors.Join(s.wal.close(), guarded(s.db.Close))
	if s.temporary != "" {
		err = errors.Join(err, os.RemoveAll(s.temporary))
	}
	return err
}

// valueOf returns the value of a record after its checksum, which covers the
// key too: an entry under another key is damage. bbolt itself has no checksums
// for entries.
func valueOf(key, record []byte) ([]byte, error) {
	if len(record) < 4 || checksum(key, record[4:]) != binary.BigEndian.Uint32(record) {
		return nil, fmt.Errorf("%w: entry %x", ErrDamaged, key)
	}
	return record[4:], nil
}

func checksum(key, value []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, value)
}

// guarded runs do and returns a panic as an error, so that no panic in bbolt ends
// the agent. Accesses to a mapped file that was truncated or cannot be read are
// such panics too.
func guarded(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, r)
		}
	}()
	return do()
}
