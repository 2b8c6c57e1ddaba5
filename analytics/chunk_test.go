package analytics

import (
	"fmt"
	"slices"
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

// TestRepeatedRows checks that a failure of the protocol logs counts once when its
// row is delivered twice, at once or later.
func TestRepeatedRows(t *testing.T) {
	const (
		imap = `2026-03-10T08:15:31.500Z,00000000000000AB,3,10.0.0.1:993,203.0.113.9:50000,alice@contoso.com,15,30,30,login,alice@contoso.com *****,"R=""1 NO LOGIN failed.""",`
		smtp = `2026-03-10T08:15:3%d.500Z,EX01\Default Frontend EX01,08DA4F7C11473A60,%d,192.0.2.10:25,198.51.100.7:56026,*,,%s`
	)
	lines := []string{imap, fmt.Sprintf(smtp, 1, 6, "Inbound AUTH LOGIN failed because of LogonDenied"), fmt.Sprintf(smtp, 2, 7, "User Name: bob"), fmt.Sprintf(smtp, 9, 9, "Inbound AUTH LOGIN failed because of LogonDenied"), fmt.Sprintf(smtp, 9, 10, "User Name: bob")}
	var once, twice [][]byte
	for _, l := range lines {
		once, twice = append(once, []byte(l)), append(twice, []byte(l), []byte(l))
	}
	for name, read := range map[string][][]byte{"once": once, "at once": twice, "later": append(slices.Clone(once), once...)} {
		_, e := run(t, standard(), "exchange", chunked(read, 3, asLines))
		if st := e.Stats(); st.Events-st.Duplicates != 3 {
			t.Errorf("%s: %d events, %d of them repeated; want 3 that count", name, st.Events, st.Duplicates)
		}
	}
}
