package source

import (
	"bytes"

	"github.com/cespare/xxhash/v2"
	"github.com/hashicorp/golang-lru/v2/simplelru"

	"redshank/analytics/event"
	"redshank/analytics/source/format"
)

// streamState is what the set remembers of one tag and path beside what the formats
// do.
type streamState struct {
	format.Stream
	reader   *formatReader // of the last record
	lines    bool          // the last record was a raw line
	csv      csvColumns    // of a CSV export
	unneeded int           // number of the log in unneededLogs, counted from 1; 0: none
	tried    triedShapes   // maps whose keys were restored
	key      streamKey
	file     string // path of the file, see event.FileName; empty: not known
}

// maxStreams bounds how many streams are remembered. A server writes some dozens
// of files at a time; a stream that is evicted costs one more search for its
// format, and its header.
const maxStreams = 1024

// streams finds the stream of a tag and path without allocating. Paths are
// kept as hashes: they stand in the chunk, and may be long.
type streams struct {
	table   *simplelru.LRU[streamKey, *streamState]
	last    [2]*streamState        // of a tag alone, and of a tag and path: each record asks for both
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
	table, err := simplelru.NewLRU(maxStreams, func(key streamKey, _ *streamState) { t.note(key) })
	if err != nil {
		panic("source: stream table: " + err.Error()) // only a size below 1
	}
	t.table = table
	return t
}

// get returns the stream of a tag and path, which it makes at the first call.
// Records come in runs, so that the last stream is compared first.
func (t *streams) get(tag string, path []byte) *streamState {
	key, last := streamKey{tag: tag}, &t.last[0]
	if len(path) > 0 {
		key.path, last = xxhash.Sum64(path), &t.last[1]
	}
	if *last == nil || (*last).key != key {
		*last = t.at(key)
		if len(path) > 0 && (*last).file == "" {
			(*last).file = event.FileName(path)
		}
	}
	return *last
}

func (t *streams) at(key streamKey) *streamState {
	s, ok := t.table.Get(key)
	if !ok {
		s = &streamState{key: key}
		s.Changed = func() { t.note(key) }
		t.table.Add(key, s)
	}
	return s
}

// skipUnneeded prepares for the rows behind a header line: those of a log that no analytic
// needs are ignored until the header of another log.
func (s *streamState) skipUnneeded(header []byte) {
	switch kind, found := unneededLog(header); {
	case found:
		s.unneeded = kind + 1
		s.Headline(event.SourceUnknown, header)
	case bytes.HasPrefix(header, logType) || bytes.HasPrefix(header, softwareLine):
		s.unneeded = 0
	}
}
