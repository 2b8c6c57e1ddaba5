package delivery

import (
	"errors"

	"redshank/analytics/record"
)

const (
	// maxPart bounds what leaves as one chunk, in bytes: in_forward refuses
	// more than 6 MB for ever. A single record may be larger.
	maxPart = 4 << 20
	// maxKeptBuffer is what a stream keeps of its memory from chunk to chunk.
	maxKeptBuffer = 8 << 20
)

// Stream is the way of enriched records. They do not go through the spool:
// they are all the records there are, and the host keeps each chunk until it
// is answered. So Send waits for the sink, and a failure is the host's to
// retry, with the same chunk.
//
// A Stream is used by one goroutine at a time. Its sink may be shared with a
// Sender only where the sink says so.
type Stream struct {
	sink     Sink
	tag      string // before the tag that the records came with, with a dot
	text     []byte
	messages []Message
}

// chunkSink is a sink that takes records as Fluent Bit packs them.
type chunkSink interface {
	DeliverChunk(tag string, records []byte, n int) error
}

// NewStream makes a stream over sink, which stays the caller's to close.
func NewStream(sink Sink, tag string) *Stream { return &Stream{sink: sink, tag: tag} }

// Send takes a chunk of records to the sink: as it is, under a tag of our own
// and theirs, where the sink can; else a line of JSON for each, its time in
// @timestamp unless the record has one. refused records are those that the
// receiver will never take. After an error part of the chunk may be out.
func (s *Stream) Send(tag string, records []byte) (refused int, err error) {
	if to, ok := s.sink.(chunkSink); ok {
		return 0, s.sendChunks(to, s.tag+"."+tag, records)
	}
	return s.sendLines(records)
}

func (s *Stream) sendChunks(to chunkSink, tag string, records []byte) error {
	var r record.Reader
	var rec record.Record
	start, n := 0, 0
	for r.Reset(records); r.Next(&rec); n++ {
		if before := r.At() - len(rec.Raw); n > 0 && r.At()-start > maxPart {
			if err := to.DeliverChunk(tag, records[start:before], n); err != nil {
				return err
			}
			start, n = before, 0
		}
	}
	if start == len(records) {
		return nil
	}
	return to.DeliverChunk(tag, records[start:], n)
}

func (s *Stream) sendLines(records []byte) (refused int, err error) {
	var r record.Reader
	var rec record.Record
	s.text, s.messages = s.text[:0], s.messages[:0]
	if cap(s.text) > maxKeptBuffer {
		s.text = nil
	}
	for r.Reset(records); r.Next(&rec); {
		if len(s.messages) >= MaxBatch || len(s.text) >= maxBatchBytes {
			n, err := s.flush()
			if refused += n; err != nil {
				return refused, err
			}
		}
		start := len(s.text)
		s.text = appendRecord(s.text, &rec)
		// The text may move as it grows; what was cut from it before stays valid.
		s.messages = append(s.messages, Message{JSON: s.text[start:len(s.text):len(s.text)], Time: rec.Time})
	}
	n, err := s.flush()
	return refused + n, err
}

// flush delivers the lines at hand, and passes over those that are refused.
func (s *Stream) flush() (refused int, err error) {
	defer func() { s.text, s.messages = s.text[:0], s.messages[:0] }()
	for rest := s.messages; len(rest) > 0; {
		n, err := s.sink.Deliver(rest)
		rest = rest[n:]
		switch {
		case errors.As(err, new(*Rejected)) && len(rest) > 0:
			rest = rest[1:]
			refused++
		case err != nil:
			return refused, err
		case n == 0:
			return refused, errors.New("sink: took nothing")
		}
	}
	return refused, nil
}
