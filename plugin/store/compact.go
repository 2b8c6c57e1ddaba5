package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"
)

const (
	compactBytes   = 16 << 20 // of frames that are sorted together
	compactChanges = 4096     // in one transaction, which holds at most that many pages in memory
)

// Compact moves what was appended from the write-ahead log into the tree and
// waits for the disk. Compact may run concurrently with Append. After an error
// nothing is lost and Compact can be called again.
func (s *Store) Compact() error {
	from := s.wal.rotate()
	if err := s.compact(from); err != nil {
		return err
	}
	return s.wal.truncate(from)
}

// recover compacts what an earlier run left in the write-ahead log.
func (s *Store) recover() error {
	w := s.wal
	first, err := w.segments[0].first(w.format)
	second, err2 := w.segments[1].first(w.format)
	if err = errors.Join(err, err2); err != nil {
		return err
	}
	older, newer := &w.segments[0], &w.segments[1]
	if first > second {
		older, newer = newer, older
	}
	if err := s.compact(older); err != nil {
		return err
	}
	if err := s.compact(newer); err != nil {
		return err
	}
	w.next = s.compacted + 1
	return errors.Join(w.truncate(older), w.truncate(newer))
}

// compact applies the frames of a segment to the tree, in groups of bounded
// size. Frames that an interrupted compaction has applied already are skipped.
func (s *Store) compact(from *segment) error {
	// The segment has to be on the disk first. A loss of power between two
	// transactions would otherwise leave half a batch in the tree without the
	// frame that completes it.
	if err := from.file.Sync(); err != nil {
		return err
	}
	var changes []batchChange
	last, size := s.compacted, 0
	err := from.each(s.wal.format, func(number uint64, batch []byte) (err error) {
		if number <= s.compacted {
			return nil
		}
		if number != last+1 {
			return fmt.Errorf("%w: %s: frame %d follows %d", ErrDamaged, from.file.Name(), number, last)
		}
		if changes, err = changesIn(changes, batch); err != nil {
			return err
		}
		if last, size = number, size+len(batch); size >= compactBytes {
			err = s.apply(changes, last)
			changes, size = changes[:0], 0
		}
		return err
	})
	if err == nil && len(changes) > 0 {
		err = s.apply(changes, last)
	}
	return err
}

// apply makes changes in the order of the keys, so that each page is written
// once, and records the number of their last frame after all of them. When the
// process ends before, the same frames are applied again, which changes
// nothing. When bbolt falls back from a damaged page to the previous
// transaction, all changes are there.
func (s *Store) apply(changes []batchChange, last uint64) error {
	for some := range slices.Chunk(inOrder(changes), compactChanges) {
		if err := s.Update(func(t *Tx) error { return t.changeAll(some) }); err != nil {
			return err
		}
	}
	err := s.Update(func(t *Tx) error {
		return t.tx.Bucket(bucketMeta).Put(keyCompacted, binary.BigEndian.AppendUint64(nil, last))
	})
	if err == nil {
		s.compacted = last
	}
	return err
}

func (t *Tx) changeAll(changes []batchChange) error {
	for _, c := range changes {
		if err := t.change(c); err != nil {
			return fmt.Errorf("%s: %w", c.bucket, err)
		}
	}
	return nil
}

func (t *Tx) change(c batchChange) error {
	if t.tx.Bucket([]byte(c.bucket)) == nil {
		return fmt.Errorf("%w: no such bucket", ErrDamaged)
	}
	if c.value == nil {
		return t.Delete(c.bucket, c.key)
	}
	return t.Put(c.bucket, c.key, c.value)
}

// compactedIn returns the number of the last frame that is in the tree.
func compactedIn(meta *bbolt.Bucket) uint64 {
	if b := meta.Get(keyCompacted); len(b) == 8 {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}
