package profile

import (
	"redshank/analytics/event"
	"redshank/analytics/window"
)

// SignIn holds the successful sign-ins of one account from one client.
type SignIn struct {
	Key         uint64 // of the account
	Account     *Account
	From        event.ClientKey // whole address of the last one
	First, Last int64
	hours       uint64      // bit n: a success in the n-th hour before that of Last
	Text        *SignInText // nil where the address is the account's own
	textAt      int64       // time of the sign-in that Text is of
	Agent       uint32      // of the last one
	Tool        uint32
	App         uint32 // the application, or the service where the log names none
	learnedTool uint32
	learned     int32 // day on which it was last counted in the population
	Family      event.Family
	Service     event.Service
	Outcome     event.Outcome
	Reason      event.Reason
	proof       event.Proof
	RareTool    bool // the network is the account's own, but hardly anybody uses the tool
	Foreign     bool // the account did not know the network
	counted     bool // the account is among the client's known users
}

// merge extends a session by another sign-in and keeps the better proof of the two:
// a sign-in over a stopped one, a password over a renewed session. It reports
// whether anything changed that must be saved.
func (a *SignIn) merge(b *SignIn) bool {
	switch {
	case b.First-a.Last > away:
		counted := a.counted
		*a = *b
		a.counted = counted
		return true
	case b.First >= a.First && b.Last < a.Last+timeGrain && b.rank() <= a.rank() && b.Agent == a.Agent && b.Tool == a.Tool && a.activeInHours(b.First/event.Hour, b.Last/event.Hour):
		return false
	}
	before, first, last := *a, min(a.First, b.First), max(a.Last, b.Last)
	hours := a.hours<<(last/event.Hour-a.Last/event.Hour) | b.hours<<(last/event.Hour-b.Last/event.Hour)
	if b.rank() >= a.rank() {
		*a = *b
		a.Text, a.textAt, a.Foreign = before.Text, before.textAt, before.Foreign || b.Foreign
		a.learned, a.learnedTool, a.counted = before.learned, before.learnedTool, before.counted
	}
	a.First, a.Last, a.hours = first, last, hours
	moved := movesEnough(before.Last, last)
	before.Last, before.Service = a.Last, a.Service
	return moved || before != *a
}

// away is the longest pause within one session, in milliseconds.
const away = event.Day

// hoursKept is the number of hours before the last success that are stored
// individually.
const hoursKept = 64

// activeBetween reports whether the account signed in between two times, to the
// hour.
func (a *SignIn) activeBetween(from, to int64) bool {
	return a.First <= to && a.Last >= from && a.activeInHours(from/event.Hour, to/event.Hour)
}

// activeInHours reports whether the account signed in during the hours from one to
// another, counted from 1970. Hours more than hoursKept before the last success all
// count.
func (a *SignIn) activeInHours(from, to int64) bool {
	newest := a.Last / event.Hour
	low, high := max(0, newest-to), newest-from
	switch {
	case high < 0:
		return false
	case high >= hoursKept:
		return true
	}
	return a.hours>>low&(1<<(high-low+1)-1) != 0
}

func (a *SignIn) rank() int {
	switch {
	case a.proof == event.ProofSession:
		return 0
	case a.Outcome == event.Accepted:
		return 1
	}
	return 2
}

// Password reports whether a success proves the password.
func (a *SignIn) Password() bool { return a.proof != event.ProofSession }

// Personal reports whether the sign-in is made with a program that people use. The mail protocols
// name no program.
func (a *SignIn) Personal() bool { return !IsScript(a.Family) && a.Agent != MailProtocols }

// WindowsOnly reports whether the sign-in is known from the Windows log only, which names no
// program.
func (a *SignIn) WindowsOnly() bool { return a.Service == event.Windows }

// Learn reports whether the account is to be counted as a user of its tool: once a day, and
// with another tool again.
func (a *SignIn) Learn(at int64) bool {
	today := int32(at / event.Day)
	isNew := today != a.learned || a.Tool != a.learnedTool
	a.learned, a.learnedTool = today, a.Tool
	return isNew
}

// isForeign reports whether a success comes from a network that its account did not
// know, or knows only from another log's record of the same sign-in that names no
// program or proves no password.
func isForeign(c *Client, got *SignIn) bool {
	t := window.Attempt{Agent: got.Agent, Family: got.Family, Service: got.Service}
	if !got.Account.Familiar(c, &t, got.First) {
		return true
	}
	arrived, named := got.Account.justArrived(c.Key, got.Agent, got.First)
	return arrived && (!named || got.Password() && c.renewed(got.Key))
}

// soonAfter reports whether the first or the last of some successes was within a time after a
// failure, in milliseconds.
func soonAfter(failed, first, last, within int64) bool {
	return first >= failed && first <= failed+within || last >= failed && last <= failed+within
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}
