package stuffing

import (
	"slices"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

const (
	minute = event.Minute // in milliseconds, as all times here
	hour   = event.Hour
	day    = event.Day
)

// maxClientAttempts and maxSignIns bound what one client keeps: about 9 KB at the worst.
const (
	maxClientAttempts = 128
	maxSignIns        = 64
)

// client is what is remembered of one client address. Of most there is nothing
// but an attempt.
type client struct {
	key      event.ClientKey
	incident *attack // the last incident it was part of
	campaign *attack // the last campaign it was part of
	unit     *unit   // what of a shared address is the attack; nil: all of it
	newest   int32   // Unix minute after its newest attempt, at least
	added    uint32  // attempts so far
	owner    uint32  // of the network; see stuffing.owner
	looked   int64   // hour in which the days were last looked at
	attempts window.Attempts
	users    *users // nil: none yet
}

// users are the accounts that sign in from a client.
type users struct {
	signIns []*signIn // the latest of each account
	known   int32     // accounts for which the address became a known client
	usual   usualFailures
}

// signIns are those of its users.
func (c *client) signIns() []*signIn {
	if c.users == nil {
		return nil
	}
	return c.users.signIns
}

// knownUsers is the number of accounts for which the address is, or was, a
// known client.
func (c *client) knownUsers() int {
	if c.users == nil {
		return 0
	}
	return int(c.users.known)
}

// tried remembers the time of a try, apart from the list: of most people who
// get in the last failure is long ago, and the list need not be looked at.
func (c *client) noteFailure(at int64) {
	c.newest = max(c.newest, int32(at/minute)+1)
}

// triedSince tells whether there may be a try since then.
func (c *client) failedSince(at int64) bool { return int64(c.newest)*minute >= at }

// grain is how exactly the time of a repeated success is kept, in milliseconds.
// saveGrain is how exactly it is put down: nearly all that happens on a mail
// server moves the last time of somebody at home and nothing else, and to write
// each move costs six times as much as to detect. A kill may so cost the last
// ten minutes of how long somebody has stayed, and never that he was there.
const (
	timeGrain = 10_000
	saveGrain = 10 * 60 * 1000
)

// moves tells whether a time has moved far enough to be put down.
func movesEnough(from, to int64) bool { return from/saveGrain != to/saveGrain }

// addSignIn remembers that an account got in, and reports whether that changed
// anything. Where the list is full the account that has been silent longest
// makes room.
func (c *client) addSignIn(got *signIn) (a *signIn, changed bool) {
	if c.users == nil {
		c.users = new(users)
	}
	g, oldest := c.users, 0
	for i, have := range g.signIns {
		if have.key == got.key {
			have.account = got.account // another one where the table had forgotten it
			return have, have.merge(got)
		}
		if have.last < g.signIns[oldest].last {
			oldest = i
		}
	}
	if len(g.signIns) < maxSignIns {
		a = new(signIn)
		g.signIns = append(g.signIns, a)
	} else {
		a = g.signIns[oldest]
	}
	*a = *got
	return a, true
}

// succeeded returns how many accounts got in between two times. Where the list
// is full and all of it lies between them, the accounts that know the address
// count instead.
func (c *client) succeeded(from, to int64) (n int) {
	for _, a := range c.signIns() {
		if a.outcome == event.Success && a.last >= from && a.first <= to {
			n++
		}
	}
	if n == maxSignIns {
		return max(n, c.knownUsers())
	}
	return n
}

// guests returns how many other accounts had their password accepted within a
// day of a sign-in.
func (c *client) guests(got *signIn) (n int) {
	for _, a := range c.signIns() {
		if a.key != got.key && a.last >= got.first-day && a.first <= got.first+day {
			n++
		}
	}
	return n
}

// failedForOthers reports whether the client has failed for an account other
// than the one given.
func (c *client) failedForOthers(key uint64) bool {
	return c.incident != nil || slices.ContainsFunc(c.attempts.All(), func(t window.Attempt) bool { return t.Key != key && !t.Succeeded })
}

// forgives reports whether the password of the account of t was accepted here
// soon after it failed: the typo of somebody who knows the password.
func (c *client) forgives(t *window.Attempt, within int64) bool {
	for _, a := range c.signIns() {
		if a.key == t.Key {
			return soonAfter(t.At, a.first, within) || soonAfter(t.At, a.last, within)
		}
	}
	return false
}
