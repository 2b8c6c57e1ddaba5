package store

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"slices"
	"sync"
)

const (
	frameHead = 24        // bytes before a batch
	maxAhead  = 256 << 20 // bytes of one file of frames
	foldBytes = 16 << 20  // of frames that are sorted together
	foldPiece = 4096      // changes in one transaction: that many pages at most, in memory
)

// aheads are the files of frames, by what follows the name of the store's.
var aheads = [2]string{"-wal0", "-wal1"}

// journal takes changes ahead of a store's file. There they touch hundreds of
// pages, each of which is copied, sorted and written by itself; here they are
// one write at the end of a file. Of its two files one grows, until its frames
// are folded into the tree while the other grows.
//
// A file that ends before its last frame does was being written when the
// process ended: the frame is not there. Whatever else is wrong is damage.
type journal struct {
	format uint32

	mu    sync.Mutex // guards what follows, but for what stands in the files
	files [2]frames
	grows int    // which of them
	next  uint64 // number of the next frame
	limit int64
}

// frames is a file of batches, each under its number and checksums.
type frames struct {
	file *os.File
	size int64 // of those that are whole
	torn bool  // part of another may stand behind them
}

func openJournal(path string, o Options) (*journal, error) {
	j := &journal{format: o.Format, limit: maxAhead}
	var errs [2]error
	for i, suffix := range aheads {
		j.files[i].file, errs[i] = os.OpenFile(path+suffix, os.O_RDWR|os.O_CREATE, 0o600)
	}
	if err := errors.Join(errs[:]...); err != nil {
		_ = j.close()
		return nil, err
	}
	return j, nil
}

func (j *journal) close() error {
	if j == nil {
		return nil
	}
	return errors.Join(j.files[0].file.Close(), j.files[1].file.Close())
}

// Append takes a batch without waiting for the disk: it is safe from the end of
// the process as soon as this returns, from a loss of power after Sync. After an
// error nothing of it is there.
func (s *Store) Append(b *Batch) error {
	j := s.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	f := &j.files[j.grows]
	if f.size+int64(len(b.b)) > min(j.limit, math.MaxUint32) {
		return fmt.Errorf("%s: over %d bytes", f.file.Name(), j.limit)
	}
	if err := f.append(b.framed(j.format, j.next)); err != nil {
		return err
	}
	j.next++
	return nil
}

// framed is the batch behind its head: format, length and number; the checksum
// of the batch, and the one of the head, without which a damaged length would
// look like the end of the file.
func (b *Batch) framed(format uint32, number uint64) []byte {
	head, batch := b.b[:frameHead], b.b[frameHead:]
	binary.BigEndian.PutUint32(head, format)
	binary.BigEndian.PutUint32(head[4:], uint32(len(batch)))
	binary.BigEndian.PutUint64(head[8:], number)
	binary.BigEndian.PutUint32(head[16:], crc32.Checksum(batch, castagnoli))
	binary.BigEndian.PutUint32(head[20:], crc32.Checksum(head[:20], castagnoli))
	return b.b
}

// append writes a frame. What a failing disk took of it is cut off before the
// next: at the end of a file it does no harm.
func (f *frames) append(frame []byte) error {
	if f.torn {
		if err := f.file.Truncate(f.size); err != nil {
			return err
		}
	}
	_, err := f.file.WriteAt(frame, f.size)
	if f.torn = err != nil; err == nil {
		f.size += int64(len(frame))
	}
	return err
}

// Ahead is how many bytes wait for Fold.
func (s *Store) Ahead() int64 {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return s.journal.files[0].size + s.journal.files[1].size
}

// Sync waits until all that was appended is on the disk. It may run beside
// Append.
func (s *Store) Sync() error {
	j := s.journal
	j.mu.Lock()
	older, newer := j.files[1-j.grows], j.files[j.grows]
	j.mu.Unlock()
	if older.size > 0 { // in their order: a later frame without an earlier one is damage
		if err := older.file.Sync(); err != nil {
			return err
		}
	}
	return newer.file.Sync()
}

// Fold puts what was appended into the tree and waits for the disk. It may run
// beside Append. After an error it can be tried again; nothing is lost by it.
func (s *Store) Fold() error {
	f := s.journal.turn()
	if err := s.fold(f); err != nil {
		return err
	}
	return s.journal.empty(f)
}

// turn lets the other file grow and gives the one that did; or the other, where
// it was not folded yet.
func (j *journal) turn() *frames {
	j.mu.Lock()
	defer j.mu.Unlock()
	if other := 1 - j.grows; j.files[other].size == 0 {
		j.grows = other
	}
	return &j.files[1-j.grows]
}

// empty cuts a file that does not grow. Append must not wait for that.
func (j *journal) empty(f *frames) error {
	err := f.file.Truncate(0)
	j.mu.Lock()
	defer j.mu.Unlock()
	f.size, f.torn = 0, err != nil
	return err
}

// resume folds what an earlier run has left ahead.
func (s *Store) resume() error {
	j := s.journal
	first, err := j.files[0].first(j.format)
	second, err2 := j.files[1].first(j.format)
	if err = errors.Join(err, err2); err != nil {
		return err
	}
	older, newer := &j.files[0], &j.files[1]
	if first > second {
		older, newer = newer, older
	}
	if err := s.fold(older); err != nil {
		return err
	}
	if err := s.fold(newer); err != nil {
		return err
	}
	j.next = s.folded + 1
	return errors.Join(j.empty(older), j.empty(newer))
}

// fold puts the frames of a file into the tree, so many at a time as the memory
// should hold. Those that are there already, as the end of a process after an
// earlier fold leaves them, are passed over.
func (s *Store) fold(f *frames) error {
	// First, all of it on the disk: a loss of power between two transactions
	// would otherwise leave half a batch in the tree and nothing to mend it with.
	if err := f.file.Sync(); err != nil {
		return err
	}
	var changes []change
	last, size := s.folded, 0
	err := f.each(s.journal.format, func(number uint64, batch []byte) (err error) {
		if number <= s.folded {
			return nil
		}
		if number != last+1 {
			return fmt.Errorf("%w: %s: frame %d follows %d", ErrDamaged, f.file.Name(), number, last)
		}
		if changes, err = changesIn(changes, batch); err != nil {
			return err
		}
		if last, size = number, size+len(batch); size >= foldBytes {
			err = s.foldIn(changes, last)
			changes, size = changes[:0], 0
		}
		return err
	})
	if err == nil && len(changes) > 0 {
		err = s.foldIn(changes, last)
	}
	return err
}

// foldIn puts in changes in the order of the tree, so that each page is written
// once, and few at a time. The number comes last: where the process ends before,
// the same frames come again, which changes nothing. And where bbolt falls back
// to the transaction before, from a page that is damaged, all changes are there.
func (s *Store) foldIn(changes []change, last uint64) error {
	for piece := range slices.Chunk(inOrder(changes), foldPiece) {
		if err := s.Update(func(t *Tx) error { return t.changeAll(piece) }); err != nil {
			return err
		}
	}
	err := s.Update(func(t *Tx) error {
		return t.tx.Bucket(bucketMeta).Put(keyFolded, binary.BigEndian.AppendUint64(nil, last))
	})
	if err == nil {
		s.folded = last
	}
	return err
}

func (t *Tx) changeAll(changes []change) error {
	for _, c := range changes {
		if err := t.change(c); err != nil {
			return fmt.Errorf("%s: %w", c.bucket, err)
		}
	}
	return nil
}

func (t *Tx) change(c change) error {
	if t.tx.Bucket([]byte(c.bucket)) == nil {
		return fmt.Errorf("%w: no such bucket", ErrDamaged)
	}
	if c.value == nil {
		return t.Delete(c.bucket, c.key)
	}
	return t.Put(c.bucket, c.key, c.value)
}

// errEnough ends a reading.
var errEnough = errors.New("enough")

// first is the number of the first frame, 0 where there is none.
func (f *frames) first(format uint32) (first uint64, err error) {
	err = f.each(format, func(number uint64, _ []byte) error {
		first = number
		return errEnough
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return first, err
}

// each calls do for every whole frame. The batch is do's to keep.
func (f *frames) each(format uint32, do func(number uint64, batch []byte) error) error {
	r := bufio.NewReaderSize(io.NewSectionReader(f.file, 0, math.MaxInt64), 1<<16)
	for {
		number, batch, err := frame(r, format)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err == nil {
			err = do(number, batch)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", f.file.Name(), err)
		}
	}
}

// frame reads one.
func frame(r io.Reader, format uint32) (number uint64, batch []byte, err error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	if crc32.Checksum(head[:20], castagnoli) != binary.BigEndian.Uint32(head[20:]) || binary.BigEndian.Uint32(head[:]) != format {
		return 0, nil, fmt.Errorf("%w, or of another version: head of a frame", ErrDamaged)
	}
	number = binary.BigEndian.Uint64(head[8:])
	batch = make([]byte, binary.BigEndian.Uint32(head[4:]))
	if _, err := io.ReadFull(r, batch); err != nil {
		return 0, nil, err
	}
	if crc32.Checksum(batch, castagnoli) != binary.BigEndian.Uint32(head[16:]) {
		return 0, nil, fmt.Errorf("%w: frame %d", ErrDamaged, number)
	}
	return number, batch, nil
}
