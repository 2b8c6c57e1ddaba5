package policy

import (
	"hash/maphash"
	"net/netip"

	"redshank/analytics/event"
)

// Memo is Normalise for one goroutine. It remembers what came out for the last
// few thousand pairs of client and account: on a mail server the same ones
// come again and again, and to read their names takes five times as long as to
// find them here. It takes 2 MB and never grows.
type Memo struct {
	policy *Policy
	seed   maphash.Seed
	known  [memoSlots]identity
	clock  uint32 // entries made so far

	// What the entries were made with: new lists make all of them void.
	networks *networkTable
	accounts *accountTable
	leaked   *leakedTable
}

const (
	memoSlots = 1 << 13
	// maxMemoName bounds the accounts that are remembered, in bytes; the few
	// longer ones are read each time.
	maxMemoName = 64
)

// identity is what follows from address, account, mailbox and agent alone.
// Texts lie in it and not behind it, so that a flood of new ones allocates
// nothing.
type identity struct {
	hash          uint64 // of the raw fields; 0: empty
	ip            netip.Addr
	userHash      uint64
	agentHash     uint32
	at            uint32 // by the memo's clock
	marks         event.Marks
	from          event.IPFrom
	kind          event.UserKind
	family        event.Family
	user, mailbox uint8 // lengths
	texts         [2 * maxMemoName]byte
}

// Memo makes one.
func (p *Policy) Memo() *Memo { return &Memo{policy: p, seed: maphash.MakeSeed()} }

// Normalise is Policy.Normalise. What it sets in ev holds until it is called
// again.
func (m *Memo) Normalise(ev *event.Event) {
	m.renew()
	hash := m.hash(ev)
	// Of the two places that a hash may stand in the older gives way.
	first, second := &m.known[hash%memoSlots], &m.known[hash%memoSlots^1]
	switch hash {
	case first.hash:
		first.apply(ev)
	case second.hash:
		second.apply(ev)
	default:
		if m.clock++; second.at < first.at {
			first = second
		}
		before := ev.Marks
		ev.Marks = 0
		m.policy.identify(ev)
		first.keep(hash, ev)
		first.at = m.clock
		ev.Marks |= before
	}
	m.policy.judge(ev)
}

// renew forgets all where a list has changed.
func (m *Memo) renew() {
	n, a, l := m.policy.networks.Load(), m.policy.accounts.Load(), m.policy.leaked.Load()
	if n != m.networks || a != m.accounts || l != m.leaked {
		m.networks, m.accounts, m.leaked = n, a, l
		clear(m.known[:])
	}
}

// hash is never 0. Two pairs of one hash are taken for one another, with a
// chance of 2^-64, and nobody can look for them without the seed.
func (m *Memo) hash(ev *event.Event) uint64 {
	var h uint64
	for _, field := range [...][]byte{ev.RawIP, ev.RawForwarded, ev.RawUser, ev.Mailbox, ev.Agent} {
		h *= 0x9e3779b97f4a7c15 // what is in one field must not pass for another
		if len(field) > 0 {
			h ^= maphash.Bytes(m.seed, field)
		}
		h = h>>29 | h<<35
	}
	return h | 1
}

// keep takes over what was found out, where it fits.
func (id *identity) keep(hash uint64, ev *event.Event) {
	id.hash = 0
	if len(ev.User) > maxMemoName || len(ev.Mailbox) > maxMemoName {
		return
	}
	id.hash, id.ip, id.from = hash, ev.IP, ev.IPFrom
	id.kind, id.family, id.marks = ev.UserKind, ev.Family, ev.Marks
	id.userHash, id.agentHash = ev.UserHash(), ev.AgentHash()
	id.user = uint8(copy(id.texts[:maxMemoName], ev.User))
	id.mailbox = uint8(copy(id.texts[maxMemoName:], ev.Mailbox))
}

func (id *identity) apply(ev *event.Event) {
	ev.IP, ev.IPFrom = id.ip, id.from
	ev.UserKind, ev.Family, ev.Marks = id.kind, id.family, ev.Marks|id.marks
	ev.User = id.texts[:id.user:id.user]
	if id.mailbox > 0 || len(ev.Mailbox) > 0 {
		ev.Mailbox = id.texts[maxMemoName : maxMemoName+int(id.mailbox)]
	}
	ev.SetHashes(id.userHash, id.agentHash)
}
