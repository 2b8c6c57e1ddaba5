package ascii

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestBegins holds begins against a comparison byte by byte, on texts that
// differ in nothing, in case, in one bit, and at every place.
func TestBegins(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	slow := func(b []byte, text string) bool {
		if len(b) < len(text) {
			return false
		}
		for i, c := range b[:len(text)] {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			if c != text[i] {
				return false
			}
		}
		return true
	}
	const signs = "abcdefghijklmnopqrstuvwxyz0123456789-_./:@[]% "
	equal := 0
	for range 200_000 {
		var text strings.Builder
		for range random.IntN(40) {
			text.WriteByte(signs[random.IntN(len(signs))])
		}
		b := []byte(text.String() + strings.Repeat("x", random.IntN(3)))
		for i := range b {
			if random.IntN(2) == 0 {
				b[i] = strings.ToUpper(string(b[i : i+1]))[0]
			}
		}
		if len(b) > 0 && random.IntN(2) == 0 {
			b[random.IntN(len(b))] ^= 1 << random.IntN(8)
		}
		got, want := HasPrefix(b, text.String()), slow(b, text.String())
		if got != want {
			t.Fatalf("begins(%q, %q) = %v, want %v", b, text.String(), got, want)
		}
		if got {
			equal++
		}
	}
	if equal < 50_000 || equal > 150_000 {
		t.Errorf("%d of 200,000 begin so: too few cases of one kind", equal)
	}
}
