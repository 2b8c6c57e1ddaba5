package analytics

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	synthetic "redshank/test/day"
)

// TestAllocationBudget reads the ordinary lines of every log of the synthetic
// day again and again. Through source, policy and analytics a record that
// raises nothing allocates nothing, whether it comes as a line, as a map or as
// JSON in a string. Logins that are held until their answer comes, and
// failures, may: the mail protocols of that day have some among few lines.
func TestAllocationBudget(t *testing.T) {
	const records, headers = 500, 6
	for _, s := range synthetic.New(synthetic.Options{Records: 20_000}).Streams {
		var lines [][]byte
		for text := range s.Text {
			if lines = append(lines, []byte(text)); len(lines) == records {
				break
			}
		}
		shapes := map[string]func([]byte) any{"line": asLines}
		if s.JSON {
			shapes["map"] = asMap
		}
		for shape, pack := range shapes {
			e := newBenchEngine(t, 10_000)
			e.Observe(s.Tag, chunked(lines, records, pack)[0])
			chunk := chunked(lines[headers:], records, pack)[0]
			n := uint32(0)
			read := func() {
				n++
				binary.BigEndian.PutUint32(chunk[8:], n) // nanoseconds: no chunk that was read before
				e.Observe(s.Tag, chunk)
			}
			read()
			budget := 8.0 // its digest is remembered, and a full list of attempts gets a new array now and then
			if holdsLogins(s.Tag) {
				budget += float64(len(lines)) / 5 // two for a conversation of about ten lines
			}
			if got := testing.AllocsPerRun(10, read); got > budget {
				t.Errorf("%s %s as %s: %v allocations for %d records", s.Tag, s.Path, shape, got, len(lines))
			}
		}
	}
}

func holdsLogins(tag string) bool {
	return slices.ContainsFunc([]string{"exchange.iis", "exchange.imap", "exchange.smtp"}, func(prefix string) bool {
		return strings.HasPrefix(tag, prefix)
	})
}
