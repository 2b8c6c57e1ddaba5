package source

import (
	"encoding/binary"
	"fmt"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/event"
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
		if stream, ok := s.streams.table.Peek(k); ok && len(stream.headlines) > 0 {
			value, _ = msgpack.Marshal(stream.headlines) // numbers and text
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
	stream := s.streams.at(streamKey{tag: string(key[:at-1]), path: binary.BigEndian.Uint64(key[at:])})
	before := s.counts
	s.in = Input{Tag: stream.key.tag, Stream: stream, scratch: &s.scratch}
	s.emit = func(*event.Event) {}
	for _, line := range lines {
		s.openLine([]byte(line), 0)
	}
	s.in, s.emit, s.counts = Input{}, nil, before
	return nil
}
