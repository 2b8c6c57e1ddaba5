package window

import "github.com/hashicorp/golang-lru/v2/simplelru"

// Seen remembers the last so many 64-bit keys: record ids, chunk digests. Two
// different ids meet in one key with a chance of entries/2^64 a look.
type Seen struct {
	keys *simplelru.LRU[uint64, struct{}]
}

// NewSeen remembers at most size keys.
func NewSeen(size int) *Seen {
	keys, _ := simplelru.NewLRU[uint64, struct{}](max(size, 1), nil)
	return &Seen{keys}
}

// Before reports whether key was seen before, and remembers it.
func (s *Seen) Before(key uint64) bool {
	if _, ok := s.keys.Get(key); ok {
		return true
	}
	s.keys.Add(key, struct{}{})
	return false
}

// Forget drops a key, for work that was begun and not done.
func (s *Seen) Forget(key uint64) { s.keys.Remove(key) }
