package source

import (
	"fmt"
	"slices"
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

// readChunks returns what a set makes of chunks that lie in the same memory, one
// after the other, as the host's do.
func readChunks(t testing.TB, shared bool, chunks ...[]byte) (events []seen, counts Counts, reader record.Reader) {
	s, err := New(Auto, testContent)
	if err != nil {
		t.Fatal(err)
	}
	if shared {
		reader.Index = s.Index()
	}
	var memory []byte
	var rec record.Record
	for _, chunk := range chunks {
		memory = append(memory[:0], chunk...)
		reader.Reset(memory)
		for reader.Next(&rec) {
			s.Decode("tag", &rec, func(ev *event.Event) { events = append(events, see(ev)) })
		}
	}
	return events, s.Counts(), reader
}

// sameShared reports whether it matters that the reader has indexed the bodies.
func sameShared(t *testing.T, chunks ...[]byte) {
	t.Helper()
	shared, counts, reader := readChunks(t, true, chunks...)
	alone, want, plain := readChunks(t, false, chunks...)
	if !slices.Equal(shared, alone) || counts != want || reader.Bad != plain.Bad || reader.Lost != plain.Lost {
		t.Fatalf("with a shared index %d events, %+v; without %d, %+v", len(shared), counts, len(alone), want)
	}
}

// mixedChunk has records of all cloud formats, as maps and in wrappers, in the
// forms of Fluent Bit 1 and 2; sound ones follow on damaged ones.
func mixedChunk(t testing.TB, salt int) (chunk []byte) {
	for i, c := range cloudSamples {
		for _, text := range []string{c.text, `{"records":[` + c.text + "," + c.text + `]}`, fmt.Sprintf(`{"log":%q,"path":"/a"}`, c.text), `{"a":1}`} {
			body := native(t, text).Body
			switch (i + salt) % 3 {
			case 0:
				chunk = append(chunk, "\x92\x92\xd7\x00\x6a\x00\x00\x00\x00\x00\x00\x00\x80"...)
			case 1:
				chunk = append(chunk, "\x92\x92\xd7\x00\x6a\x00\x00\x00\x00\x00\x00\x00\xdf\x00\x00\x00\x00"...)
			default:
				chunk = append(chunk, "\x92\xd7\x00\x6a\x00\x00\x00\x00\x00\x00\x00"...)
			}
			chunk = append(chunk, body...)
		}
		chunk = append(chunk, 0xc1, 0x01)
	}
	return chunk
}

func TestSharedIndex(t *testing.T) {
	var chunks [][]byte
	for salt := range 3 {
		chunks = append(chunks, mixedChunk(t, salt))
	}
	sameShared(t, chunks...)
	events, _, _ := readChunks(t, true, chunks...)
	if want := 3 * len(cloudSamples) * 4; len(events) != want {
		t.Errorf("%d events, want %d", len(events), want)
	}
	for cut := 0; cut < len(chunks[0]); cut += 997 {
		sameShared(t, chunks[0][:cut], chunks[1][cut/2:], chunks[0])
	}
}

func FuzzSharedIndex(f *testing.F) {
	f.Add(mixedChunk(f, 0), mixedChunk(f, 1))
	f.Add([]byte("\x92\x92\xd7\x00\x6a\x00\x00\x00\x00\x00\x00\x00\x80\x81\xa9Operation\xa4Send"), []byte{})
	f.Fuzz(func(t *testing.T, a, b []byte) { sameShared(t, a, b, a) })
}

// The host reuses the memory of a chunk for the next one, so an index of the previous
// chunk must not be used. A line that follows another one of its file has no index.
func TestIndexOfMemoryThatIsUsedAgain(t *testing.T) {
	s, err := New(Auto, testContent)
	if err != nil {
		t.Fatal(err)
	}
	memory := make([]byte, 4096)
	n := copy(memory, native(t, `{"log":"no format knows this"}`).Body)
	line := record.Value(memory[:n]).Get("log").Bytes()
	events := 0
	emit := func(*event.Event) { events++ }
	for _, again := range []bool{false, true} {
		s.Decode("tag", &record.Record{Body: memory[:n:n], Line: line, Again: again}, emit)
	}
	n = copy(memory, native(t, sampleMailAccess).Body)
	s.Decode("tag", &record.Record{Body: memory[:n:n]}, emit)
	if counts := s.Counts(); events != 1 || counts[event.UAL][format.Understood] != 1 {
		t.Errorf("%d events, %+v", events, counts)
	}
}
