package iis

import (
	"math/rand/v2"
	"strings"
	"testing"

	"redshank/analytics/source/table"
)

const columnsHeader = "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken"

// TestColumnsAreCut holds the cutting of a line against strings.Fields.
func TestColumnsAreCut(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	known := columnsOf(nil).Header(table.HeaderNames([]byte(columnsHeader)), ' ')
	for range 20_000 {
		cells := make([]string, len(known))
		for i := range cells {
			cells[i] = strings.Repeat("abcdefgh!"[random.IntN(9):][:1], 1+random.IntN(20))
		}
		line := []byte(strings.Join(cells, strings.Repeat(" ", 1+random.IntN(50)/49)))
		var w w3cLine
		w.read(line, known)
		r := w3cRow{line, &w.cells}
		for i, slot := range known {
			if slot < table.Slots && string(r.get(int(slot))) != cells[i] {
				t.Fatalf("%s: column %d is %q, want %q", line, i, r.get(int(slot)), cells[i])
			}
		}
	}
}
