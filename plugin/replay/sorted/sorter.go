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
	"time"

	"github.com/klauspost/compress/s2"

	"redshank/analytics/event"
)

// Bounds of memory. An entry takes about 200 bytes.
const (
	runSize   = 32 << 20  // of entries that are sorted together
	memory    = 256 << 20 // of sorted runs before further ones go to files
	blockSize = 64 << 10  // of a compressed run: what reading one takes

	memoryBlock = 4 << 20 // most that is allocated at a time, except for a long entry
)

// Sorter collects events and returns them in order. Its Writers may be used at
// the same time, each by one goroutine.
type Sorter struct {
	records bool   // its entries are records with their events
	folder  string // for temporary files; empty: the system's
	limit   int64  // of memory

	mu     sync.Mutex
	names  map[uint64]string // of logs, by Key.Log
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
// system's folder if it is empty.
func New(folder string) *Sorter {
	return &Sorter{names: map[uint64]string{}, folder: folder, limit: memory, sorter: make(chan struct{}, 2)}
}

// NewRecords returns a Sorter like New, whose entries are records with their events.
func NewRecords(folder string) *Sorter {
	s := New(folder)
	s.records = true
	return s
}

// Name sets the file of the events whose Key has this log and that name no file. Of the
// names of several copies of a log the first in alphabetical order counts.
func (s *Sorter) Name(log uint64, file string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if have, ok := s.names[log]; !ok || file < have {
		s.names[log] = file
	}
}

// Len is the number of events, or of records, so far.
func (s *Sorter) Len() int64 { return s.count.Load() }

// Writer takes events of one goroutine.
type Writer struct {
	sorter *Sorter
	blocks [][]byte // of entries, each after its length
	block  []byte   // the one that is written to, behind them
	start  int      // of the last entry, in block
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

// Name is Sorter.Name.
func (w *Writer) Name(log uint64, file string) { w.sorter.Name(log, file) }

// NewWriter returns a Writer, whose Flush has to be called at the end.
func (s *Sorter) NewWriter() *Writer { return &Writer{sorter: s} }

// Add takes an event. Nothing of ev is kept.
func (w *Writer) Add(key Key, ev *event.Event) {
	w.begin(sizeOf(ev))
	w.block = appendEntry(w.block, key, ev)
	w.end(key, orderOf(ev.Time))
}

// AddRecord takes an encoded record and the events that it led to, each as
// AppendEvent returned it, of a Sorter that NewRecords made. at is the time of the
// record.
func (w *Writer) AddRecord(key Key, at time.Time, events [][]byte, body []byte) {
	size := keySize + binary.MaxVarintLen64 + len(body)
	for _, e := range events {
		size += binary.MaxVarintLen64 + len(e)
	}
	w.begin(size)
	w.block = appendRecord(w.block, key, at, events, body)
	w.end(key, orderOf(at))
}

// lengthSize is the size of the length before an entry, which has room for
// 256 MB.
const lengthSize = 4

// begin prepares for an entry of at most size bytes.
func (w *Writer) begin(size int) {
	size += lengthSize
	if cap(w.block)-len(w.block) < size {
		w.seal()
		w.block = make([]byte, 0, max(min(memoryBlock, w.size), size, 64<<10))
	}
	w.start = len(w.block)
	w.block = append(w.block, 0, 0, 0, 0)
}

// seal ends the block that is written to.
func (w *Writer) seal() {
	if len(w.block) > 0 {
		w.blocks = append(w.blocks, w.block)
	}
	w.block = nil
}

// end completes the entry that begins at start.
func (w *Writer) end(key Key, order uint64) {
	from := w.start + lengthSize
	size := len(w.block) - from
	for i := range lengthSize - 1 {
		w.block[w.start+i] = byte(size>>(7*i)) | 0x80
	}
	w.block[from-1] = byte(size >> (7 * (lengthSize - 1)))
	w.size += size + lengthSize
	w.mixed = w.mixed || len(w.index) > 0 && (order < w.order || order == w.order && key.Log != w.last.Log)
	w.order, w.last = order, key
	w.index = append(w.index, place{order, uint32(len(w.blocks)), uint32(from), uint32(len(w.block))})
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
	w.seal()
	s, blocks, index, mixed := w.sorter, w.blocks, w.index, w.mixed
	*w = Writer{sorter: s}
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

// keep adds a run, in memory if it fits.
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
