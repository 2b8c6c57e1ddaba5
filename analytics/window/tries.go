package window

import "redshank/analytics/event"

// JoinWithin is how far apart, in milliseconds, two logs may time one act: IIS
// stamps the end of a request and Security 4625 its middle.
const JoinWithin = 5_000

// Try is one attempt of one account from one client.
type Try struct {
	At      int64    // Unix milliseconds, event time
	Client  [16]byte // the client's key, an address in its 16-byte form
	Key     uint64   // hash of the account; 0 where it is unknown
	Name    string   // canonical account, shared with the account table
	Agent   uint32   // hash of the user agent; 0 where there is none
	Sources uint16   // one bit for each event.Source that told of it
	Reason  event.Reason
	Service event.Service
	Family  event.Family
	Marks   event.Marks
}

// Tries is a short list of tries in event-time order, whatever order they
// arrive in. The zero value is an empty list.
type Tries struct{ list []Try }

// Add puts t in its place, or joins it to the try that it repeats: the same
// account and client at the same time as told by another log. It keeps at most limit
// tries, dropping the oldest, and reports whether t was a new act.
func (s *Tries) Add(t Try, limit int) bool {
	i := len(s.list)
	for ; i > 0 && s.list[i-1].At > t.At; i-- {
	}
	if s.join(t, i) {
		return false
	}
	if len(s.list) >= limit {
		if i == 0 {
			return true // older than all that is kept
		}
		copy(s.list, s.list[1:])
		s.list = s.list[:len(s.list)-1]
		i--
	}
	s.list = append(s.list, Try{})
	copy(s.list[i+1:], s.list[i:])
	s.list[i] = t
	return true
}

// join looks on both sides of place i for an act that another log told.
func (s *Tries) join(t Try, i int) bool {
	for j := i - 1; j >= 0 && t.At-s.list[j].At <= JoinWithin; j-- {
		if s.joinAt(t, j) {
			return true
		}
	}
	for j := i; j < len(s.list) && s.list[j].At-t.At <= JoinWithin; j++ {
		if s.joinAt(t, j) {
			return true
		}
	}
	return false
}

func (s *Tries) joinAt(t Try, j int) bool {
	o := &s.list[j]
	if o.Key == 0 || o.Key != t.Key || o.Client != t.Client || o.Sources&t.Sources != 0 {
		return false
	}
	o.Sources |= t.Sources
	return true
}

// Prune drops the tries older than at.
func (s *Tries) Prune(at int64) {
	i := 0
	for ; i < len(s.list) && s.list[i].At < at; i++ {
	}
	if i > 0 {
		s.list = append(s.list[:0], s.list[i:]...)
	}
}

// All are the tries, oldest first; the slice is the list's own.
func (s *Tries) All() []Try { return s.list }

// Take returns the tries and leaves the list empty.
func (s *Tries) Take() []Try {
	list := s.list
	s.list = nil
	return list
}

// Windows calls f with every maximal run of tries that spans at most length
// milliseconds and holds the one at time at, until f answers true; it reports
// whether f did. In arrival order that is a single run; only a late try, with
// others after it, has several.
func (s *Tries) Windows(at, length int64, f func([]Try) bool) bool {
	end := 0
	for start := range s.list {
		first := s.list[start].At
		if first < at-length {
			continue
		}
		if first > at {
			return false
		}
		before := end
		for end = max(end, start); end < len(s.list) && s.list[end].At <= first+length; end++ {
		}
		if end > before && f(s.list[start:end]) {
			return true
		}
	}
	return false
}
