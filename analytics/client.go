package analytics

import (
	"net/netip"
	"slices"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// clientKey is an address in its 16-byte form, cut to the policy's prefix. It
// holds no pointer, so a table of a million of them is nothing to the garbage
// collector.
type clientKey [16]byte

func (k clientKey) addr() netip.Addr { return netip.AddrFrom16(k).Unmap() }

// network is the wider network of a client: IPv4 /16, IPv6 /32. A home router
// or a phone that gets a new address mostly stays within it.
func (k clientKey) network() clientKey {
	wide := k
	if k.addr().Is4() {
		clear(wide[14:])
	} else {
		clear(wide[4:])
	}
	return wide
}

func hashClient(k clientKey) uint64 { return xxhash.Sum64(k[:]) }

// maxTries and maxAdmitted bound what one client keeps: about 9 KB at the worst.
const (
	maxTries    = 128
	maxAdmitted = 64
)

// client is what is remembered of one client address.
type client struct {
	key       clientKey
	tries     window.Tries
	admitted  []admission // accounts that got in from here, each once
	residents int         // accounts that made this address a home
	incident  *incident   // the last incident it was part of
}

// admission is one account's getting in from one client.
type admission struct {
	key         uint64
	account     *account
	from        clientKey // whole address of the last one
	first, last int64
	agent       uint32 // of the last one
	service     event.Service
	outcome     event.Outcome
	reason      event.Reason
	proof       event.Proof
}

// grain is how exactly the time of a repeated success is kept, in
// milliseconds: a busy account is then not put down with every chunk.
const grain = 10_000

// admit remembers that an account got in, and reports whether that changed
// anything. Where the list is full the account that has been silent longest
// makes room.
func (c *client) admit(a admission) bool {
	oldest := -1
	for i := range c.admitted {
		have := &c.admitted[i]
		if have.key == a.key {
			return have.merge(a)
		}
		if oldest < 0 || have.last < c.admitted[oldest].last {
			oldest = i
		}
	}
	if len(c.admitted) < maxAdmitted {
		c.admitted = append(c.admitted, a)
	} else {
		c.admitted[oldest] = a
	}
	return true
}

// stay is how long, in milliseconds, an account may be away and still be on
// the same visit.
const stay = 24 * 60 * 60 * 1000

// merge keeps the span of one visit and, of what the log said, the better
// proof: a sign-in over a stopped one, a password over a renewed session. It
// reports whether anything changed.
func (a *admission) merge(b admission) bool {
	switch {
	case b.first-a.last > stay:
		*a = b
		return true
	case b.first >= a.first && b.last < a.last+grain && b.rank() <= a.rank() && b.agent == a.agent:
		return false
	}
	first, last := min(a.first, b.first), max(a.last, b.last)
	if b.rank() >= a.rank() {
		*a = b
	}
	a.first, a.last = first, last
	return true
}

func (a *admission) rank() int {
	switch {
	case a.proof == event.ProofSession:
		return 0
	case a.outcome == event.Accepted:
		return 1
	}
	return 2
}

// succeeded counts the accounts that got in between two times, at most
// maxAdmitted.
func (c *client) succeeded(from, to int64) (n int) {
	for i := range c.admitted {
		a := &c.admitted[i]
		if a.outcome == event.Success && a.last >= from && a.first <= to {
			n++
		}
	}
	return n
}

// forgives reports whether the account of t got in here soon after it failed:
// the typo of somebody who knows the password.
func (c *client) forgives(t *window.Try, within int64) bool {
	for i := range c.admitted {
		a := &c.admitted[i]
		if a.key == t.Key && a.outcome == event.Success {
			return soonAfter(t.At, a.first, within) || soonAfter(t.At, a.last, within)
		}
	}
	return false
}

// forgives is the same by the account's own memory, which a large office does
// not push out.
func (a *account) forgives(k clientKey, t *window.Try, within int64) bool {
	for i := range a.homes {
		if h := &a.homes[i]; h.client == k {
			return soonAfter(t.At, h.first, within) || soonAfter(t.At, h.last, within)
		}
	}
	return false
}

func soonAfter(failed, got, within int64) bool { return got >= failed && got <= failed+within }

// maxHomes and maxHomeAgents bound what one account keeps of where it lives.
const (
	maxHomes      = 8
	maxHomeAgents = 3
)

// account is what is remembered of one account.
type account struct {
	key      uint64
	name     string
	homes    []home
	tries    window.Tries // one for each client it fails from, for the distributed form
	incident *incident    // the last incident it alone was the subject of
}

// home is a client address that an account has got in from without an attack.
type home struct {
	client      clientKey
	first, last int64
	agents      [maxHomeAgents]uint32
}

// settle remembers a success. It reports whether that changed anything, and
// whether the address is a new home.
func (a *account) settle(k clientKey, at int64, agent uint32) (changed, moved bool) {
	oldest := -1
	for i := range a.homes {
		h := &a.homes[i]
		if h.client == k {
			if at >= h.first && at < h.last+grain && h.knows(agent) {
				return false, false
			}
			h.first, h.last = min(h.first, at), max(h.last, at)
			h.uses(agent)
			return true, false
		}
		if oldest < 0 || h.last < a.homes[oldest].last {
			oldest = i
		}
	}
	h := home{client: k, first: at, last: at}
	h.uses(agent)
	if len(a.homes) < maxHomes {
		a.homes = append(a.homes, h)
	} else {
		a.homes[oldest] = h
	}
	return true, true
}

// leave forgets a client as a home: what looked like one was an attack.
func (a *account) leave(k clientKey) {
	a.homes = slices.DeleteFunc(a.homes, func(h home) bool { return h.client == k })
}

func (h *home) uses(agent uint32) {
	for i, have := range h.agents {
		if have == agent {
			return
		}
		if have == 0 {
			h.agents[i] = agent
			return
		}
	}
	h.agents[maxHomeAgents-1] = agent
}

func (h *home) knows(agent uint32) bool {
	return agent == 0 || h.agents[0] == agent || h.agents[1] == agent || h.agents[2] == agent
}

// How long before an attack an account must have been at an address to be at
// home there: a day; or an hour, if it came back over half an hour of it. A
// single success shortly before is as likely the attacker's first.
const (
	homeAge     = 24 * 60 * 60 * 1000
	homeRecent  = 60 * 60 * 1000
	homeReturns = 30 * 60 * 1000
)

// residentAt tells whether the account was at home at the client before the
// given time, and whether the agent is its own there.
func (a *account) residentAt(k clientKey, before int64, agent uint32) (resident, own bool) {
	for i := range a.homes {
		h := &a.homes[i]
		if h.client == k {
			old := h.first <= before-homeAge
			returns := h.first <= before-homeRecent && h.last >= h.first+homeReturns
			return old || returns, h.knows(agent)
		}
	}
	return false, false
}

// nearHome tells whether the account has a home in the client's network.
func (a *account) nearHome(k clientKey) bool {
	wide := k.network()
	for i := range a.homes {
		if a.homes[i].client.network() == wide {
			return true
		}
	}
	return false
}

// cut clears what lies beyond the policy's prefix.
func (k clientKey) cut(v4bits, v6bits int) clientKey {
	bits := v6bits
	if k.addr().Is4() {
		bits = 96 + v4bits
	}
	for i := range k {
		switch left := bits - 8*i; {
		case left <= 0:
			k[i] = 0
		case left < 8:
			k[i] &= 0xff << (8 - left)
		}
	}
	return k
}
