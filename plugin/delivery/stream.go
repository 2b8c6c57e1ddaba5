package delivery

import (
	"errors"

	"redshank/analytics/record"
)

const (
	// maxPart bounds one sent chunk, in bytes: in_forward refuses more than 6 MB.
	// A single record may be larger.
	maxPart = 4 << 20
	// maxKeptBuffer is the most memory that a stream keeps between chunks, in
	// bytes.
	maxKeptBuffer = 8 << 20
)

// Stream sends enriched records. They bypass the spool, since the host keeps
// every chunk until the flush of the chunk is answered: Send waits for the sink,
// and after a failure the host sends the same chunk again.
//
// A Stream is used by one goroutine at a time. It may share a file or stdout sink
// with a Sender.
type Stream struct {
	sink     Sink
	tag      string // put before the tag of the records, with a dot
	text     []byte
	messages []Message
}

// chunkSink is a sink that accepts records as Fluent Bit packs them.
type chunkSink interface {
	DeliverChunk(tag string, records []byte, n int) error
}

// NewStream returns a stream over sink. The caller closes the sink.
func NewStream(sink Sink, tag string) *Stream { return &Stream{sink: sink, tag: tag} }

// Send sends a chunk of records. A sink that accepts chunks gets the records as
// they are, under the tag of the stream and their own; any other sink gets one
// line of JSON for each record, with its time in @timestamp unless the record has
// that field. refused is the number of records that the receiver will never
// accept. After an error part of the chunk may have been sent.
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
		// The text may move as it grows; earlier messages keep the old array.
		s.messages = append(s.messages, Message{JSON: s.text[start:len(s.text):len(s.text)], Time: rec.Time})
	}
	n, err := s.flush()
	return refused + n, err
}

// flush delivers the collected lines and skips those that are refused.
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
			return refused, errors.New("sink: accepted no message")
		}
	}
	return refused, nil
}
