package analytics

import (
	"math/rand/v2"
	"testing"
)

// TestDigestInPieces holds the digest in pieces against the one of the whole.
func TestDigestInPieces(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	chunk := make([]byte, 100_000)
	for i := range chunk {
		chunk[i] = byte(random.Uint32())
	}
	var d digest
	for range 200 {
		part := chunk[:random.IntN(len(chunk))]
		d.begin("tag")
		for at := 0; at < len(part); at += 1 + random.IntN(30_000) {
			d.lead(part, at)
		}
		if got, want := d.end(part), digestOf("tag", part); got != want {
			t.Fatalf("%d bytes: %x, want %x", len(part), got, want)
		}
	}
}

// Chunks that begin alike and are of one length are told apart by the rest; the
// same one is known by either way.
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
