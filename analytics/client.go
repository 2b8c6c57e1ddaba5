package analytics

import (
	"encoding/binary"
	"math"
	"net/netip"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// clientKey is an address in its 16-byte form, cut to the policy's prefix. It
// holds no pointer, so a table of a million of them is nothing to the garbage
// collector.
type clientKey [16]byte

func (k clientKey) addr() netip.Addr { return netip.AddrFrom16(k).Unmap() }

// is4 tells an IPv4 address. netip would do, but is asked several times for
// each sign-in.
func (k clientKey) is4() bool {
	return binary.BigEndian.Uint64(k[:]) == 0 && binary.BigEndian.Uint32(k[8:]) == 0xffff
}

// network is the wider network of a client: IPv4 /16, IPv6 /32. A home router
// or a phone that gets a new address mostly stays within it.
func (k clientKey) network() clientKey { return k.cut(16, 32) }

// near tells whether two clients are of one network. Most are one client.
func (k clientKey) near(o clientKey) bool { return k == o || k.network() == o.network() }

func hashClient(k clientKey) uint64 { return xxhash.Sum64(k[:]) }

// maxTries and maxAdmitted bound what one client keeps: about 9 KB at the worst.
const (
	maxTries    = 128
	maxAdmitted = 64
)

// client is what is remembered of one client address: one cache line. Of most
// there is nothing but a try.
type client struct {
	key      clientKey
	incident *incident // the last incident it was part of
	newest   int32     // Unix minute after its newest try, at least
	added    uint32    // tries so far
	tries    window.Tries
	guests   *guests // nil: none yet
}

// guests are the accounts that got in from a client.
type guests struct {
	admitted  []*admission // each once
	residents int32        // accounts that made the address a home
}

// admissions are those of its guests.
func (c *client) admissions() []*admission {
	if c.guests == nil {
		return nil
	}
	return c.guests.admitted
}

// lived is how many accounts made the address a home.
func (c *client) lived() int32 {
	if c.guests == nil {
		return 0
	}
	return c.guests.residents
}

// tried remembers the time of a try, apart from the list: of most people who
// get in the last failure is long ago, and the list need not be looked at.
func (c *client) tried(at int64) {
	c.newest = max(c.newest, int32(at/minute)+1)
	c.added++
}

// triedSince tells whether there may be a try since then.
func (c *client) triedSince(at int64) bool { return int64(c.newest)*minute >= at }

// grain is how exactly the time of a repeated success is kept, in milliseconds.
// putDownEvery is how exactly it is put down: nearly all that happens on a mail
// server moves the last time of somebody at home and nothing else, and to write
// each move costs six times as much as to detect. A kill may so cost the last
// ten minutes of how long somebody has stayed, and never that he was there.
const (
	grain        = 10_000
	putDownEvery = 10 * 60 * 1000
)

// moves tells whether a time has moved far enough to be put down.
func moves(from, to int64) bool { return from/putDownEvery != to/putDownEvery }

// admit remembers that an account got in, and reports whether that changed
// anything. Where the list is full the account that has been silent longest
// makes room.
func (c *client) admit(got *admission) (a *admission, changed bool) {
	if c.guests == nil {
		c.guests = new(guests)
	}
	g, oldest := c.guests, 0
	for i, have := range g.admitted {
		if have.key == got.key {
			have.belongTo(got.account, c.key)
			return have, have.merge(got)
		}
		if have.last < g.admitted[oldest].last {
			oldest = i
		}
	}
	if len(g.admitted) < maxAdmitted {
		a = new(admission)
		g.admitted = append(g.admitted, a)
	} else {
		a = g.admitted[oldest]
		a.account.depart(c.key)
	}
	*a = *got
	return a, true
}

// succeeded counts the accounts that got in between two times, at most
// maxAdmitted.
func (c *client) succeeded(from, to int64) (n int) {
	for _, a := range c.admissions() {
		if a.outcome == event.Success && a.last >= from && a.first <= to {
			n++
		}
	}
	return n
}

// forgives reports whether the account of t got in here soon after it failed:
// the typo of somebody who knows the password.
func (c *client) forgives(t *window.Try, within int64) bool {
	for _, a := range c.admissions() {
		if a.key == t.Key && a.outcome == event.Success {
			return soonAfter(t.At, a.first, within) || soonAfter(t.At, a.last, within)
		}
	}
	return false
}

// cut clears what lies beyond the policy's prefix.
func (k clientKey) cut(v4bits, v6bits int) clientKey {
	bits := v6bits
	if k.is4() {
		bits = 96 + v4bits
	}
	high, low := binary.BigEndian.Uint64(k[:]), binary.BigEndian.Uint64(k[8:])
	// A shift by 64 or more leaves nothing; by a negative number it would panic.
	binary.BigEndian.PutUint64(k[:], high&^(math.MaxUint64>>min(bits, 64)))
	binary.BigEndian.PutUint64(k[8:], low&^(math.MaxUint64>>max(bits-64, 0)))
	return k
}
