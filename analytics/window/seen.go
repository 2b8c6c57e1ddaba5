package window

// Seen remembers the latest 64-bit keys: record ids, chunk digests.
type Seen struct{ *Recent[struct{}] }

// NewSeen returns a Seen of at most size keys.
func NewSeen(size int) *Seen { return &Seen{NewRecent[struct{}](size)} }

// Before reports whether key was seen before, and remembers key as the most
// recent.
func (s *Seen) Before(key uint64) bool { return !s.add(key, struct{}{}) }
