package analytics

import (
	"testing"
)

// TestChunksThatBeginAlike checks that chunks of equal length with the same
// beginning are distinguished by the remainder, and that a repeated chunk is
// recognised in either case.
func TestChunksThatBeginAlike(t *testing.T) {
	e := newBenchEngine(t, 1000)
	chunks, _ := iisChunks(t, 100)
	a := chunks[0]
	b := append([]byte(nil), a...)
	b[len(b)-1] ^= 1
	for i, c := range [...]struct {
		chunk    []byte
		repeated uint64
	}{{a, 0}, {b, 0}, {a, 1}, {b, 2}, {a[:len(a)/2], 2}, {a[:100], 2}, {a[:100], 3}, {b, 4}} {
		if e.Observe("iis", c.chunk); e.Stats().RepeatedChunks != c.repeated {
			t.Fatalf("chunk %d: %d repeated, want %d", i, e.Stats().RepeatedChunks, c.repeated)
		}
	}
	if e.Observe("other", a); e.Stats().RepeatedChunks != 4 {
		t.Error("a chunk of another tag is taken for a repeated one")
	}
}
