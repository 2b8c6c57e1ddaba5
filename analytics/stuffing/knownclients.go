package stuffing

import (
	"redshank/analytics/event"
	"redshank/analytics/window"
	"slices"
)

// maxHomes and maxHomeAgents bound what one account keeps of where it lives.
const (
	maxKnownClients = 8
	maxKnownAgents  = 3
)

// account is what is remembered of one account.
type account struct {
	key          uint64
	name         string
	knownClients []knownClient
	attempts     window.Attempts // one for each client it fails from, for the distributed form
	incident     *attack         // the last incident it alone was the subject of
}

// home is a client address that an account has got in from without an attack.
type knownClient struct {
	client      event.ClientKey
	first, last int64
	agents      [maxKnownAgents]uint32
}

// addKnownClient remembers a success at a client. It reports whether that changed anything that has to be put down, and whether the
// address is a new home.
func (a *account) addKnownClient(k event.ClientKey, at int64, agent uint32) (changed, moved bool) {
	oldest := 0
	for i := range a.knownClients {
		h := &a.knownClients[i]
		if h.client == k {
			if at >= h.first && at < h.last+timeGrain && h.knows(agent) {
				return false, false
			}
			before := *h
			h.first, h.last = min(h.first, at), max(h.last, at)
			h.uses(agent)
			return movesEnough(before.last, h.last) || h.first != before.first || h.agents != before.agents, false
		}
		if h.last < a.knownClients[oldest].last {
			oldest = i
		}
	}
	if len(a.knownClients) < maxKnownClients {
		a.knownClients = append(a.knownClients, knownClient{})
		oldest = len(a.knownClients) - 1
	}
	h := &a.knownClients[oldest]
	*h = knownClient{client: k, first: at, last: at}
	h.uses(agent)
	return true, true
}

// leave forgets a client as a home: what looked like one was an attack.
func (a *account) forgetClient(k event.ClientKey) {
	a.knownClients = slices.DeleteFunc(a.knownClients, func(h knownClient) bool { return h.client == k })
}

func (h *knownClient) uses(agent uint32) {
	for i, have := range h.agents {
		if have == agent {
			return
		}
		if have == 0 {
			h.agents[i] = agent
			return
		}
	}
	h.agents[maxKnownAgents-1] = agent
}

func (h *knownClient) knows(agent uint32) bool {
	return agent == 0 || h.agents[0] == agent || h.agents[1] == agent || h.agents[2] == agent
}

// How long before an attack an account must have been at an address to be at
// home there: a day; or an hour, if it came back over half an hour of it. A
// single success shortly before is as likely the attacker's first.
const (
	knownAge     = 24 * 60 * 60 * 1000
	knownRecent  = 60 * 60 * 1000
	knownReturns = 30 * 60 * 1000
)

// residentAt tells whether the account was at home at the client before the
// given time, and whether the agent is its own there.
func (a *account) knowsClient(k event.ClientKey, before int64, agent uint32) (resident, own bool) {
	for i := range a.knownClients {
		h := &a.knownClients[i]
		if h.client == k {
			old := h.first <= before-knownAge
			returns := h.first <= before-knownRecent && h.last >= h.first+knownReturns
			return old || returns, h.knows(agent)
		}
	}
	return false, false
}

// nearHome tells whether the account has a home in the client's network.
func (a *account) hasKnownClientNear(k event.ClientKey) bool {
	for i := range a.knownClients {
		if a.knownClients[i].client.Near(k) {
			return true
		}
	}
	return false
}

// forgives is the same by the account's own memory, which a large office does
// not push out.
func (a *account) forgives(k event.ClientKey, t *window.Attempt, within int64) bool {
	for i := range a.knownClients {
		if h := &a.knownClients[i]; h.client == k {
			return soonAfter(t.At, h.first, within) || soonAfter(t.At, h.last, within)
		}
	}
	return false
}

func soonAfter(failed, got, within int64) bool { return got >= failed && got <= failed+within }
