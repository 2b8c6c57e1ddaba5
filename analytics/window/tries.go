package window

import "redshank/analytics/event"

// JoinWithin is how far apart, in milliseconds, two logs may time one act: IIS
// stamps the end of a request and Security 4625 its middle.
const JoinWithin = 5_000

// Try is one attempt of one account from one client.
type Try struct {
	At      int64    // Unix milliseconds, event time
	Client  [16]byte // the client's whole address in its 16-byte form
	Key     uint64   // hash of the account; 0 where it is unknown
	Name    string   // canonical account, shared with the account table
	Agent   uint32   // hash of the user agent; 0 where there is none
	Sources uint16   // one bit for each event.Source that told of it
	Marks   event.Marks
	Reason  event.Reason
	Service event.Service
	Family  event.Family
	GotIn   bool // the account got in, with this try or soon after it
}

// Merge takes over what another log knows better of the same act: whether the
// account exists, and which service of the mail system it was tried at.
func (o *Try) Merge(t Try) {
	o.Sources |= t.Sources
	o.Marks |= t.Marks
	if o.Key == 0 {
		o.Key, o.Name = t.Key, t.Name
	}
	if Exacter(t.Reason, o.Reason) {
		o.Reason = t.Reason
	}
	if o.Service == event.Windows || o.Service == event.ServiceUnknown {
		o.Service = t.Service
	}
}

// Exacter tells whether reason a says more than b: most logs know no more than
// that the password was wrong.
func Exacter(a, b event.Reason) bool {
	vague := func(r event.Reason) bool {
		return r == event.ReasonNone || r == event.OtherReason || r == event.WrongPassword
	}
	return vague(b) && !vague(a) || (b == event.ReasonNone || b == event.OtherReason) && a == event.WrongPassword
}

// Tries is a short list of tries in event-time order, whatever order they
// arrive in. The zero value is an empty list.
type Tries struct{ list []Try }

// TriesOf makes a list of tries that are in order already.
func TriesOf(list []Try) Tries { return Tries{list} }

// Fate is what became of a try that was added.
type Fate uint8

// A try is New, or Joined to one that another log has told of already; Named,
// where that one's log did not say which account it was.
const (
	New Fate = iota
	Joined
	Named
)

// Add puts t in its place, or joins it to the try that it repeats: the same
// client and account at the same time, as told by another log. Of the Windows
// and SMTP logs of one failed sign-in one has the account and another not. It
// keeps at most limit tries and drops the oldest.
func (s *Tries) Add(t Try, limit int) Fate {
	i := len(s.list)
	for ; i > 0 && s.list[i-1].At > t.At; i-- {
	}
	if fate := s.join(t, i); fate != New {
		return fate
	}
	if len(s.list) >= limit {
		if i == 0 {
			return New // older than all that is kept
		}
		copy(s.list, s.list[1:])
		s.list = s.list[:len(s.list)-1]
		i--
	}
	if len(s.list) == cap(s.list) && len(s.list) < 16 {
		// Most lists stay short and there are very many: by doubling, a third of
		// what they take would be empty.
		s.list = append(make([]Try, 0, len(s.list)+1+len(s.list)/4), s.list...)
	}
	s.list = append(s.list, Try{})
	copy(s.list[i+1:], s.list[i:])
	s.list[i] = t
	return New
}

// join looks on both sides of place i for an act that another log told: first
// of the same account, then of one that is not named on one side.
func (s *Tries) join(t Try, i int) Fate {
	from, to := i, i
	for ; from > 0 && t.At-s.list[from-1].At <= JoinWithin; from-- {
	}
	for ; to < len(s.list) && s.list[to].At-t.At <= JoinWithin; to++ {
	}
	for j := to - 1; j >= from; j-- {
		if o := &s.list[j]; o.Key == t.Key && o.other(t) {
			o.Merge(t)
			return Joined
		}
	}
	for j := to - 1; j >= from; j-- {
		o := &s.list[j]
		switch {
		case !o.other(t) || o.Key != 0 && t.Key != 0:
			continue
		case t.Key == 0:
			o.Merge(t)
			return Joined
		}
		o.Merge(t)
		return Named
	}
	return New
}

// other tells whether t is of the same client and of logs that o is not of.
func (o *Try) other(t Try) bool { return o.Client == t.Client && o.Sources&t.Sources == 0 }

// Forgive marks the tries of an account in a span of time, and reports whether
// there were any.
func (s *Tries) Forgive(key uint64, from, to int64) (any bool) {
	for i := range s.list {
		if t := &s.list[i]; t.Key == key && t.At >= from && t.At <= to && !t.GotIn {
			t.GotIn, any = true, true
		}
	}
	return any
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
