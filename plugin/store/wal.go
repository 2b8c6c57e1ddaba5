package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"sync"
)

// maxSegment is the usual bound of one segment, in bytes.
const maxSegment = 256 << 20

// segmentSuffixes follow the path of the store in the paths of the segments.
var segmentSuffixes = [2]string{"-wal0", "-wal1"}

// wal is a write-ahead log of two segments. In the tree of the store a batch
// changes hundreds of pages, each of which is copied and written; in the log
// the batch is one write at the end of a file. Append adds to the active
// segment while the other one is compacted into the tree.
//
// A segment that ends within a frame was being written when the process ended:
// the batch of that frame does not exist. Anything else that is wrong with a
// segment is damage.
type wal struct {
	format uint32

	mu       sync.Mutex // guards the fields below, not the contents of the files
	segments [2]segment
	active   int    // index of the segment that Append writes to
	next     uint64 // number of the next frame
	limit    int64  // of a segment, in bytes
}

func openWAL(path string, o Options) (*wal, error) {
	w := &wal{format: o.Format, limit: maxSegment}
	var errs [2]error
	for i, suffix := range segmentSuffixes {
		w.segments[i].file, errs[i] = os.OpenFile(path+suffix, os.O_RDWR|os.O_CREATE, 0o600)
	}
	if err := errors.Join(errs[:]...); err != nil {
		_ = w.close()
		return nil, err
	}
	return w, nil
}

func (w *wal) close() error {
	if w == nil {
		return nil
	}
	return errors.Join(w.segments[0].file.Close(), w.segments[1].file.Close())
}

// Append adds a batch to the write-ahead log without waiting for the disk. When Append
// returns, the batch survives the end of the process; after the next Sync it also survives
// a loss of power. After an error no part of the batch is in the log. Append may run
// concurrently with Sync and Compact.
func (s *Store) Append(b *Batch) error {
	w := s.wal
	w.mu.Lock()
	defer w.mu.Unlock()
	active := &w.segments[w.active]
	if active.size+int64(len(b.b)) > min(w.limit, math.MaxUint32) {
		return fmt.Errorf("%s: over %d bytes", active.file.Name(), w.limit)
	}
	if err := active.append(b.frame(w.format, w.next)); err != nil {
		return err
	}
	w.next++
	return nil
}

// frame returns the batch behind its frame head: format, length, number,
// checksum of the batch and checksum of the head. Without the last one a
// damaged length would look like the end of the file.
func (b *Batch) frame(format uint32, number uint64) []byte {
	head, batch := b.b[:frameHead], b.b[frameHead:]
	binary.BigEndian.PutUint32(head, format)
	binary.BigEndian.PutUint32(head[4:], uint32(len(batch)))
	binary.BigEndian.PutUint64(head[8:], number)
	binary.BigEndian.PutUint32(head[16:], crc32.Checksum(batch, castagnoli))
	binary.BigEndian.PutUint32(head[20:], crc32.Checksum(head[:20], castagnoli))
	return b.b
}

// Pending returns the size of the write-ahead log, in bytes.
func (s *Store) Pending() int64 {
	s.wal.mu.Lock()
	defer s.wal.mu.Unlock()
	return s.wal.segments[0].size + s.wal.segments[1].size
}

// Sync waits until everything appended before is on the disk. Sync may run
// concurrently with Append.
func (s *Store) Sync() error {
	w := s.wal
	w.mu.Lock()
	older, active := w.segments[1-w.active], w.segments[w.active]
	w.mu.Unlock()
	if older.size > 0 { // first, since a frame without its predecessors is damage
		if err := older.file.Sync(); err != nil {
			return err
		}
	}
	return active.file.Sync()
}

// rotate makes the other segment the active one and returns the segment to
// compact. When an earlier compaction failed, its segment still has contents:
// rotate then leaves the active segment as it is.
func (w *wal) rotate() *segment {
	w.mu.Lock()
	defer w.mu.Unlock()
	if other := 1 - w.active; w.segments[other].size == 0 {
		w.active = other
	}
	return &w.segments[1-w.active]
}

// truncate empties a segment that is not active. Append does not wait for that.
func (w *wal) truncate(s *segment) error {
	err := s.file.Truncate(0)
	w.mu.Lock()
	defer w.mu.Unlock()
	s.size, s.torn = 0, err != nil
	return err
}
