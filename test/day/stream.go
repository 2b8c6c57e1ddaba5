package day

import (
	"bufio"
	"cmp"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Stream is one log file.
type Stream struct {
	Tag  string // tag that an agent would give the file
	Path string // relative to the folder of the day
	JSON bool   // one JSON object a line, otherwise text

	rows []row
}

// row is one line and the time at which it reached the file, which for a cloud log
// is long after the event.
type row struct {
	at, arrives time.Time
	seq         int
	text        string
}

func (r row) compare(o row) int {
	return cmp.Or(r.arrives.Compare(o.arrives), r.at.Compare(o.at), cmp.Compare(r.seq, o.seq))
}

func (s *Stream) sort() { slices.SortFunc(s.rows, row.compare) }

// Len returns the number of lines.
func (s *Stream) Len() int { return len(s.rows) }

// Text calls yield with each line, in the order of the file.
func (s *Stream) Text(yield func(string) bool) {
	for _, r := range s.rows {
		if !yield(r.text) {
			return
		}
	}
}

// stream returns the file, and creates it if necessary. A new file starts with
// header, written at the time started, which must be before all other lines.
func (m *maker) stream(tag, path string, started time.Time, header ...string) *Stream {
	s := m.streams[path]
	if s == nil {
		s = &Stream{Tag: tag, Path: path}
		m.streams[path] = s
		for _, h := range header {
			m.add(s, started, started, h)
		}
	}
	return s
}

// add appends a line of an event at one time that was written at another.
func (m *maker) add(s *Stream, at, arrives time.Time, text string) {
	m.seq++
	s.rows = append(s.rows, row{at, arrives, m.seq, text})
}

// json adds v as one line of JSON. Angle brackets are not escaped, as in the logs of
// the services.
func (m *maker) json(s *Stream, at, arrives time.Time, v any) {
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // v is always a struct of this package
	}
	s.JSON = true
	m.add(s, at, arrives, strings.TrimSuffix(text.String(), "\n"))
}

// flushed returns when a writer that flushes at a fixed interval writes an event of
// time t.
func flushed(t time.Time, every time.Duration) time.Time {
	return t.Truncate(every).Add(every)
}

// Write writes every file below dir, which it creates.
func (d *Day) Write(dir string) error {
	for _, s := range d.Streams {
		if err := s.write(filepath.Join(dir, filepath.FromSlash(s.Path))); err != nil {
			return err
		}
	}
	return nil
}

func (s *Stream) write(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<18)
	for _, r := range s.rows {
		// bufio.Writer keeps an error for Flush.
		w.WriteString(r.text)
		w.WriteString(s.lineEnd())
	}
	return cmp.Or(w.Flush(), f.Close())
}

// lineEnd returns the line end of the log: Windows services write CRLF, collectors
// LF.
func (s *Stream) lineEnd() string {
	if s.JSON {
		return "\n"
	}
	return "\r\n"
}

// Arrival is one line on its way to an agent.
type Arrival struct {
	Stream *Stream
	Text   string
}

// Arrivals returns the lines of streams in the order in which they arrive. Lines
// that are flushed at the same time are grouped by tag, as an agent would read them.
func Arrivals(streams []*Stream) []Arrival {
	type line struct {
		row
		*Stream
	}
	var all []line
	for _, s := range streams {
		for _, r := range s.rows {
			all = append(all, line{r, s})
		}
	}
	slices.SortFunc(all, func(a, b line) int {
		return cmp.Or(a.arrives.Compare(b.arrives), cmp.Compare(a.Tag, b.Tag), a.row.compare(b.row))
	})
	out := make([]Arrival, len(all))
	for i, l := range all {
		out[i] = Arrival{l.Stream, l.text}
	}
	return out
}

// WriteTagged writes all lines as "TAG<tab>text" in the order in which they
// arrive, for a host that plays several sources at once.
func (d *Day) WriteTagged(w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<18)
	for _, a := range Arrivals(d.Streams) {
		out.WriteString(a.Stream.Tag)
		out.WriteByte('\t')
		out.WriteString(a.Text)
		out.WriteByte('\n')
	}
	return out.Flush()
}
