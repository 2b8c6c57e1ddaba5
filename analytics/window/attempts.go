package window

import "redshank/analytics/event"

// JoinWithin is the largest difference, in milliseconds, between the times that two
// logs give for one attempt: IIS logs the end of a request, Security 4625 its
// middle.
const JoinWithin = 5_000

// Attempt is one attempt of one account from one client.
type Attempt struct {
	At        int64    // Unix milliseconds, event time
	Client    [16]byte // the client's whole address in 16-byte form
	Key       uint64   // hash of the account; 0: unknown
	Name      string   // canonical account, shared with the account table
	Agent     uint32   // hash of the user agent; 0: none
	Tool      uint32   // hash of the agent without its version numbers, and of the application
	Sources   uint16   // one bit for each event.Source that logged the attempt
	Marks     event.Marks
	Reason    event.Reason
	Service   event.Service
	Family    event.Family
	Succeeded bool // the account signed in, with this attempt or soon after it
}

// Merge adds the information of another log about the same attempt: whether the
// account exists, and which service of the mail system was used.
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

// MoreSpecific reports whether reason a is more specific than b: most logs know only
// that the password was wrong.
func MoreSpecific(a, b event.Reason) bool {
	vague := func(r event.Reason) bool {
		return r == event.ReasonNone || r == event.OtherReason || r == event.WrongPassword
	}
	return vague(b) && !vague(a) || (b == event.ReasonNone || b == event.OtherReason) && a == event.WrongPassword
}

// Attempts is a short list of attempts in order of event time, in whatever order
// they arrive. The zero value is an empty list.
type Attempts struct {
	array   []Attempt
	dropped int32 // attempts at the start of array that are no longer in the list
}

// AttemptsOf returns a list of attempts that are already in order.
func AttemptsOf(list []Attempt) Attempts { return Attempts{array: list} }

// AddResult is the result of adding an attempt.
type AddResult uint8

// The results. A Joined attempt extends the same attempt from another log. It is
// Refined if that log did not name the program, and Identified if that log did not
// name the account.
const (
	New AddResult = iota
	Joined
	Refined
	Identified
)

// Add inserts t in its place, or joins t to the same attempt from another log: the
// same client and account at the same time. Of the Windows and SMTP logs of one
// failed sign-in, only one has the account. A list keeps at most limit attempts; the
// oldest is dropped.
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
			return New // older than all others
		}
		s.dropped++
	}
	s.insert(&t, late, limit)
	return New
}

// insert inserts t before the last late attempts.
func (s *Attempts) insert(t *Attempt, late, limit int) {
	if len(s.array) == cap(s.array) {
		s.makeRoom(limit)
	}
	n := len(s.array)
	s.array = append(s.array, *t)
	if late > 0 {
		copy(s.array[n-late+1:], s.array[n-late:n])
		s.array[n-late] = *t
	}
}

// makeRoom moves the attempts over the dropped ones if these are a ninth of the
// array or more, otherwise into a larger array.
func (s *Attempts) makeRoom(limit int) {
	all := s.All()
	if 9*int(s.dropped) >= len(s.array) && s.dropped > 0 {
		n := copy(s.array, all)
		clear(s.array[n:]) // the names in them
		s.array = s.array[:n]
	} else {
		s.array = append(make([]Attempt, 0, len(all)+growth(len(all), limit)), all...)
	}
	s.dropped = 0
}

// growth returns the number of attempts by which a full array of n grows. There are
// many lists and most stay short; if arrays doubled, a third of their memory would
// be unused. A list at its limit gets room for an eighth more, so that dropped
// attempts are rarely moved.
func growth(n, limit int) int {
	more := n
	if n < 16 {
		more = 1 + n/4
	}
	return max(1, min(more, limit+limit/8+1-n))
}

// join looks on both sides of position i for the same attempt from another log:
// first one of the same account, then one where one of the two logs does not name
// the account.
func join(list []Attempt, t *Attempt, i int) AddResult {
	for ; i < len(list) && list[i].At-t.At <= JoinWithin; i++ {
	}
	var near *Attempt // the latest attempt where one of the two has no account
	for i--; i >= 0 && t.At-list[i].At <= JoinWithin; i-- {
		o := &list[i]
		switch {
		case o.Sources&t.Sources != 0 || o.Client != t.Client: // most: of the same log, or of another client
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
	refined := !NamesTool(near.Tool) && NamesTool(t.Tool)
	near.Merge(*t)
	switch {
	case t.Key != 0:
		return Identified
	case refined:
		return Refined
	}
	return Joined
}

// Forgive marks the attempts of an account in a span of time as succeeded, and
// reports whether there were any.
func (s *Attempts) Forgive(from, to int64, made func(*Attempt) bool) (any bool) {
	all := s.All()
	for i := first(all, from); i < len(all) && all[i].At <= to; i++ {
		if t := &all[i]; made(t) && !t.Succeeded {
			t.Succeeded, any = true, true
		}
	}
	return any
}

// Prune drops the attempts before a time.
func (s *Attempts) Prune(at int64) { s.dropped += int32(first(s.All(), at)) }

// first returns the position of the first attempt that is not before at. The result
// is nearly always near one of the ends, so that the search begins there and not in
// the middle.
func first(list []Attempt, at int64) int {
	if len(list) == 0 || list[0].At >= at {
		return 0
	}
	from, to := 0, len(list) // the attempt at from is before at, the one at to is not
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
func (s *Attempts) All() []Attempt { return s.array[s.dropped:] }

// Take returns the attempts and empties the list.
func (s *Attempts) Take() []Attempt {
	list := s.All()
	*s = Attempts{}
	return list
}

// Windows calls f with every maximal run of attempts that spans at most length
// milliseconds and contains the time at, until f returns true, and reports whether f
// did. In arrival order there is a single run; only a late attempt, with others
// after it, has several.
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
