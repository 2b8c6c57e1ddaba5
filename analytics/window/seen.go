package window

// Seen remembers the last so many 64-bit keys: record ids, chunk digests.
type Seen struct{ *Recent[struct{}] }

// NewSeen remembers at most size keys.
func NewSeen(size int) *Seen { return &Seen{NewRecent[struct{}](size)} }

// Before reports whether key was seen before, and remembers it as the most
// recent. To add it tells as much as to look it up first, at half the cost.
func (s *Seen) Before(key uint64) bool { return !s.add(key, struct{}{}) }
