package sorted

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"

	"redshank/analytics/event"
)

// Batches of entries go from the goroutine that merges to the one that takes
// the events.
const (
	batchSize    = 256 << 10 // bytes
	batchesAhead = 4
)

// Each calls take with every event, in order of time. Events of the same instant
// come in the order of their Keys. An event that was added twice under one Key, from two
// copies of one log, comes once, and repeated counts the others. The event is valid until
// take returns. An error of take, or of reading, ends the iteration.
func (s *Sorter) Each(take func(ev *event.Event) error) (repeated int64, err error) {
	var ev event.Event
	if !s.records {
		return s.entries(func(entry []byte) error {
			if err := readEntry(entry, &ev); err != nil {
				return err
			}
			s.setFile(&ev, entry)
			return take(&ev)
		})
	}
	return s.EachRecord(func(events iter.Seq[*event.Event], _ []byte) error {
		for ev := range events {
			if err := take(ev); err != nil {
				return err
			}
		}
		return nil
	})
}

// EachRecord is Each for the records of a Sorter that NewRecords made.
func (s *Sorter) EachRecord(take func(events iter.Seq[*event.Event], body []byte) error) (repeated int64, err error) {
	var encoded [][]byte
	var ev event.Event
	return s.entries(func(entry []byte) error {
		var body []byte
		var err, damage error
		if encoded, body, err = readRecord(entry, encoded[:0]); err != nil {
			return err
		}
		err = take(func(yield func(*event.Event) bool) {
			for _, e := range encoded {
				if damage = readEntry(e, &ev); damage != nil {
					return
				}
				if s.setFile(&ev, entry); !yield(&ev) {
					return
				}
			}
		}, body)
		return errors.Join(err, damage)
	})
}

// setFile sets the file of an event, whose entry has been read: that of the log, unless
// the record named another one.
func (s *Sorter) setFile(ev *event.Event, entry []byte) {
	if ev.Origin.File == "" {
		ev.Origin.File = s.names[binary.BigEndian.Uint64(entry[8:])]
	}
}

// entries calls take with every entry, in order.
func (s *Sorter) entries(take func(entry []byte) error) (repeated int64, err error) {
	s.busy.Wait()
	if s.err != nil {
		return 0, s.err
	}
	m, err := newMerge(s.runs)
	if err != nil {
		return 0, err
	}
	batches, stop := make(chan []byte, batchesAhead), make(chan struct{})
	go func() {
		defer close(batches)
		m.run(batches, stop)
	}()
	defer func() {
		close(stop)
		for range batches { // until the goroutine has ended
		}
		repeated, err = m.repeated, errors.Join(err, m.err)
	}()
	for batch := range batches {
		for len(batch) > 0 {
			size, n := binary.Uvarint(batch)
			if err := take(batch[n : n+int(size)]); err != nil {
				return 0, err
			}
			batch = batch[n+int(size):]
		}
	}
	return 0, nil
}

// merge is a heap of cursors, the one with the least entry first.
type merge struct {
	heap     []*cursor
	last     []byte // the entry before
	spare    []byte // for that
	repeated int64
	err      error
}

// cursor is a position in a run.
type cursor struct {
	entry  []byte   // nil at the end
	data   []byte   // rest of the current block of a run in memory
	blocks [][]byte // behind it
	reader *bufio.Reader
	buffer []byte
}

func newMerge(runs []run) (*merge, error) {
	m := &merge{}
	for i := range runs {
		reader, err := runs[i].reader()
		if err != nil {
			return nil, fmt.Errorf("temporary file: %w", err)
		}
		c := &cursor{blocks: runs[i].blocks, reader: reader}
		if err := c.next(); err != nil {
			return nil, fmt.Errorf("temporary file: %w", err)
		}
		if c.entry != nil {
			m.heap = append(m.heap, c)
		}
	}
	for i := len(m.heap)/2 - 1; i >= 0; i-- {
		m.down(i)
	}
	return m, nil
}

// run sends the entries in order until there are no more or stop is closed.
func (m *merge) run(batches chan<- []byte, stop <-chan struct{}) {
	batch := make([]byte, 0, batchSize+batchSize/8)
	for len(m.heap) > 0 {
		c := m.heap[0]
		if bytes.Equal(c.entry, m.last) {
			m.repeated++
		} else {
			m.remember(c)
			batch = binary.AppendUvarint(batch, uint64(len(c.entry)))
			batch = append(batch, c.entry...)
		}
		if m.err = c.next(); m.err != nil {
			return
		}
		if c.entry == nil {
			m.heap[0] = m.heap[len(m.heap)-1]
			m.heap = m.heap[:len(m.heap)-1]
		}
		m.down(0)
		if len(batch) < batchSize && len(m.heap) > 0 {
			continue
		}
		select {
		case batches <- batch:
		case <-stop:
			return
		}
		batch = make([]byte, 0, batchSize+batchSize/8)
	}
}

// remember keeps the entry of c, which a cursor of a file uses again.
func (m *merge) remember(c *cursor) {
	if c.reader == nil {
		m.last = c.entry
		return
	}
	m.spare = append(m.spare[:0], c.entry...)
	m.last = m.spare
}

// down restores the order of the heap below i.
func (m *merge) down(i int) {
	for {
		least := 2*i + 1
		if least >= len(m.heap) {
			return
		}
		if right := least + 1; right < len(m.heap) && bytes.Compare(m.heap[right].entry, m.heap[least].entry) < 0 {
			least = right
		}
		if bytes.Compare(m.heap[i].entry, m.heap[least].entry) <= 0 {
			return
		}
		m.heap[i], m.heap[least] = m.heap[least], m.heap[i]
		i = least
	}
}

// next moves to the next entry of the run.
func (c *cursor) next() error {
	if c.reader == nil {
		if len(c.data) == 0 {
			if len(c.blocks) == 0 {
				c.entry = nil
				return nil
			}
			c.data, c.blocks = c.blocks[0], c.blocks[1:]
		}
		size, n := binary.Uvarint(c.data)
		c.entry, c.data = c.data[n:n+int(size)], c.data[n+int(size):]
		return nil
	}
	size, err := binary.ReadUvarint(c.reader)
	if errors.Is(err, io.EOF) {
		c.entry = nil
		return nil
	}
	if err != nil {
		return err
	}
	if uint64(cap(c.buffer)) < size {
		c.buffer = make([]byte, size)
	}
	c.entry = c.buffer[:size]
	_, err = io.ReadFull(c.reader, c.entry)
	return err
}
