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

// Stream is one log file as it lies on disk.
type Stream struct {
	Tag  string // tag an agent would give it
	Path string // relative to the folder of the day
	JSON bool   // one JSON object a line, else text

	rows []row
}

// row is one line and when it reached the file, which for a cloud log is long
// after it happened.
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

// stream finds or makes the file; a new one starts with header, written when
// the file was started, which must be before everything else in it.
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

// add appends a line that happened at one time and was written at another.
func (m *maker) add(s *Stream, at, arrives time.Time, text string) {
	m.seq++
	s.rows = append(s.rows, row{at, arrives, m.seq, text})
}

// json adds v as one line of JSON. Angle brackets stay as they are, as the
// services write them.
func (m *maker) json(s *Stream, at, arrives time.Time, v any) {
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // only this package's own structs come here
	}
	s.JSON = true
	m.add(s, at, arrives, strings.TrimSuffix(text.String(), "\n"))
}

// flushed is when a buffered writer that empties every so often writes what
// happened at t.
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
		// Errors stick in the writer and come out of Flush.
		w.WriteString(r.text)
		w.WriteString(s.lineEnd())
	}
	return cmp.Or(w.Flush(), f.Close())
}

// lineEnd is what the writer of the log ends its lines with: Windows services
// write CRLF, collectors LF.
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

// Arrivals returns the lines of streams in the order in which they arrive.
// What is flushed at the same moment stays together by tag, as an agent would
// read it.
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
