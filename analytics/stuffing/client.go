package stuffing

import (
	"redshank/analytics/event"
	"redshank/analytics/window"
)

// maxTries and maxAdmitted bound what one client keeps: about 9 KB at the worst.
const (
	maxClientAttempts = 128
	maxLogons         = 64
)

// client is what is remembered of one client address: one cache line. Of most
// there is nothing but a try.
type client struct {
	key      event.ClientKey
	incident *attack // the last incident it was part of
	newest   int32   // Unix minute after its newest try, at least
	attempts window.Attempts
	logons   *clientLogons // nil: none yet
}

// guests are the accounts that got in from a client.
type clientLogons struct {
	list       []logon // each once
	knownUsers int32   // accounts that made the address a home
}

// admissions are those of its guests.
func (c *client) logonList() []logon {
	if c.logons == nil {
		return nil
	}
	return c.logons.list
}

// lived is how many accounts made the address a home.
func (c *client) knownUsers() int32 {
	if c.logons == nil {
		return 0
	}
	return c.logons.knownUsers
}

// tried remembers the time of a try, apart from the list: of most people who
// get in the last failure is long ago, and the list need not be looked at.
func (c *client) noteFailure(at int64) {
	c.newest = max(c.newest, int32(at/event.Minute)+1)
}

// triedSince tells whether there may be a try since then.
func (c *client) failedSince(at int64) bool { return int64(c.newest)*event.Minute >= at }

// grain is how exactly the time of a repeated success is kept, in milliseconds.
// putDownEvery is how exactly it is put down: nearly all that happens on a mail
// server moves the last time of somebody at home and nothing else, and to write
// each move costs six times as much as to detect. A kill may so cost the last
// ten minutes of how long somebody has stayed, and never that he was there.
const (
	timeGrain = 10_000
	saveGrain = 10 * 60 * 1000
)

// moves tells whether a time has moved far enough to be put down.
func movesEnough(from, to int64) bool { return from/saveGrain != to/saveGrain }

// addLogon remembers that an account signed in, and reports whether that changed
// anything. In a full list the account that has been silent longest makes room.
func (c *client) addLogon(got *logon) (changed bool) {
	if c.logons == nil {
		c.logons = new(clientLogons)
	}
	g, oldest := c.logons, 0
	for i := range g.list {
		have := &g.list[i]
		if have.key == got.key {
			have.account = got.account // another one where the table had forgotten it
			return have.merge(got)
		}
		if have.last < g.list[oldest].last {
			oldest = i
		}
	}
	if len(g.list) < maxLogons {
		g.list = append(g.list, *got)
	} else {
		g.list[oldest] = *got
	}
	return true
}

// succeeded counts the accounts that got in between two times, at most
// maxAdmitted.
func (c *client) succeeded(from, to int64) (n int) {
	for i := range c.logonList() {
		a := &c.logons.list[i]
		if a.outcome == event.Success && a.last >= from && a.first <= to {
			n++
		}
	}
	return n
}

// forgives reports whether the account of t got in here soon after it failed:
// the typo of somebody who knows the password.
func (c *client) forgives(t *window.Attempt, within int64) bool {
	for i := range c.logonList() {
		a := &c.logons.list[i]
		if a.key == t.Key && a.outcome == event.Success {
			return soonAfter(t.At, a.first, within) || soonAfter(t.At, a.last, within)
		}
	}
	return false
}
