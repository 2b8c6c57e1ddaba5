package analytics

import (
	"slices"

	"redshank/analytics/window"
)

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
	first, last int64 // last where stay knows no later one
	agents      [maxHomeAgents]uint32
	stay        *admission // the account's at that client, while it goes on; nil: it does not
}

// settle remembers a success at a client from which the account has departed. It
// reports whether that changed anything that has to be put down, and whether the
// address is a new home.
func (a *account) settle(k clientKey, at int64, agent uint32) (h *home, changed, moved bool) {
	oldest := 0
	for i := range a.homes {
		h := &a.homes[i]
		if h.client == k {
			if at >= h.first && at < h.last+grain && h.knows(agent) {
				return h, false, false
			}
			before := *h
			h.first, h.last = min(h.first, at), max(h.last, at)
			h.uses(agent)
			return h, moves(before.last, h.last) || h.first != before.first || h.agents != before.agents, false
		}
		if h.latest() < a.homes[oldest].latest() {
			oldest = i
		}
	}
	if len(a.homes) < maxHomes {
		a.homes = append(a.homes, home{})
		oldest = len(a.homes) - 1
	}
	h = &a.homes[oldest]
	h.depart()
	*h = home{client: k, first: at, last: at}
	h.uses(agent)
	return h, true, true
}

// depart ends the stay at a client, if there is one.
func (a *account) depart(k clientKey) {
	for i := range a.homes {
		if h := &a.homes[i]; h.client == k {
			h.depart()
		}
	}
}

// leave forgets a client as a home: what looked like one was an attack.
func (a *account) leave(k clientKey) {
	a.depart(k)
	a.homes = slices.DeleteFunc(a.homes, func(h home) bool { return h.client == k })
}

func (h *home) depart() {
	if h.stay != nil {
		h.last, h.stay.home, h.stay = h.latest(), false, nil
	}
}

// latest is when the account was there last.
func (h *home) latest() int64 {
	if h.stay == nil {
		return h.last
	}
	return max(h.last, h.stay.last)
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
			returns := h.first <= before-homeRecent && h.latest() >= h.first+homeReturns
			return old || returns, h.knows(agent)
		}
	}
	return false, false
}

// nearHome tells whether the account has a home in the client's network.
func (a *account) nearHome(k clientKey) bool {
	for i := range a.homes {
		if a.homes[i].client.near(k) {
			return true
		}
	}
	return false
}

// forgives is the same by the account's own memory, which a large office does
// not push out.
func (a *account) forgives(k clientKey, t *window.Try, within int64) bool {
	for i := range a.homes {
		if h := &a.homes[i]; h.client == k {
			return soonAfter(t.At, h.first, within) || soonAfter(t.At, h.latest(), within)
		}
	}
	return false
}

func soonAfter(failed, got, within int64) bool { return got >= failed && got <= failed+within }
