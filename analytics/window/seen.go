package window

import "github.com/hashicorp/golang-lru/v2/simplelru"

// Seen remembers the last so many 64-bit keys: record ids, chunk digests. Two
// different ids meet in one key with a chance of entries/2^64 a look.
type Seen struct {
	keys    *simplelru.LRU[uint64, struct{}]
	changed map[uint64]bool // key -> still there; nil: nobody asks for changes
}

// NewSeen remembers at most size keys.
func NewSeen(size int) *Seen {
	s := &Seen{}
	s.keys, _ = simplelru.NewLRU(max(size, 1), func(key uint64, _ struct{}) { s.note(key, false) })
	return s
}

// Track makes it remember what changes, for Changes.
func (s *Seen) Track() { s.changed = map[uint64]bool{} }

func (s *Seen) note(key uint64, there bool) {
	if s.changed != nil {
		s.changed[key] = there
	}
}

// Changes yields the keys that came and went since the last call, and forgets
// them.
func (s *Seen) Changes(yield func(key uint64, there bool)) {
	for key, there := range s.changed {
		yield(key, there)
	}
	clear(s.changed)
}

// Before reports whether key was seen before, and remembers it.
func (s *Seen) Before(key uint64) bool {
	if _, ok := s.keys.Get(key); ok {
		return true
	}
	s.keys.Add(key, struct{}{})
	s.note(key, true)
	return false
}
