package window

// Seen remembers the last so many 64-bit keys: record ids, chunk digests.
type Seen struct{ *Recent[struct{}] }

// NewSeen remembers at most size keys.
func NewSeen(size int) *Seen { return &Seen{NewRecent[struct{}](size)} }

// Before reports whether key was seen before, and remembers it.
func (s *Seen) Before(key uint64) bool {
	if _, ok := s.Get(key); ok {
		return true
	}
	s.Add(key, struct{}{})
	return false
}
