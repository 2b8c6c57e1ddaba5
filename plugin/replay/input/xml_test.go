package input

import (
	"bufio"
	"slices"
	"strings"
	"testing"
)

// lineCollector keeps the lines of a log.
type lineCollector struct {
	collector
	lines []string
	at    []int64
}

func (c *lineCollector) Line(at int64, text []byte) {
	c.lines, c.at = append(c.lines, string(text)), append(c.at, at)
}

// TestEventsAsXML divides XML at the ends of its events, wherever its line breaks are.
func TestEventsAsXML(t *testing.T) {
	const first, second = "<Event xmlns='x'><Data>a\r\nb</Data></Event>", "<Event><Data>c\n\n</Data></Event>"
	for name, text := range map[string]string{
		"one element around": "<?xml version=\"1.0\"?>\r\n<Events>" + first + second + "</Events>\r\n",
		"none around":        first + "\n" + second + "\n",
		"no line break":      first + second,
		"indented":           "<Events>\n  " + first + "\n  " + second + "\n</Events>",
	} {
		var c lineCollector
		r := &reader{to: &c}
		r.text(name, bufio.NewReader(strings.NewReader(text)))
		if c.err != nil || !slices.Equal(c.lines, []string{first, second}) {
			t.Errorf("%s: %q, %v", name, c.lines, c.err)
			continue
		}
		for i, at := range c.at {
			if !strings.HasPrefix(text[at:], c.lines[i]) {
				t.Errorf("%s: event %d is not at byte %d", name, i, at)
			}
		}
	}
	var cut lineCollector
	r := &reader{to: &cut}
	r.text("cut", bufio.NewReader(strings.NewReader(first+"<Event><Data>half")))
	if !slices.Equal(cut.lines, []string{first, "<Event><Data>half"}) {
		t.Errorf("cut: %q", cut.lines)
	}
}
