package format

import (
	"redshank/analytics/event"
	"redshank/analytics/source/table"
)

// Stream is what the formats remember of one tag and path: the columns that the
// last header line of each named, and what else a format keeps between the lines
// of a file. The zero Stream is ready for use.
type Stream struct {
	// Columns are the columns that the last header line of each source named,
	// nil if none was seen.
	Columns [event.Sources]table.Layout
	// Memory is what each format keeps of the stream, of a type of its own.
	Memory [event.Sources]any

	Headlines map[event.Source]string // the header lines behind the columns
	Changed   func()                  // called when Headlines changes; nil: nobody asks
}

// Headline remembers the header line that the columns of a source were read
// from, so that the line can be read again after a restart: tail then goes on in
// the middle of the file. event.SourceUnknown stands for a CSV export.
func (s *Stream) Headline(of event.Source, line []byte) {
	if s.Changed == nil || s.Headlines[of] == string(line) {
		return
	}
	if s.Headlines == nil {
		s.Headlines = map[event.Source]string{}
	}
	s.Headlines[of] = string(line)
	s.Changed()
}
