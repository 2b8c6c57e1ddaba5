package policy

import (
	"hash/maphash"
	"net/netip"

	"redshank/analytics/event"
)

// Memo is Normalise for one goroutine. It remembers what came out for the last
// few thousand pairs of client and account: on a mail server the same ones
// come again and again, and to read their names takes five times as long as to
// find them here. With each pair it keeps what its user has looked up for it.
// It takes 3 MB, and never grows.
type Memo[T any] struct {
	tags   [memoSlots]uint64      // hash of the raw fields; 0: empty
	known  [memoSlots]identity[T] // of that hash
	policy *Policy
	seed   maphash.Seed
	spare  T      // for what is too long to be remembered
	clock  uint64 // entries made so far

	// What the entries were made with: new lists make all of them void.
	networks *networkTable
	accounts *accountTable
	leaked   *leakedTable
}

const (
	memoSlots = 1 << 14
	ways      = 4 // places that a pair may have
	// maxMemoNames bounds account and mailbox together, in bytes; the few that
	// are longer are read each time.
	maxMemoNames = 76
)

// identity is what follows from address, account, mailbox and agent alone:
// three cache lines, where T is little more than one of them. Texts lie in it
// and not behind it, so that a flood of new ones allocates nothing and the
// garbage collector has nothing to look at.
type identity[T any] struct {
	kept      T
	at        uint64 // by the memo's clock
	userHash  uint64
	ip        [16]byte
	agentHash uint32
	marks     event.Marks
	from      event.IPFrom
	kind      event.UserKind
	family    event.Family
	located   bool // ip is one
	user      uint8
	mailbox   uint8 // lengths
	names     [maxMemoNames]byte
}

// NewMemo makes one.
func NewMemo[T any](p *Policy) *Memo[T] { return &Memo[T]{policy: p, seed: maphash.MakeSeed()} }

// Normalise is Policy.Normalise of an event of that Hash, and hands over what is
// kept with the pair, at first the zero value. What it sets in ev, and the
// pointer, hold until it is called again.
func (m *Memo[T]) Normalise(hash uint64, ev *event.Event) (kept *T) {
	m.renew()
	slot, found := m.find(hash)
	if found {
		m.known[slot].apply(ev)
		kept = &m.known[slot].kept
	} else {
		before := ev.Marks
		ev.Marks = 0
		m.policy.identify(ev)
		kept = m.keep(slot, hash, ev)
		ev.Marks |= before
	}
	m.policy.judge(ev)
	return kept
}

// Fetch reads where the pair of a hash would stand, so that Peek has it at hand;
// what it returns is of no use.
func (m *Memo[T]) Fetch(hash uint64) uint64 { return m.tags[hash%memoSlots] }

// Peek is what is kept with the pair of a hash; nil where that is not known. It
// may be another pair's after the next Normalise.
func (m *Memo[T]) Peek(hash uint64) *T {
	if way := m.way(hash); way < ways {
		return &m.known[hash%memoSlots^way].kept
	}
	return nil
}

// find tells where a pair stands, or else which one gives way to it: the oldest
// of the places that a hash may have. Of two, one busy pair in ten would have
// none.
func (m *Memo[T]) find(hash uint64) (slot uint64, found bool) {
	base := hash % memoSlots
	if way := m.way(hash); way < ways {
		return base ^ way, true
	}
	slot = base
	for way := range uint64(ways) {
		if m.known[base^way].at < m.known[slot].at {
			slot = base ^ way
		}
	}
	return slot, false
}

// way is at which of its places a pair stands, all in one cache line of tags;
// ways where at none.
func (m *Memo[T]) way(hash uint64) (way uint64) {
	base := hash % memoSlots
	for way < ways && m.tags[base^way] != hash {
		way++
	}
	return way
}

// renew forgets all where a list has changed.
func (m *Memo[T]) renew() {
	n, a, l := m.policy.networks.Load(), m.policy.accounts.Load(), m.policy.leaked.Load()
	if n != m.networks || a != m.accounts || l != m.leaked {
		m.networks, m.accounts, m.leaked = n, a, l
		clear(m.tags[:])
	}
}

// Hash is of what an identity follows from, and never 0. Two pairs of one hash
// are taken for one another, with a chance of 2^-64, and nobody can look for them
// without the seed.
func (m *Memo[T]) Hash(ev *event.Event) uint64 {
	var h uint64
	for _, field := range [...][]byte{ev.RawIP, ev.RawForwarded, ev.RawUser, ev.Mailbox, ev.Agent} {
		h *= 0x9e3779b97f4a7c15 // what is in one field must not pass for another
		if len(field) > 0 {
			h ^= maphash.Bytes(m.seed, field)
		}
		h = h>>29 | h<<35
	}
	if ev.Pluses {
		h = ^h
	}
	return h | 1
}

// keep takes over what was found out, where it fits.
func (m *Memo[T]) keep(slot, hash uint64, ev *event.Event) *T {
	if len(ev.User)+len(ev.Mailbox) > maxMemoNames {
		m.spare = *new(T)
		return &m.spare
	}
	m.clock++
	m.tags[slot] = hash
	id := &m.known[slot]
	*id = identity[T]{at: m.clock, userHash: ev.UserHash(), agentHash: ev.AgentHash(), marks: ev.Marks, from: ev.IPFrom,
		kind: ev.UserKind, family: ev.Family, located: ev.IP.IsValid(), user: uint8(len(ev.User)), mailbox: uint8(len(ev.Mailbox))}
	if id.located {
		id.ip = ev.IP.As16()
	}
	copy(id.names[copy(id.names[:], ev.User):], ev.Mailbox)
	return &id.kept
}

func (id *identity[T]) apply(ev *event.Event) {
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
