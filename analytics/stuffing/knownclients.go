package stuffing

import (
	"slices"

	"redshank/analytics/event"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/window"
)

// maxKnownClients and maxKnownAgents bound what one account keeps of where it
// signs in.
const (
	maxKnownClients = 12
	maxKnownAgents  = 3
)

// account is the profile of one account.
type account struct {
	key      uint64
	name     string
	known    []knownClient
	attempts window.Attempts // from networks foreign to the account
	incident *attack.Attack  // the last incident it alone was the subject of
	stolen   reports         // of its successes in attacks
	stale    staleProgram

	failedHour int32 // of its last failure that is its own, in hours from 1970
}

// failsInHour notes that the owner of an account fails at a time, and reports whether that
// is the first time in its hour.
func (a *account) failsInHour(at int64) bool {
	now := int32(at / hour)
	isNew := now != a.failedHour
	a.failedHour = now
	return isNew
}

// staleProgram is a program of an account that tries an old password by IMAP, POP or
// SMTP at the networks of the account. It tries it wherever it is taken.
type staleProgram struct {
	minute   int32 // Unix minute of its last failure there
	failures uint8 // with less than a day between two, at most staleFailures
}

// staleFailures is how many failures at networks of an account show that a program of
// it has an old password, staleFor how long its failures elsewhere count as those of
// the same program: over a weekend.
const (
	staleFailures = 4
	staleFor      = 3 * day
)

// addFailure counts a failure at a network of the account, and reports whether that
// changed anything that has to be saved.
func (p *staleProgram) addFailure(at int64) bool {
	before, now := *p, int32(at/minute)
	if now > p.minute+int32(day/minute) {
		p.failures = 0
	}
	p.minute, p.failures = max(p.minute, now), min(p.failures+1, staleFailures)
	return p.failures != before.failures || movesEnough(int64(before.minute)*minute, int64(p.minute)*minute)
}

// made reports whether an attempt elsewhere is one of the program's.
func (p *staleProgram) made(t *window.Attempt) bool {
	return t.Agent == mailProtocols && p.failures >= staleFailures && abs(t.At-int64(p.minute)*minute) <= staleFor
}

// knownClient is a client address that an account has signed in from without
// an attack. It fills one cache line of 64 bytes.
type knownClient struct {
	client      event.ClientKey
	first, last int64
	owner       uint32 // of the network; see profiles.owner
	agents      [maxKnownAgents]knownAgent
	families    [maxKnownAgents]event.Family // of agents
	counted     bool                         // among the known users of the client
}

// knownAgent is a user agent, by its hash, that an account has used at a client.
type knownAgent struct {
	agent uint32
	since int32 // Unix minute of its first use
}

// knownAt returns the known client of an address, or nil. a may be nil.
func (a *account) knownAt(k event.ClientKey) *knownClient {
	if a == nil {
		return nil
	}
	for i := range a.known {
		if h := &a.known[i]; h.client == k {
			return h
		}
	}
	return nil
}

// addKnown remembers a success at a client. It reports whether that changed
// anything that has to be saved, and whether the address is new.
func (a *account) addKnown(k event.ClientKey, owner uint32, at int64, agent uint32, family event.Family) (changed, added bool) {
	if h := a.knownAt(k); h != nil {
		if at >= h.first && at < h.last+timeGrain && h.uses(agent) {
			return false, false
		}
		before := *h
		h.first, h.last = min(h.first, at), max(h.last, at)
		h.addAgent(agent, family, at)
		return movesEnough(before.last, h.last) || h.first != before.first || h.agents != before.agents, false
	}
	place := len(a.known)
	if place < maxKnownClients {
		a.growKnown()
	} else {
		place = a.leastUseful()
	}
	h := &a.known[place]
	*h = knownClient{client: k, owner: owner, first: at, last: at}
	h.addAgent(agent, family, at)
	return true, true
}

// growKnown adds an unused entry. The capacity doubles up to exactly maxKnownClients, which
// append would exceed by a third.
func (a *account) growKnown() {
	if n := len(a.known); n == cap(a.known) {
		a.known = append(make([]knownClient, 0, min(max(2*n, 1), maxKnownClients)), a.known...)
	}
	a.known = append(a.known, knownClient{})
}

// leastUseful is the client that makes room: the one unused longest among
// those whose owner has another client in the list, as the addresses of a
// telephone have; else the one unused longest of all.
func (a *account) leastUseful() int {
	oldest, oldestShared := 0, -1
	for i := range a.known {
		h := &a.known[i]
		if h.last < a.known[oldest].last {
			oldest = i
		}
		shared := h.owner != 0 && slices.ContainsFunc(a.known, func(o knownClient) bool { return o.owner == h.owner && o.client != h.client })
		if shared && (oldestShared < 0 || h.last < a.known[oldestShared].last) {
			oldestShared = i
		}
	}
	if oldestShared >= 0 {
		return oldestShared
	}
	return oldest
}

// forget drops a client, and reports whether it was known: what looked like one
// of the account's was an attack.
func (a *account) forget(k event.ClientKey) bool {
	before := len(a.known)
	a.known = slices.DeleteFunc(a.known, func(h knownClient) bool { return h.client == k })
	return len(a.known) < before
}

// addAgent adds an agent. A full list replaces the newest agent.
func (h *knownClient) addAgent(agent uint32, family event.Family, at int64) {
	since := int32(at / minute)
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
func (h *knownClient) uses(agent uint32) bool {
	return agent == 0 || h.agents[0].agent == agent || h.agents[1].agent == agent || h.agents[2].agent == agent
}

// usedBefore is uses for the time before an attack: what was first used less
// than two hours earlier may have been the attacker's.
func (h *knownClient) usedBefore(agent uint32, before int64) bool {
	for _, a := range h.agents {
		if a.agent == agent && int64(a.since)*minute <= before-agentAge {
			return true
		}
	}
	return agent == 0
}

// How long before an attack an account must have been at an address for the
// address to be its own: a day; or an hour, if it came back over half an hour.
// A single success shortly before is as likely the attacker's first.
const (
	ownAge     = 24 * 60 * 60 * 1000
	ownRecent  = 60 * 60 * 1000
	ownReturns = 30 * 60 * 1000
	agentAge   = 2 * 60 * 60 * 1000
)

func (h *knownClient) owned(before int64) bool {
	old := h.first <= before-ownAge
	returns := h.first <= before-ownRecent && h.last >= h.first+ownReturns
	return old || returns
}

// owns reports whether an address had been the account's own for a while
// before a time, and whether the agent is its own there.
func (a *account) owns(k event.ClientKey, before int64, agent uint32) (own, ownAgent bool) {
	for i := range a.known {
		if h := &a.known[i]; h.client.SameSubnet(k) {
			own = own || h.owned(before)
			ownAgent = ownAgent || h.usedBefore(agent, before)
		}
	}
	return own, ownAgent
}

// familiar reports whether a failure comes from a familiar network of its
// account: a subnet that the account has signed in from, another network of
// the same owner with the same agent, or, for a mobile agent, a network where
// the account used one. A wider prefix alone is never familiar, because
// residential proxies often share it. The Windows log names no agent; the
// record of another log decides.
func (a *account) familiar(c *client, t *window.Attempt, before int64) bool {
	if a == nil {
		return false
	}
	for i := range a.known {
		h := &a.known[i]
		switch {
		case h.first > before:
		case h.client.SameSubnet(c.key):
			return true
		case c.owner == 0 || h.owner != c.owner:
		case t.Agent != 0 && h.uses(t.Agent), t.Family == event.Mobile && h.usesFamily(event.Mobile), windowsOnly(t):
			return true
		}
	}
	return false
}

// knows reports whether the account has signed in from a client, by its whole address.
func (a *account) knows(address event.ClientKey) bool { return a.knownAt(address) != nil }

// knowsSubnet reports whether the account has signed in from the subnet of a client.
func (a *account) knowsSubnet(address event.ClientKey) bool {
	return slices.ContainsFunc(a.known, func(h knownClient) bool { return h.client.SameSubnet(address) })
}

// knewSubnet reports whether the account had signed in from the subnet of a client
// before a time.
func (a *account) knewSubnet(address event.ClientKey, before int64) bool {
	return slices.ContainsFunc(a.known, func(h knownClient) bool { return h.client.SameSubnet(address) && h.first < before })
}

func (h *knownClient) usesFamily(f event.Family) bool {
	return h.families[0] == f || h.families[1] == f || h.families[2] == f
}

// usedAgent reports whether the account had signed in with an agent well before
// a time, wherever that was. The mail protocols are no agent of one's own.
func (a *account) usedAgent(agent uint32, before int64) bool {
	if a == nil || agent == 0 || agent == mailProtocols {
		return false
	}
	for i := range a.known {
		if a.known[i].usedBefore(agent, before) {
			return true
		}
	}
	return false
}

// usedFamily reports whether the account had signed in with an agent of the family of an
// attempt well before it, as in usedBefore. An attempt of which the program is not known
// may be any account's.
func (a *account) usedFamily(t *window.Attempt) bool {
	return t.Agent == 0 || t.Agent == mailProtocols || a.usedKind(t.Family, t.At-agentAge)
}

// usedKind reports whether the account had signed in with an agent of a family up to a
// time.
func (a *account) usedKind(f event.Family, before int64) bool {
	for i := range a.known {
		h := &a.known[i]
		for n, have := range h.agents {
			if have.agent != 0 && h.families[n] == f && int64(have.since)*minute <= before {
				return true
			}
		}
	}
	return false
}

// neverUsed reports whether an account that has signed in before had not used an agent
// well before a time, as in usedBefore.
func (a *account) neverUsed(agent uint32, before int64) bool {
	return len(a.known) > 0 && !slices.ContainsFunc(a.known, func(h knownClient) bool { return h.usedBefore(agent, before) })
}

// justArrived reports whether a success at a client is the account's first one there,
// which another log has reported already, and whether that log named the agent.
func (a *account) justArrived(k event.ClientKey, agent uint32, at int64) (arrived, named bool) {
	h := a.knownAt(k)
	return h != nil && abs(h.first-at) <= window.JoinWithin, h != nil && h.uses(agent)
}

// soonAfter reports whether the first or the last of some successes was within a time after a
// failure, in milliseconds.
func soonAfter(failed, first, last, within int64) bool {
	return first >= failed && first <= failed+within || last >= failed && last <= failed+within
}

// severalNetworks is the number of networks that an account fails from at a time
// only if somebody guesses its password: its own programs fail from two, with a
// laptop at one place and a telephone at another.
const severalNetworks = 3

// failsFromSeveral reports whether the account fails from several networks foreign to
// it in the hour before or after a time, from each for at least half of the hour.
// Telephones, which change networks on their way, do not count.
func (a *account) failsFromSeveral(at int64) bool {
	if a == nil {
		return false
	}
	var networks [maxKnownClients]struct {
		subnet event.ClientKey
		newest int64
		long   bool
	}
	n, long := 0, 0
	all := a.attempts.All()
	for i := len(all) - 1; i >= 0 && all[i].At > at-hour; i-- {
		if all[i].At >= at+hour || isMail(&all[i]) {
			continue
		}
		subnet, place := event.ClientKey(all[i].Client).Subnet(), 0
		for place < n && networks[place].subnet != subnet {
			place++
		}
		if place == len(networks) {
			continue
		}
		w := &networks[place]
		if place == n {
			n++
			w.subnet, w.newest = subnet, all[i].At
		}
		if !w.long && all[i].At <= w.newest-hour/2 {
			w.long = true
			long++
		}
	}
	return long >= severalNetworks
}

// knowsOwner reports whether the account had signed in from a network of an
// owner well before a time, as in usedBefore.
func (a *account) knowsOwner(owner uint32, before int64) bool {
	return a != nil && owner != 0 && slices.ContainsFunc(a.known, func(h knownClient) bool { return h.owner == owner && h.first <= before-agentAge })
}

// hadSignedIn reports whether the account had signed in up to a time.
func (a *account) hadSignedIn(before int64) bool {
	return slices.ContainsFunc(a.known, func(h knownClient) bool { return h.first <= before })
}

// sendsMail reports whether the account had used a mail program at one client for a day or longer, and first
// before a time, as in usedBefore.
func (a *account) sendsMail(before int64) bool {
	return slices.ContainsFunc(a.known, func(h knownClient) bool {
		return h.usedBefore(mailProtocols, before) && h.last >= h.first+day
	})
}

// signedInAfter reports whether the account has signed in after a time from another client than the one given.
func (a *account) signedInAfter(at int64, other event.ClientKey) bool {
	return slices.ContainsFunc(a.known, func(h knownClient) bool { return h.client != other && h.last > at })
}

// usedBefore reports whether the account went on to use the client for so long
// that the first success was its own.
func (a *account) usedBefore(c *client, got *signIn) bool {
	return slices.ContainsFunc(a.known, func(h knownClient) bool { return h.client == c.key && h.last >= got.first+day })
}
