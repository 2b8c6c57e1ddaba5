package source

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/event"
	"redshank/analytics/source/format"
)

// Track makes the set remember what changes in its headlines, for Changes.
func (s *Set) Track() { s.streams.changed = map[streamKey]struct{}{} }

// Changes hands over the header lines of every stream whose lines changed
// since the last call; a nil value says that the stream is forgotten. They are
// kept as lines and not as columns, so that a later version reads them its
// own way.
func (s *Set) Changes(put func(key, value []byte)) {
	for k := range s.streams.changed {
		key := binary.BigEndian.AppendUint64([]byte(k.tag+"\x00"), k.path)
		var value []byte
		if stream, ok := s.streams.table.Peek(k); ok && len(stream.Headlines) > 0 {
			value, _ = msgpack.Marshal(stream.Headlines) // numbers and text
		}
		put(key, value)
	}
	clear(s.streams.changed)
}

// Restore reads the header lines of one stream again.
func (s *Set) Restore(key, value []byte) error {
	if len(key) < 9 || key[len(key)-9] != 0 {
		return fmt.Errorf("stream key of %d bytes", len(key))
	}
	var lines map[event.Source]string
	if err := msgpack.Unmarshal(value, &lines); err != nil {
		return err
	}
	at := len(key) - 8
	s.reread(streamKey{tag: string(key[:at-1]), path: binary.BigEndian.Uint64(key[at:])}, lines)
	return nil
}

// reread reads the header lines of one stream, and counts nothing.
func (s *Set) reread(key streamKey, lines map[event.Source]string) {
	stream := s.streams.at(key)
	before := s.counts
	s.begin(key.tag, time.Time{}, stream)
	s.emit = func(*event.Event) {}
	for _, line := range lines {
		s.openLine([]byte(line), 0)
	}
	s.in, s.at, s.emit, s.counts = format.Input{}, nil, nil, before
}

// Again returns a new set that reads a chunk of this tag a second time without
// changing s: nothing is counted in s, and nothing that s holds of acts that
// come in several rows is used up. It knows the header lines that s knows for
// the tag now, since the chunk may start in the middle of a file. It serves
// one chunk.
func (s *Set) Again(tag string) *Set {
	again := &Set{readers: readers(s.content), streams: newStreams(), content: s.content}
	if len(s.readers) == 1 {
		only := s.readers[0].Source()
		again.readers = slices.DeleteFunc(again.readers, func(f *formatReader) bool { return f.Source() != only })
	}
	for _, key := range s.streams.table.Keys() {
		if stream, ok := s.streams.table.Peek(key); ok && key.tag == tag {
			again.reread(key, stream.Headlines)
		}
	}
	return again
}
