package policy

import (
	"hash/maphash"
	"net/netip"

	"redshank/analytics/event"
)

// Cache is a normalisation cache: Policy.Normalise for one goroutine, which keeps
// the result for the last few thousand pairs of client and account. On a mail
// server the same pairs come again and again, and normalising their names takes
// five times as long as finding them here. The cache is 4-way set-associative,
// takes 2 MB and never grows.
type Cache struct {
	tags    [event.PairSlots]uint64 // hash of the raw fields, with a state in its lowest bits; 0 for an empty slot
	entries [event.PairSlots]identity
	agents  [agentSlots]agentIdentity // a new pair nearly always has a known agent
	policy  *Policy
	seed    maphash.Seed
	made    uint64 // entries made so far

	// The lists that the entries were made with: a new list voids all entries.
	networks *networkTable
	accounts *accountTable
	leaked   *leakedTable
}

const (
	ways       = 4   // slots that a hash may occupy
	agentSlots = 256 // a hash has one
	// maxCachedNames bounds account and mailbox together, in bytes. Longer names
	// are normalised each time.
	maxCachedNames = 76
)

// state is what a pair has in the cache.
type state uint64

// The states. The numbers are the lowest bits of tags.
const (
	failedOnce state = iota // nothing yet: its slot is free
	hasSlot                 // a slot, to keep data by
	unmet                   // nothing; in no tag
	kept                    // a slot with its identity

	stateMask = 3 // of all hashes
)

// identity is the result for an address, account, mailbox and agent. Names
// are stored inside it and not behind a pointer, so that a flood of new names
// allocates nothing and the garbage collector has nothing to scan.
type identity struct {
	userHash  uint64
	ip        [16]byte
	agentHash uint32
	marks     event.Marks
	from      event.IPFrom
	kind      event.UserKind
	family    event.Family
	located   bool // ip is valid
	user      uint8
	mailbox   uint8 // lengths
	names     [maxCachedNames]byte
}

// NewCache returns an empty cache.
func NewCache(p *Policy) *Cache { return &Cache{policy: p, seed: maphash.MakeSeed()} }

// Normalise does the same as Policy.Normalise and sets ev.Pair, except where a pair
// fails for the first time. All that it sets in ev is valid until the next call.
func (c *Cache) Normalise(ev *event.Event) {
	c.renew()
	hash, agent := c.hash(ev)
	slot, was := c.find(hash)
	if was == kept {
		ev.Pair = event.Pair{Hash: hash, Slot: uint16(slot)}
		c.entries[slot].apply(ev)
	} else {
		before := ev.Marks
		ev.Marks = 0
		c.policy.identify(ev)
		c.identifyAgent(ev, agent)
		c.met(slot, hash, was, ev)
		ev.Marks |= before
	}
	c.policy.judge(ev)
}

// find returns the slot of a pair and the state of the pair. A pair without a slot is to
// have that of a pair that failed once, or one of a set in turn.
func (c *Cache) find(hash uint64) (slot uint64, now state) {
	base := hash % event.PairSlots
	slot = base ^ c.made%ways
	for way := range uint64(ways) {
		switch tag := c.tags[base^way]; {
		case tag|stateMask == hash:
			return base ^ way, state(tag & stateMask)
		case state(tag&stateMask) == failedOnce:
			slot = base ^ way
		}
	}
	return slot, unmet
}

// met notes a pair whose identity is not in the cache. A pair that fails gets its slot
// when it comes again: most pairs of a flood come once, and then push out no other pair
// but one of a set. Any pair gets its identity then.
func (c *Cache) met(slot, hash uint64, was state, ev *event.Event) {
	now := hasSlot
	switch {
	case was == unmet && ev.Outcome == event.Failure:
		now = failedOnce
	case was != unmet && c.keep(slot, ev):
		now = kept
	}
	if now != was {
		c.made++
		c.tags[slot] = hash&^stateMask | uint64(now)
	}
	if now != failedOnce {
		ev.Pair = event.Pair{Hash: hash, Slot: uint16(slot)}
	}
}

// renew invalidates all entries after a list has changed. A new seed also
// invalidates the data that other packages keep by event.Pair.
func (c *Cache) renew() {
	n, a, l := c.policy.networks.Load(), c.policy.accounts.Load(), c.policy.leaked.Load()
	if n != c.networks || a != c.accounts || l != c.leaked {
		c.networks, c.accounts, c.leaked = n, a, l
		c.seed = maphash.MakeSeed()
		clear(c.tags[:])
	}
}

// hash returns a hash of the input of an identity, never 0, and one of the agent
// alone. Two pairs with the same hash are confused, with a probability of 2^-62;
// without the seed an attacker cannot search for such pairs.
func (c *Cache) hash(ev *event.Event) (pair, agent uint64) {
	if len(ev.Agent) > 0 {
		agent = maphash.Bytes(c.seed, ev.Agent)
	}
	if ev.Pluses {
		agent = ^agent
	}
	h := agent
	for _, field := range [...][]byte{ev.RawIP, ev.RawForwarded, ev.RawUser, ev.Mailbox} {
		h *= 0x9e3779b97f4a7c15 // a value must not pass for the same value in another field
		if len(field) > 0 {
			h ^= maphash.Bytes(c.seed, field)
		}
		h = h>>29 | h<<35
	}
	return h | stateMask, agent
}

// agentIdentity is the result for an agent, by its hash; the zero value is that of
// no agent.
type agentIdentity struct {
	raw    uint64
	hash   uint32
	family event.Family
}

// identifyAgent finds the family of an agent, which takes a fifth of the time of all
// that is found for a pair.
func (c *Cache) identifyAgent(ev *event.Event, raw uint64) {
	known := &c.agents[raw%agentSlots]
	if known.raw != raw {
		ev.Family, _ = c.policy.agents.Match(ev.AgentText())
		*known = agentIdentity{raw, ev.AgentHash(), ev.Family}
	}
	ev.Family = known.family
	ev.SetHashes(ev.UserHash(), known.hash)
}

// keep stores a normalised identity if its names fit, and reports whether they do.
func (c *Cache) keep(slot uint64, ev *event.Event) bool {
	if len(ev.User)+len(ev.Mailbox) > maxCachedNames {
		return false
	}
	id := &c.entries[slot]
	*id = identity{userHash: ev.UserHash(), agentHash: ev.AgentHash(), marks: ev.Marks, from: ev.IPFrom,
		kind: ev.UserKind, family: ev.Family, located: ev.IP.IsValid(), user: uint8(len(ev.User)), mailbox: uint8(len(ev.Mailbox))}
	if id.located {
		id.ip = ev.IP.As16()
	}
	copy(id.names[copy(id.names[:], ev.User):], ev.Mailbox)
	return true
}

func (id *identity) apply(ev *event.Event) {
	ev.IP = netip.Addr{}
	if id.located {
		ev.IP = netip.AddrFrom16(id.ip).Unmap()
	}
	ev.IPFrom = id.from
	ev.UserKind, ev.Family, ev.Marks = id.kind, id.family, ev.Marks|id.marks
	ev.User = id.names[:id.user:id.user]
	if id.mailbox > 0 || len(ev.Mailbox) > 0 {
		ev.Mailbox = id.names[id.user : id.user+id.mailbox]
	}
	ev.SetHashes(id.userHash, id.agentHash)
}
