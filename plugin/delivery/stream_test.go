package delivery

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
)

// lineSink keeps the messages it receives. It returns the errors of errs in order,
// each after accepting one message.
type lineSink struct {
	got  []string
	errs []error
}

func (s *lineSink) Deliver(messages []Message) (int, error) {
	for i, m := range messages {
		if i == 1 && len(s.errs) > 0 {
			err := s.errs[0]
			s.errs = s.errs[1:]
			return i, err
		}
		s.got = append(s.got, string(m.JSON))
	}
	return len(messages), nil
}

func (s *lineSink) Close() error { return nil }

// partSink takes chunks.
type partSink struct {
	lineSink
	tags  []string
	parts [][]byte
	count int
	fail  error
}

func (s *partSink) DeliverChunk(tag string, records []byte, n int) error {
	s.tags, s.parts, s.count = append(s.tags, tag), append(s.parts, bytes.Clone(records)), s.count+n
	return s.fail
}

func records(t *testing.T, n, size int) []byte {
	var chunk []byte
	for i := range n {
		chunk = append(chunk, packedRecord(t, map[string]any{"n": i, "log": strings.Repeat("x", size)})...)
	}
	return chunk
}

func TestStreamLines(t *testing.T) {
	s := &lineSink{}
	stream := NewStream(s, "own")
	for round := range 2 {
		if refused, err := stream.Send("tag", records(t, 500, 3000)); err != nil || refused != 0 {
			t.Fatal(refused, err)
		}
		for i, line := range s.got {
			var doc struct{ N int }
			if err := json.Unmarshal([]byte(line), &doc); err != nil || doc.N != i%500 || len(line) < 3000 {
				t.Fatalf("line %d: %v %.80s", i, err, line)
			}
		}
		if len(s.got) != 500*(round+1) {
			t.Errorf("%d lines", len(s.got))
		}
	}
}

func TestStreamRefusedAndFailed(t *testing.T) {
	s := &lineSink{errs: []error{&Rejected{errors.New("no")}, errors.New("away")}}
	refused, err := NewStream(s, "own").Send("tag", records(t, 6, 1))
	if refused != 1 || err == nil || len(s.got) != 2 {
		t.Errorf("refused %d, %v, delivered %v", refused, err, s.got)
	}
	if _, err := NewStream(&partSink{fail: errors.New("away")}, "own").Send("tag", records(t, 1, 1)); err == nil {
		t.Error("failure not reported")
	}
}

func TestStreamChunks(t *testing.T) {
	for _, c := range []struct{ n, size, parts int }{{0, 0, 0}, {3, 10, 1}, {9, 1 << 20, 3}, {2, maxPart + 1, 2}} {
		s := &partSink{}
		chunk := records(t, c.n, c.size)
		if _, err := NewStream(s, "own").Send("m365.audit", chunk); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(bytes.Join(s.parts, nil), chunk) || s.count != c.n || len(s.parts) != c.parts {
			t.Errorf("%+v: %d records in %d parts", c, s.count, len(s.parts))
		}
		if slices.ContainsFunc(s.tags, func(tag string) bool { return tag != "own.m365.audit" }) {
			t.Error(s.tags)
		}
	}
}
