package window

import "redshank/analytics/event"

// JoinWithin is how far apart, in milliseconds, two logs may time one act: IIS
// stamps the end of a request and Security 4625 its middle.
const JoinWithin = 5_000

// Try is one attempt of one account from one client.
type Attempt struct {
	At        int64    // Unix milliseconds, event time
	Client    [16]byte // the client's whole address in its 16-byte form
	Key       uint64   // hash of the account; 0 where it is unknown
	Name      string   // canonical account, shared with the account table
	Agent     uint32   // hash of the user agent; 0 where there is none
	Tool      uint32   // hash of the agent without its version numbers, and of the application
	Sources   uint16   // one bit for each event.Source that told of it
	Marks     event.Marks
	Reason    event.Reason
	Service   event.Service
	Family    event.Family
	Succeeded bool // the account got in, with this try or soon after it
}

// Merge takes over what another log knows better of the same act: whether the
// account exists, and which service of the mail system it was tried at.
func (o *Attempt) Merge(t Attempt) {
	o.Sources |= t.Sources
	o.Marks |= t.Marks
	if o.Key == 0 {
		o.Key, o.Name = t.Key, t.Name
	}
	if MoreSpecific(t.Reason, o.Reason) {
		o.Reason = t.Reason
	}
	if o.Agent == 0 {
		o.Agent, o.Family = t.Agent, t.Family
	}
	if !NamesTool(o.Tool) {
		o.Tool = t.Tool
	}
	if o.Service == event.Windows || o.Service == event.ServiceUnknown {
		o.Service = t.Service
	}
}

// ToolNamed is set in the tool of an attempt whose log names a user agent or
// an application; without it the tool stands for the service alone.
const ToolNamed = 1 << 31

// NamesTool reports whether a tool is more than a service.
func NamesTool(tool uint32) bool { return tool&ToolNamed != 0 }

// Exacter tells whether reason a says more than b: most logs know no more than
// that the password was wrong.
func MoreSpecific(a, b event.Reason) bool {
	vague := func(r event.Reason) bool {
		return r == event.ReasonNone || r == event.OtherReason || r == event.WrongPassword
	}
	return vague(b) && !vague(a) || (b == event.ReasonNone || b == event.OtherReason) && a == event.WrongPassword
}

// Tries is a short list of tries in event-time order, whatever order they
// arrive in. The zero value is an empty list.
type Attempts struct{ list []Attempt }

// TriesOf makes a list of tries that are in order already.
func AttemptsOf(list []Attempt) Attempts { return Attempts{list} }

// Fate is what became of a try that was added.
type AddResult uint8

// A try is New, or Joined to one that another log has told of already; Refined,
// where that one's log did not say with which program, and Named, where it did
// not say which account it was.
const (
	New AddResult = iota
	Joined
	Refined
	Identified
)

// Add puts t in its place, or joins it to the try that it repeats: the same
// client and account at the same time, as told by another log. Of the Windows
// and SMTP logs of one failed sign-in one has the account and another not. It
// keeps at most limit tries and drops the oldest.
func (s *Attempts) Add(t Attempt, limit int) AddResult {
	all := s.All()
	i := len(all)
	for ; i > 0 && all[i-1].At > t.At; i-- {
	}
	if fate := join(all, &t, i); fate != New {
		return fate
	}
	late := len(all) - i
	if len(all) >= limit {
		if i == 0 {
			return New // older than all that is kept
		}
		s.list = s.list[1:]
	}
	s.insert(&t, late, limit)
	return New
}

// insert puts t before the last few.
func (s *Attempts) insert(t *Attempt, late, limit int) {
	n := len(s.list)
	if n == cap(s.list) {
		s.list = append(make([]Attempt, 0, n+growth(n, limit)), s.list...)
	}
	s.list = append(s.list, *t)
	if late > 0 {
		copy(s.list[n-late+1:], s.list[n-late:n])
		s.list[n-late] = *t
	}
}

// growth is by how much a full array grows. Most lists stay short and there are
// very many: by doubling, a third of what they take would be empty. One that
// is at its limit needs room for what is dropped, and no more.
func growth(n, limit int) int {
	more := n
	if n < 16 {
		more = 1 + n/4
	}
	return max(1, min(more, limit+limit/8+1-n))
}

// join looks on both sides of place i for an act that another log told: first
// of the same account, then of one that is not named on one side.
func join(list []Attempt, t *Attempt, i int) AddResult {
	for ; i < len(list) && list[i].At-t.At <= JoinWithin; i++ {
	}
	var near *Attempt // the latest that is not named, or is where t is not
	for i--; i >= 0 && t.At-list[i].At <= JoinWithin; i-- {
		o := &list[i]
		switch {
		case o.Sources&t.Sources != 0 || o.Client != t.Client: // nearly all: of the same log, or of another client
		case o.Key == t.Key:
			refined := !NamesTool(o.Tool) && NamesTool(t.Tool)
			o.Merge(*t)
			if refined {
				return Refined
			}
			return Joined
		case near == nil && (o.Key == 0 || t.Key == 0):
			near = o
		}
	}
	if near == nil {
		return New
	}
	near.Merge(*t)
	if t.Key == 0 {
		return Joined
	}
	return Identified
}

// Forgive marks the tries of an account in a span of time, and reports whether
// there were any.
func (s *Attempts) Forgive(key uint64, from, to int64) (any bool) {
	all := s.All()
	for i := first(all, from); i < len(all) && all[i].At <= to; i++ {
		if t := &all[i]; t.Key == key && !t.Succeeded {
			t.Succeeded, any = true, true
		}
	}
	return any
}

// Prune drops the tries older than at.
func (s *Attempts) Prune(at int64) { s.list = s.list[first(s.list, at):] }

// first is the place of the first try that is not older than at. It looks at
// the ends before it halves what is between: one of them is the answer, or near
// it, nearly always, and the middle of a list is in no cache.
func first(list []Attempt, at int64) int {
	if len(list) == 0 || list[0].At >= at {
		return 0
	}
	from, to := 0, len(list) // the one at from is older, the one at to is not
	for step := 1; to-step > from; step *= 2 {
		if list[to-step].At < at {
			from = to - step
			break
		}
		to -= step
	}
	for to-from > 1 {
		if middle := (from + to) / 2; list[middle].At < at {
			from = middle
		} else {
			to = middle
		}
	}
	return to
}

// All returns the attempts, oldest first. The slice is the list's own.
func (s *Attempts) All() []Attempt { return s.list }

// Take returns the tries and leaves the list empty.
func (s *Attempts) Take() []Attempt {
	list := s.All()
	s.list = nil
	return list
}

// Windows calls f with every maximal run of tries that spans at most length
// milliseconds and holds the one at time at, until f answers true; it reports
// whether f did. In arrival order that is a single run; only a late try, with
// others after it, has several.
func (s *Attempts) Windows(at, length int64, f func([]Attempt) bool) bool {
	all, end := s.All(), 0
	for start := first(all, at-length); start < len(all) && all[start].At <= at; start++ {
		before := end
		end = first(all, all[start].At+length+1)
		if end > before && f(all[start:end]) {
			return true
		}
	}
	return false
}
