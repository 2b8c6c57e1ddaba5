package policy

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// slowFold is what foldOperation promises, written down plainly.
func slowFold(name []byte) string {
	name = bytes.Trim(name[:min(len(name), maxOperation)], " .\u00a0")
	var folded strings.Builder
	for _, part := range strings.SplitAfter(string(name), "\u2013") {
		text, dash := strings.CutSuffix(part, "\u2013")
		for _, c := range []byte(text) {
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			folded.WriteByte(c)
		}
		if dash {
			folded.WriteByte('-')
		}
	}
	return folded.String()
}

func TestFoldOperation(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	pieces := []string{" ", ".", "A", "z", "Z", "-", "\u2013", "\u00a0", "\xe2", "\x80", "\x93", "\xc2", "\xa0", "@", "["}
	for range 50_000 {
		var name []byte
		for range random.IntN(8) {
			name = append(name, pieces[random.IntN(len(pieces))]...)
		}
		if got, want := string(foldOperation(nil, name)), slowFold(name); got != want {
			t.Fatalf("%q: %q, want %q", name, got, want)
		}
	}
	long := []byte(" " + strings.Repeat("Ab.", 100))
	if got, want := string(foldOperation(nil, long)), slowFold(long); got != want {
		t.Errorf("long: %q, want %q", got, want)
	}
}
