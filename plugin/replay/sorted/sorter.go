package sorted

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/s2"

	"redshank/analytics/event"
)

// Bounds of memory. An entry takes about 200 bytes.
const (
	runSize   = 32 << 20  // of entries that are sorted together
	memory    = 256 << 20 // of sorted runs before further ones go to files
	blockSize = 64 << 10  // of a compressed run: what reading one takes

	memoryBlock = 4 << 20
	maxEntry    = 1 << 20 // of an entry with its length
)

// Sorter collects events and returns them in order. Its Writers may be used at
// the same time, each by one goroutine.
type Sorter struct {
	folder string // for temporary files; empty: the system's
	limit  int64  // of memory

	mu     sync.Mutex
	runs   []run
	held   int64 // bytes of the runs in memory
	err    error // the first one
	busy   sync.WaitGroup
	sorter chan struct{} // a place for each run that may be sorted at a time

	count atomic.Int64
}

// run is a sorted sequence of entries, each after its length: in memory, in blocks
// of whole entries, or in a file.
type run struct {
	blocks [][]byte
	file   *os.File
}

// New returns a Sorter that puts its temporary files into folder, or into the
// folder of the system where that is empty.
func New(folder string) *Sorter {
	return &Sorter{folder: folder, limit: memory, sorter: make(chan struct{}, 2)}
}

// Len is the number of events so far.
func (s *Sorter) Len() int64 { return s.count.Load() }

// Writer takes events of one goroutine.
type Writer struct {
	sorter *Sorter
	blocks [][]byte // of entries, each after its length
	size   int      // of all blocks
	index  []place
	last   Key
	order  uint64 // of the last event
	mixed  bool   // the entries are not in order
}

// place is where an entry stands in the blocks of a Writer.
type place struct {
	order    uint64 // the first part of the key
	block    uint32
	from, to uint32 // without its length
}

// NewWriter returns a Writer, whose Flush has to be called at the end.
func (s *Sorter) NewWriter() *Writer { return &Writer{sorter: s} }

// Add takes an event. Nothing of ev is kept.
func (w *Writer) Add(key Key, ev *event.Event) {
	const head = 3 // bytes of a length below 2 MB, larger than any entry
	n := len(w.blocks) - 1
	if n < 0 || cap(w.blocks[n])-len(w.blocks[n]) < maxEntry {
		w.blocks, n = append(w.blocks, make([]byte, 0, min(memoryBlock, max(2*maxEntry, w.size)))), n+1
	}
	b := w.blocks[n]
	start := len(b)
	b = appendEntry(append(b, 0, 0, 0), key, ev)
	size := len(b) - start - head
	b[start], b[start+1], b[start+2] = byte(size)|0x80, byte(size>>7)|0x80, byte(size>>14)
	w.blocks[n] = b
	w.size += len(b) - start
	order := orderOf(ev.Time)
	w.mixed = w.mixed || len(w.index) > 0 && (order < w.order || order == w.order && key.Log != w.last.Log)
	w.order, w.last = order, key
	w.index = append(w.index, place{order, uint32(n), uint32(start + head), uint32(len(b))})
	w.sorter.count.Add(1)
	if w.size >= runSize {
		w.Flush()
	}
}

// Flush hands over what has been added. Sorting goes on in the background;
// Close and Each wait for it.
func (w *Writer) Flush() {
	if len(w.index) == 0 {
		return
	}
	s, blocks, index, mixed := w.sorter, w.blocks, w.index, w.mixed
	*w = Writer{sorter: s, size: 0}
	s.sorter <- struct{}{}
	s.busy.Go(func() {
		defer func() { <-s.sorter }()
		if mixed {
			blocks = sortEntries(blocks, index)
		}
		s.keep(blocks)
	})
}

// sortEntries returns the entries in order, each after its length.
func sortEntries(blocks [][]byte, index []place) [][]byte {
	slices.SortFunc(index, func(a, b place) int {
		if a.order != b.order {
			if a.order < b.order {
				return -1
			}
			return 1
		}
		return bytes.Compare(blocks[a.block][a.from:a.to], blocks[b.block][b.from:b.to])
	})
	size := 0
	for _, b := range blocks {
		size += len(b)
	}
	out := make([]byte, 0, size)
	for _, p := range index {
		out = binary.AppendUvarint(out, uint64(p.to-p.from))
		out = append(out, blocks[p.block][p.from:p.to]...)
	}
	return [][]byte{out}
}

// keep adds a run, in memory where there is room.
func (s *Sorter) keep(blocks [][]byte) {
	var size int64
	for _, b := range blocks {
		size += int64(len(b))
	}
	s.mu.Lock()
	fits := s.held+size <= s.limit
	if fits {
		s.held += size
		s.runs = append(s.runs, run{blocks: blocks})
	}
	s.mu.Unlock()
	if fits {
		return
	}
	file, err := s.spill(blocks)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.err = errors.Join(s.err, err)
		return
	}
	s.runs = append(s.runs, run{file: file})
}

// spill writes a run to a temporary file, which has no name any more where the
// system allows that.
func (s *Sorter) spill(blocks [][]byte) (*os.File, error) {
	file, err := os.CreateTemp(s.folder, "redshank-replay-*")
	if err != nil {
		return nil, fmt.Errorf("temporary file: %w", err)
	}
	w := s2.NewWriter(file, s2.WriterBlockSize(blockSize), s2.WriterConcurrency(1))
	for _, b := range blocks {
		if err == nil {
			_, err = w.Write(b)
		}
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("temporary file: %w", errors.Join(err, file.Close(), os.Remove(file.Name())))
	}
	return file, nil
}

// Close removes the temporary files.
func (s *Sorter) Close() error {
	s.busy.Wait()
	var err error
	for _, r := range s.runs {
		if r.file != nil {
			err = errors.Join(err, r.file.Close(), os.Remove(r.file.Name()))
		}
	}
	s.runs = nil
	return err
}

// reader returns the entries of a run from its beginning.
func (r *run) reader() (*bufio.Reader, error) {
	if r.file == nil {
		return nil, nil
	}
	if _, err := r.file.Seek(0, 0); err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(s2.NewReader(r.file, s2.ReaderMaxBlockSize(blockSize)), blockSize), nil
}
