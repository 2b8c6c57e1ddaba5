package profile

import (
	"slices"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// maxKnownClients and maxKnownAgents bound what one account keeps of where it
// signs in.
const (
	maxKnownClients = 12
	maxKnownAgents  = 3
)

// KnownClient is a client address that an account has signed in from without
// an attack. It fills one cache line of 64 bytes.
type KnownClient struct {
	Client      event.ClientKey
	First, Last int64  // successes
	owner       uint32 // see Client.Owner
	agents      [maxKnownAgents]knownAgent
	families    [maxKnownAgents]event.Family // of agents
	counted     bool                         // among the known users of the client
}

// knownAgent is a user agent, by its hash, that an account has used at a client.
type knownAgent struct {
	agent uint32
	since int32 // Unix minute of its first use
}

// addAgent adds an agent. A full list replaces the newest agent.
func (h *KnownClient) addAgent(agent uint32, family event.Family, at int64) {
	since := int32(at / event.Minute)
	for i := range h.agents {
		have := &h.agents[i]
		if have.agent == agent {
			have.since = min(have.since, since)
			return
		}
		if have.agent == 0 {
			*have, h.families[i] = knownAgent{agent, since}, family
			return
		}
	}
	h.agents[maxKnownAgents-1], h.families[maxKnownAgents-1] = knownAgent{agent, since}, family
}

// uses reports whether the account has used an agent at the client. No agent is
// known everywhere.
func (h *KnownClient) uses(agent uint32) bool {
	return agent == 0 || h.agents[0].agent == agent || h.agents[1].agent == agent || h.agents[2].agent == agent
}

// usedBefore is uses for the time before an attack: what was first used less
// than two hours earlier may have been the attacker's.
func (h *KnownClient) usedBefore(agent uint32, before int64) bool {
	for _, a := range h.agents {
		if a.agent == agent && int64(a.since)*event.Minute <= before-AgentAge {
			return true
		}
	}
	return agent == 0
}

// How long before an attack an account must have been at an address for the
// address to be its own: a day; or an hour, if it came back over half an hour.
// A single success shortly before is as likely the attacker's first.
const (
	ownAge     = event.Day
	ownRecent  = event.Hour
	ownReturns = event.Hour / 2
)

// AgentAge is how long before an attack an agent must have been used for the first time to be
// the account's own, in milliseconds.
const AgentAge = 2 * event.Hour

// owned reports whether the address was the account's own before a time.
func (h *KnownClient) owned(before int64) bool {
	old := h.First <= before-ownAge
	returns := h.First <= before-ownRecent && h.Last >= h.First+ownReturns
	return old || returns
}

// UsesFamily reports whether the account has used an agent of a family at the client.
func (h *KnownClient) UsesFamily(f event.Family) bool {
	return h.families[0] == f || h.families[1] == f || h.families[2] == f
}

// knownAt returns the known client of an address, or nil. a may be nil.
func (a *Account) knownAt(k event.ClientKey) *KnownClient {
	if a == nil {
		return nil
	}
	for i := range a.Known {
		if h := &a.Known[i]; h.Client == k {
			return h
		}
	}
	return nil
}

// AddKnown remembers a success at a client. It reports whether that changed
// anything that has to be saved, and whether the address is new.
func (a *Account) AddKnown(k event.ClientKey, owner uint32, at int64, agent uint32, family event.Family) (changed, added bool) {
	if h := a.knownAt(k); h != nil {
		if at >= h.First && at < h.Last+timeGrain && h.uses(agent) {
			return false, false
		}
		before := *h
		h.First, h.Last = min(h.First, at), max(h.Last, at)
		h.addAgent(agent, family, at)
		return movesEnough(before.Last, h.Last) || h.First != before.First || h.agents != before.agents, false
	}
	place := len(a.Known)
	if place < maxKnownClients {
		a.growKnown()
	} else {
		place = a.leastUseful()
	}
	h := &a.Known[place]
	*h = KnownClient{Client: k, owner: owner, First: at, Last: at}
	h.addAgent(agent, family, at)
	return true, true
}

// growKnown adds an unused entry. The capacity doubles up to exactly maxKnownClients, which
// append would exceed by a third.
func (a *Account) growKnown() {
	if n := len(a.Known); n == cap(a.Known) {
		a.Known = append(make([]KnownClient, 0, min(max(2*n, 1), maxKnownClients)), a.Known...)
	}
	a.Known = append(a.Known, KnownClient{})
}

// leastUseful returns the index of the client that makes room: the one unused longest among
// those whose owner has another client in the list, as the addresses of a
// telephone have; else the one unused longest of all.
func (a *Account) leastUseful() int {
	oldest, oldestShared := 0, -1
	for i := range a.Known {
		h := &a.Known[i]
		if h.Last < a.Known[oldest].Last {
			oldest = i
		}
		shared := h.owner != 0 && slices.ContainsFunc(a.Known, func(o KnownClient) bool { return o.owner == h.owner && o.Client != h.Client })
		if shared && (oldestShared < 0 || h.Last < a.Known[oldestShared].Last) {
			oldestShared = i
		}
	}
	if oldestShared >= 0 {
		return oldestShared
	}
	return oldest
}

// Forget drops a client, and reports whether it was known: what looked like one
// of the account's was an attack.
func (a *Account) Forget(k event.ClientKey) bool {
	before := len(a.Known)
	a.Known = slices.DeleteFunc(a.Known, func(h KnownClient) bool { return h.Client == k })
	return len(a.Known) < before
}

// Owns reports whether an address had been the account's own for a while
// before a time, and whether the agent is its own there.
func (a *Account) Owns(k event.ClientKey, before int64, agent uint32) (own, ownAgent bool) {
	for i := range a.Known {
		if h := &a.Known[i]; h.Client.SameSubnet(k) {
			own = own || h.owned(before)
			ownAgent = ownAgent || h.usedBefore(agent, before)
		}
	}
	return own, ownAgent
}

// Familiar reports whether a failure comes from a familiar network of its
// account: a subnet that the account has signed in from, another network of
// the same owner with the same agent, or, for a mobile agent, a network where
// the account used one. A wider prefix alone is never familiar, because
// residential proxies often share it. The Windows log names no agent; the
// record of another log decides.
func (a *Account) Familiar(c *Client, t *window.Attempt, before int64) bool {
	if a == nil {
		return false
	}
	for i := range a.Known {
		h := &a.Known[i]
		switch {
		case h.First > before:
		case h.Client.SameSubnet(c.Key):
			return true
		case c.Owner == 0 || h.owner != c.Owner:
		case t.Agent != 0 && h.uses(t.Agent), t.Family == event.Mobile && h.UsesFamily(event.Mobile), WindowsOnly(t):
			return true
		}
	}
	return false
}

// Knows reports whether the account has signed in from a client, by its whole address.
func (a *Account) Knows(address event.ClientKey) bool { return a.knownAt(address) != nil }

// KnowsSubnet reports whether the account has signed in from the subnet of a client.
func (a *Account) KnowsSubnet(address event.ClientKey) bool {
	return slices.ContainsFunc(a.Known, func(h KnownClient) bool { return h.Client.SameSubnet(address) })
}

// KnewSubnet reports whether the account had signed in from the subnet of a client
// before a time.
func (a *Account) KnewSubnet(address event.ClientKey, before int64) bool {
	return slices.ContainsFunc(a.Known, func(h KnownClient) bool { return h.Client.SameSubnet(address) && h.First < before })
}

// UsedAgent reports whether the account had signed in with an agent well before
// a time, wherever that was. The mail protocols are no agent of one's own.
func (a *Account) UsedAgent(agent uint32, before int64) bool {
	if a == nil || agent == 0 || agent == MailProtocols {
		return false
	}
	for i := range a.Known {
		if a.Known[i].usedBefore(agent, before) {
			return true
		}
	}
	return false
}

// UsedFamily reports whether the account had signed in with an agent of the family of an
// attempt well before it, as in usedBefore. An attempt of which the program is not known
// may be any account's.
func (a *Account) UsedFamily(t *window.Attempt) bool {
	return t.Agent == 0 || t.Agent == MailProtocols || a.UsedKind(t.Family, t.At-AgentAge)
}

// UsedKind reports whether the account had signed in with an agent of a family up to a
// time.
func (a *Account) UsedKind(f event.Family, before int64) bool {
	for i := range a.Known {
		h := &a.Known[i]
		for n, have := range h.agents {
			if have.agent != 0 && h.families[n] == f && int64(have.since)*event.Minute <= before {
				return true
			}
		}
	}
	return false
}

// NeverUsed reports whether an account that has signed in before had not used an agent
// well before a time, as in usedBefore.
func (a *Account) NeverUsed(agent uint32, before int64) bool {
	return len(a.Known) > 0 && !slices.ContainsFunc(a.Known, func(h KnownClient) bool { return h.usedBefore(agent, before) })
}

// justArrived reports whether a success at a client is the account's first one there,
// which another log has reported already, and whether that log named the agent.
func (a *Account) justArrived(k event.ClientKey, agent uint32, at int64) (arrived, named bool) {
	h := a.knownAt(k)
	return h != nil && abs(h.First-at) <= window.JoinWithin, h != nil && h.uses(agent)
}

// KnowsOwner reports whether the account had signed in from a network of an
// owner well before a time, as in usedBefore.
func (a *Account) KnowsOwner(owner uint32, before int64) bool {
	return a != nil && owner != 0 && slices.ContainsFunc(a.Known, func(h KnownClient) bool { return h.owner == owner && h.First <= before-AgentAge })
}

// HadSignedIn reports whether the account had signed in up to a time.
func (a *Account) HadSignedIn(before int64) bool {
	return slices.ContainsFunc(a.Known, func(h KnownClient) bool { return h.First <= before })
}

// SendsMail reports whether the account had used a mail program at one client for a day or
// longer, and first before a time, as in usedBefore.
func (a *Account) SendsMail(before int64) bool {
	return slices.ContainsFunc(a.Known, func(h KnownClient) bool {
		return h.usedBefore(MailProtocols, before) && h.Last >= h.First+event.Day
	})
}

// SignedInAfter reports whether the account has signed in after a time from another client than
// the one given.
func (a *Account) SignedInAfter(at int64, other event.ClientKey) bool {
	return slices.ContainsFunc(a.Known, func(h KnownClient) bool { return h.Client != other && h.Last > at })
}

// WentOnAt reports whether the account went on to use a client for a day after a success there,
// which then was its own.
func (a *Account) WentOnAt(k event.ClientKey, success int64) bool {
	return slices.ContainsFunc(a.Known, func(h KnownClient) bool { return h.Client == k && h.Last >= success+event.Day })
}
