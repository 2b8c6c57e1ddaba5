package day

import (
	"bufio"
	"cmp"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"redshank/test/world/lines"
)

// Stream is one log file.
type Stream struct {
	Tag  string // tag that an agent would give the file
	Path string // relative to the folder of the day
	JSON bool   // one JSON object a line, otherwise text

	lines []Arrival
}

// Arrival is one line on its way to an agent.
type Arrival struct {
	*Stream
	Text  string
	place int // among the lines of all streams
}

// folders are the paths of the writer with those that the configurations read.
var folders = strings.NewReplacer("exchange/EX01/", "exchange/", "exchange/windows.", "exchange/Security/")

// streams returns the files with the lines that were written.
func (m *maker) streams() (all []*Stream) {
	byPath, place := map[string]*Stream{}, 0
	m.box.Flush(midnight.AddDate(0, 0, 30), func(l lines.Line) bool {
		s := byPath[l.Path]
		if s == nil {
			s = &Stream{Tag: l.Tag, Path: folders.Replace(l.Path), JSON: l.JSON}
			byPath[l.Path] = s
			all = append(all, s)
		}
		place++
		s.lines = append(s.lines, Arrival{s, string(l.Text), place})
		return true
	})
	slices.SortFunc(all, func(a, b *Stream) int { return cmp.Or(cmp.Compare(a.Tag, b.Tag), cmp.Compare(a.Path, b.Path)) })
	return all
}

// Len returns the number of lines.
func (s *Stream) Len() int { return len(s.lines) }

// Text calls yield with each line, in the order of the file.
func (s *Stream) Text(yield func(string) bool) {
	for _, l := range s.lines {
		if !yield(l.Text) {
			return
		}
	}
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

// write writes the file: Windows services end lines with CRLF, collectors with LF.
func (s *Stream) write(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	var text strings.Builder
	for line := range s.Text {
		text.WriteString(line)
		if !s.JSON {
			text.WriteByte('\r')
		}
		text.WriteByte('\n')
	}
	return os.WriteFile(path, []byte(text.String()), 0o644)
}

// Arrivals returns the lines of streams in the order in which they arrive. Lines
// that are flushed at the same time are grouped by tag, as an agent would read them.
func Arrivals(streams []*Stream) (all []Arrival) {
	for _, s := range streams {
		all = append(all, s.lines...)
	}
	slices.SortFunc(all, func(a, b Arrival) int { return a.place - b.place })
	return all
}

// WriteTagged writes all lines as "TAG<tab>text" in the order in which they
// arrive, for a host that plays several sources at once.
func (d *Day) WriteTagged(w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<18)
	for _, a := range Arrivals(d.Streams) {
		out.WriteString(a.Tag)
		out.WriteByte('\t')
		out.WriteString(a.Text)
		out.WriteByte('\n')
	}
	return out.Flush()
}

// Chunks yields tags and chunks of lines as an agent hands them over that reads the
// lines two days later: lines of one tag up to about size bytes, or as many as
// follow one another. A chunk is valid until the next one.
func Chunks(list []Arrival, size int) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		var chunk []byte
		for i, l := range list {
			line := lines.Line{Path: l.Path, JSON: l.JSON, Text: []byte(l.Text)}
			chunk = line.Pack(chunk, Date.AddDate(0, 0, 2))
			if i+1 < len(list) && list[i+1].Tag == l.Tag && len(chunk) < size {
				continue
			}
			if !yield(l.Tag, chunk) {
				return
			}
			chunk = chunk[:0]
		}
	}
}
