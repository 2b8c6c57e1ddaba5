package source

import (
	"hash/maphash"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Stream is what is remembered of one tag and path: which format its records
// come in, and the columns its last header line named.
type Stream struct {
	format  format
	lines   bool            // its last record was a raw line
	csv     []string        // column names of a CSV export; nil where it is none
	columns [sources]layout // what the last header line of each format named
	w3c     w3cClock        // what gives IIS lines without a date one
	logins  []*login        // forms logins posted here, oldest first, decided ones among them
}

// maxStreams bounds how many are remembered. A server writes some dozens of
// files at a time; what falls out costs one more search for its format, and
// its header.
const maxStreams = 1024

// streams finds the Stream of a tag and path without allocating. Paths are
// kept as hashes: they stand in the chunk, and may be long.
type streams struct {
	seed    maphash.Seed
	table   *simplelru.LRU[streamKey, *Stream]
	last    streamKey
	current *Stream
}

type streamKey struct {
	tag  string
	path uint64 // 0: no path
}

func newStreams() *streams {
	table, err := simplelru.NewLRU[streamKey, *Stream](maxStreams, nil)
	if err != nil {
		panic("source: stream table: " + err.Error()) // only a size below 1
	}
	return &streams{seed: maphash.MakeSeed(), table: table}
}

// get finds or makes the stream. Records come in runs, so the last one is
// looked at first: the table then costs nothing.
func (t *streams) get(tag string, path []byte) *Stream {
	key := streamKey{tag: tag}
	if len(path) > 0 {
		key.path = maphash.Bytes(t.seed, path)
	}
	if t.current != nil && key == t.last {
		return t.current
	}
	stream, ok := t.table.Get(key)
	if !ok {
		stream = new(Stream)
		t.table.Add(key, stream)
	}
	t.last, t.current = key, stream
	return stream
}
