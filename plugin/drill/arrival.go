package drill

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync"
	"time"
)

// Arrival is what became of one expected incident.
type Arrival struct {
	Incident
	Arrived bool    `json:"arrived"`
	Seconds float64 `json:"seconds,omitempty"` // from the writing of the drill to the arrival
}

// arrivals waits for the alerts of a drill. It is safe for concurrent use.
type arrivals struct {
	drill *Drill

	mu   sync.Mutex
	list []Arrival
	left int
	all  chan struct{} // closed when all have arrived
}

func newArrivals(d *Drill) *arrivals {
	a := &arrivals{drill: d, left: len(d.Expect), all: make(chan struct{})}
	for _, i := range d.Expect {
		a.list = append(a.list, Arrival{Incident: i})
	}
	if a.left == 0 {
		close(a.all)
	}
	return a
}

// take looks for alerts in a text of JSON values, in whatever form a sink or a
// receiver has given them. It ignores everything else.
func (a *arrivals) take(text []byte, at time.Time) {
	if !bytes.Contains(text, []byte(a.drill.Run)) {
		return
	}
	for decoder := json.NewDecoder(bytes.NewReader(text)); ; {
		var doc any
		if err := decoder.Decode(&doc); err != nil {
			return
		}
		if list, ok := doc.([]any); ok {
			for _, one := range list {
				a.takeOne(one, at)
			}
			continue
		}
		a.takeOne(doc, at)
	}
}

// takeOne takes one document: an alert has the run, and names its class or begins a
// title with it.
func (a *arrivals) takeOne(doc any, at time.Time) {
	var texts []string
	collect(doc, &texts)
	has := func(match func(string) bool) bool {
		for _, t := range texts {
			if match(t) {
				return true
			}
		}
		return false
	}
	if !has(func(t string) bool { return strings.Contains(t, string(a.drill.Run)) }) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.list {
		one := &a.list[i]
		title := "Drill: " + strings.ToUpper(one.Class[:1]) + strings.ReplaceAll(one.Class[1:], "_", " ")
		if one.Arrived || !has(func(t string) bool { return t == one.Class || strings.Contains(t, title) }) {
			continue
		}
		one.Arrived, one.Seconds = true, max(0, at.Sub(a.drill.Written).Seconds())
		if a.left--; a.left == 0 {
			close(a.all)
		}
	}
}

// collect appends all texts of a JSON value.
func collect(v any, texts *[]string) {
	switch v := v.(type) {
	case string:
		*texts = append(*texts, v)
	case []any:
		for _, one := range v {
			collect(one, texts)
		}
	case map[string]any:
		for _, one := range v {
			collect(one, texts)
		}
	}
}

// result returns a copy of what has arrived so far.
func (a *arrivals) result() []Arrival {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]Arrival(nil), a.list...)
}

// lines passes the whole lines of a growing text on, one or more at a time.
type lines struct {
	rest []byte
	take func(text []byte, at time.Time)
}

// maxLine bounds a line that is waited for, in bytes.
const maxLine = 4 << 20

// read takes what r has now.
func (l *lines) read(r io.Reader) (n int64, err error) {
	buf := make([]byte, 64<<10)
	for {
		size, err := r.Read(buf)
		n += int64(size)
		l.rest = append(l.rest, buf[:size]...)
		if end := bytes.LastIndexByte(l.rest, '\n'); end >= 0 {
			for line := range bytes.Lines(l.rest[:end+1]) {
				l.take(line, time.Now())
			}
			l.rest = append(l.rest[:0], l.rest[end+1:]...)
		}
		if len(l.rest) > maxLine {
			l.rest = l.rest[:0]
		}
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}
