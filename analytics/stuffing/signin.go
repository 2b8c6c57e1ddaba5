package stuffing

import (
	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/event"
	"redshank/analytics/state"
	"redshank/analytics/window"
)

// signIn holds the successful sign-ins of one account from one client.
type signIn struct {
	key         uint64
	account     *account
	from        event.ClientKey // whole address of the last one
	first, last int64
	hours       uint64      // bit n: a success in the n-th hour before that of last
	text        *signInText // nil where the address is the account's own
	textAt      int64       // time of the sign-in that text is of
	agent       uint32      // of the last one
	tool        uint32
	app         uint32 // the application, or the service where the log names none
	learnedTool uint32
	learned     int32 // day on which it was last counted in the population
	family      event.Family
	service     event.Service
	outcome     event.Outcome
	reason      event.Reason
	proof       event.Proof
	rareTool    bool // the network is the account's own, but hardly anybody uses the tool
	foreign     bool // the account did not know the network
	counted     bool // the account is among the client's known users
}

// signInText is the text of a sign-in for an alert.
type signInText struct {
	tool               uint32
	agent, app, record string
}

// takesText reports whether the text of another sign-in replaces the one of a, which
// may be nil. The first sign-in with a program counts, and of two logs of one sign-in
// the one that names the user agent. unusual reports whether the sign-in may turn out to
// be the attack's, named whether its log names the agent.
func (a *signIn) takesText(got *signIn, unusual, named bool) bool {
	switch {
	case a.text == nil:
		return unusual
	case abs(got.first-a.textAt) <= window.JoinWithin && (a.text.agent != "") != named:
		return named
	}
	return unusual && (a.text.tool != got.tool || got.first < a.textAt)
}

// away is the longest pause within one session, in milliseconds.
const away = 24 * 60 * 60 * 1000

// merge extends a session by another sign-in and keeps the better proof of the two:
// a sign-in over a stopped one, a password over a renewed session. It reports
// whether anything changed that must be saved.
func (a *signIn) merge(b *signIn) bool {
	switch {
	case b.first-a.last > away:
		counted := a.counted
		*a = *b
		a.counted = counted
		return true
	case b.first >= a.first && b.last < a.last+timeGrain && b.rank() <= a.rank() && b.agent == a.agent && b.tool == a.tool && a.activeInHours(b.first/hour, b.last/hour):
		return false
	}
	before, first, last := *a, min(a.first, b.first), max(a.last, b.last)
	hours := a.hours<<(last/hour-a.last/hour) | b.hours<<(last/hour-b.last/hour)
	if b.rank() >= a.rank() {
		*a = *b
		a.text, a.textAt, a.foreign = before.text, before.textAt, before.foreign || b.foreign
		a.learned, a.learnedTool, a.counted = before.learned, before.learnedTool, before.counted
	}
	a.first, a.last, a.hours = first, last, hours
	moved := movesEnough(before.last, last)
	before.last, before.service = a.last, a.service
	return moved || before != *a
}

// hoursKept is the number of hours before the last success that are stored
// individually.
const hoursKept = 64

// activeBetween reports whether the account signed in between two times, to the
// hour.
func (a *signIn) activeBetween(from, to int64) bool {
	return a.first <= to && a.last >= from && a.activeInHours(from/hour, to/hour)
}

// activeInHours reports whether the account signed in during the hours from one to
// another, counted from 1970. Hours more than hoursKept before the last success all
// count.
func (a *signIn) activeInHours(from, to int64) bool {
	newest := a.last / hour
	low, high := max(0, newest-to), newest-from
	switch {
	case high < 0:
		return false
	case high >= hoursKept:
		return true
	}
	return a.hours>>low&(1<<(high-low+1)-1) != 0
}

func (a *signIn) rank() int {
	switch {
	case a.proof == event.ProofSession:
		return 0
	case a.outcome == event.Accepted:
		return 1
	}
	return 2
}

// password reports whether a success proves the password.
func (a *signIn) password() bool { return a.proof != event.ProofSession }

// isForeign reports whether a success comes from a network that its account did not
// know, or knows only from another log's record of the same sign-in that names no
// program or proves no password.
func isForeign(c *client, got *signIn) bool {
	t := window.Attempt{Agent: got.agent, Family: got.family, Service: got.service}
	if !got.account.familiar(c, &t, got.first) {
		return true
	}
	arrived, named := got.account.justArrived(c.key, got.agent, got.first)
	return arrived && (!named || got.password() && c.renewed(got.key))
}

// renewed reports whether all sign-ins of an account from the client were renewed
// sessions from a network foreign to it.
func (c *client) renewed(key uint64) bool {
	for _, a := range c.signIns() {
		if a.key == key {
			return a.foreign && !a.password()
		}
	}
	return false
}

// sameProgram reports whether an attempt may have been made with the program of a
// success. Behind a shared address somebody else may try the account at the same
// time. Often one of two logs names no agent.
func sameProgram(t *window.Attempt, agent, tool uint32) bool {
	return t.Agent == agent || t.Tool == tool || t.Agent == 0 || agent == 0
}

// maxForeignSignIns bounds the successes from foreign networks that are kept
// for a campaign that has not opened yet: about 250 bytes each.
const maxForeignSignIns = 4096

// foreignSignIns are the latest successes from networks foreign to the account,
// in order of arrival.
type foreignSignIns struct {
	profiles *profiles // for restored sign-ins
	list     []signIn
	next     int
	latest   int64            // time of the latest one
	dirty    map[int]struct{} // places in list that changed; nil: changes are not tracked
}

func (f *foreignSignIns) add(got *signIn) {
	f.latest = max(f.latest, got.first)
	if f.dirty != nil {
		f.dirty[f.place()] = struct{}{}
	}
	if len(f.list) < maxForeignSignIns {
		f.list = append(f.list, *got)
		return
	}
	f.list[f.next] = *got
	f.next = (f.next + 1) % maxForeignSignIns
}

func (f *foreignSignIns) place() int {
	if len(f.list) < maxForeignSignIns {
		return len(f.list)
	}
	return f.next
}

// track makes the list note what changes.
func (f *foreignSignIns) track() { f.dirty = map[int]struct{}{} }

func (f *foreignSignIns) save(w *state.Writer) {
	for place := range f.dirty {
		in := f.list[place].saved()
		w.Encode(tableForeign, &in)
		w.Put(tableForeign, w.Number(uint64(place)), true)
	}
	clear(f.dirty)
}

// loaded finds where the ring goes on.
func (f *foreignSignIns) loaded() {
	if len(f.list) < maxForeignSignIns {
		return
	}
	for n := range f.list {
		if f.list[n].first < f.list[f.next].first {
			f.next = n
		}
	}
}

func (f *foreignSignIns) restore(key, value []byte) error {
	var in savedLogon
	place, err := state.Number(key)
	if err == nil {
		err = msgpack.Unmarshal(value, &in)
	}
	if err != nil || place >= maxForeignSignIns {
		return err
	}
	for uint64(len(f.list)) <= place {
		f.list = append(f.list, signIn{account: &account{}})
	}
	f.list[place] = *f.profiles.restoredSignIn(&in)
	f.latest = max(f.latest, f.list[place].first)
	return nil
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}
