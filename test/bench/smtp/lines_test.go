package smtp

import (
	"bytes"
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	const failures = 1000
	var text bytes.Buffer
	if err := Write(&text, failures); err != nil {
		t.Fatal(err)
	}
	rows, alone, addresses, previous := 0, 0, map[string]bool{}, ""
	for line := range strings.Lines(text.String()) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		rows++
		cells := strings.Split(line, ",")
		addresses[strings.Split(cells[5], ":")[0]] = true
		if strings.HasSuffix(line, ",>,"+refused+",\n") {
			alone++
		}
		if cells[0] < previous {
			t.Errorf("%s after %s", cells[0], previous)
		}
		previous = cells[0]
	}
	if rows != 4*failures || alone != failures || len(addresses) != failures*97/100 {
		t.Errorf("%d rows, %d replies, %d addresses", rows, alone, len(addresses))
	}
}
