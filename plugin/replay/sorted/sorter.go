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

// run is a sorted sequence of entries, each after its length: in memory or in a
// file.
type run struct {
	data []byte
	file *os.File
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
	data   []byte
	index  []place
}

// place is where an entry stands in the data of a Writer.
type place struct {
	order    uint64 // the first part of the key
	from, to uint32
}

// NewWriter returns a Writer, whose Flush has to be called at the end.
func (s *Sorter) NewWriter() *Writer { return &Writer{sorter: s} }

// Add takes an event. Nothing of ev is kept.
func (w *Writer) Add(key Key, ev *event.Event) {
	from := len(w.data)
	w.data = appendEntry(w.data, key, ev)
	w.index = append(w.index, place{orderOf(ev.Time), uint32(from), uint32(len(w.data))})
	w.sorter.count.Add(1)
	if len(w.data) >= runSize {
		w.Flush()
	}
}

// Flush hands over what has been added. Sorting goes on in the background;
// Close and Each wait for it.
func (w *Writer) Flush() {
	if len(w.index) == 0 {
		return
	}
	s, data, index := w.sorter, w.data, w.index
	w.data, w.index = make([]byte, 0, min(runSize+maxText, 2*len(data))), nil
	s.sorter <- struct{}{}
	s.busy.Go(func() {
		defer func() { <-s.sorter }()
		s.keep(sortEntries(data, index))
	})
}

// sortEntries returns the entries in order, each after its length.
func sortEntries(data []byte, index []place) []byte {
	slices.SortFunc(index, func(a, b place) int {
		if a.order != b.order {
			if a.order < b.order {
				return -1
			}
			return 1
		}
		return bytes.Compare(data[a.from:a.to], data[b.from:b.to])
	})
	out := make([]byte, 0, len(data)+3*len(index))
	for _, p := range index {
		out = binary.AppendUvarint(out, uint64(p.to-p.from))
		out = append(out, data[p.from:p.to]...)
	}
	return out
}

// keep adds a run, in memory where there is room.
func (s *Sorter) keep(data []byte) {
	s.mu.Lock()
	fits := s.held+int64(len(data)) <= s.limit
	if fits {
		s.held += int64(len(data))
		s.runs = append(s.runs, run{data: data})
	}
	s.mu.Unlock()
	if fits {
		return
	}
	file, err := s.spill(data)
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
func (s *Sorter) spill(data []byte) (*os.File, error) {
	file, err := os.CreateTemp(s.folder, "redshank-replay-*")
	if err != nil {
		return nil, fmt.Errorf("temporary file: %w", err)
	}
	w := s2.NewWriter(file, s2.WriterBlockSize(blockSize), s2.WriterConcurrency(1))
	_, err = w.Write(data)
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
