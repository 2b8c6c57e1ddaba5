package source

import (
	"github.com/cespare/xxhash/v2"
	"github.com/hashicorp/golang-lru/v2/simplelru"

	"redshank/analytics/event"
)

// Stream is what is remembered of one tag and path: which format its records
// come in, and the columns its last header line named.
type Stream struct {
	format  format
	lines   bool            // its last record was a raw line
	csv     []string        // column names of a CSV export; nil where it is none
	columns [sources]layout // what the last header line of each format named
	w3c     w3cClock        // what gives IIS lines without a date one
	line    w3cLine         // the last IIS line
	logins  []*login        // forms logins posted here, oldest first, decided ones among them

	key       streamKey
	owner     *streams
	headlines map[event.Source]string // the header lines behind columns and csv
}

// headline remembers the header line that a source's columns were read from,
// so that it can be read again after a restart: tail then goes on in the
// middle of the file. event.SourceUnknown stands for a CSV export.
func (s *Stream) headline(of event.Source, line []byte) {
	if s.owner == nil || s.headlines[of] == string(line) {
		return
	}
	if s.headlines == nil {
		s.headlines = map[event.Source]string{}
	}
	s.headlines[of] = string(line)
	s.owner.note(s.key)
}

// maxStreams bounds how many are remembered. A server writes some dozens of
// files at a time; what falls out costs one more search for its format, and
// its header.
const maxStreams = 1024

// streams finds the Stream of a tag and path without allocating. Paths are
// kept as hashes: they stand in the chunk, and may be long.
type streams struct {
	table   *simplelru.LRU[streamKey, *Stream]
	last    [2]*Stream             // of a tag alone, and of a tag and path: each record asks for both
	changed map[streamKey]struct{} // nil: nobody asks for changes
}

func (t *streams) note(key streamKey) {
	if t.changed != nil {
		t.changed[key] = struct{}{}
	}
}

type streamKey struct {
	tag  string
	path uint64 // 0: no path
}

func newStreams() *streams {
	t := &streams{}
	table, err := simplelru.NewLRU(maxStreams, func(key streamKey, _ *Stream) { t.note(key) })
	if err != nil {
		panic("source: stream table: " + err.Error()) // only a size below 1
	}
	t.table = table
	return t
}

// get finds or makes the stream. Records come in runs, so the last one is
// looked at first: the table then costs nothing.
func (t *streams) get(tag string, path []byte) *Stream {
	key, last := streamKey{tag: tag}, &t.last[0]
	if len(path) > 0 {
		key.path, last = xxhash.Sum64(path), &t.last[1]
	}
	if *last == nil || (*last).key != key {
		*last = t.at(key)
	}
	return *last
}

func (t *streams) at(key streamKey) *Stream {
	stream, ok := t.table.Get(key)
	if !ok {
		stream = &Stream{key: key, owner: t}
		t.table.Add(key, stream)
	}
	return stream
}
