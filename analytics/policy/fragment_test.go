package policy

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func TestPieces(t *testing.T) {
	var p searchTexts
	for _, text := range []string{"ab", "abc", "bca", "cc", "\x00\xff"} {
		p.add(text)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		b := make([]byte, random.IntN(8))
		for i := range b {
			b[i] = "abc\x00\xff"[random.IntN(5)]
		}
		want := false
		for _, text := range p.texts {
			want = want || bytes.Contains(b, []byte(text))
		}
		if got := p.in(b); got != want {
			t.Fatalf("%q: %v, want %v", b, got, want)
		}
	}
	if new(searchTexts).in([]byte("anything")) {
		t.Error("no pieces stand in a text")
	}
}
