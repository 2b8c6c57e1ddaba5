package analytics

import (
	"net/netip"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// keyOf is the client that the event's address belongs to.
func (s *stuffing) keyOf(ev *event.Event) clientKey { return s.cut(clientKey(ev.IP.As16())) }

// cut takes an address to the client that it belongs to.
func (s *stuffing) cut(address clientKey) clientKey {
	return address.cut(s.policy.State.IPv4Prefix, s.policy.State.IPv6Prefix)
}

// prefix is the client as a prefix, zero where it is a single address.
func (s *stuffing) prefix(k clientKey) netip.Prefix {
	bits := s.policy.State.IPv6Prefix
	if k.addr().Is4() {
		bits = s.policy.State.IPv4Prefix
	}
	if bits >= k.addr().BitLen() {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(k.addr(), bits)
}

func (s *stuffing) client(ev *event.Event, known *acquaintance) *client {
	if c, ok := s.clients.Recall(&known.client); ok {
		return c
	}
	k := s.keyOf(ev)
	c, ok := s.clients.Get(k)
	if !ok {
		c = &client{key: k, owner: s.owner(ev.IP, k)}
		s.clients.Add(k, c)
	}
	known.client, known.stay = s.clients.Hold(c), nil
	return c
}

// account is nil where the account cannot be known: such a try counts as a
// failure of its address and never as a distinct user.
func (s *stuffing) account(ev *event.Event, known *acquaintance) *account {
	if ev.UserKind == event.UserUnknown || len(ev.User) == 0 {
		return nil
	}
	if a, ok := s.accounts.Recall(&known.account); ok {
		return a
	}
	k := ev.UserHash()
	a, ok := s.accounts.Get(k)
	if !ok {
		a = &account{key: k, name: string(ev.User)}
		s.accounts.Add(k, a)
	}
	known.account = s.accounts.Hold(a)
	return a
}

// owner is the network that a client belongs to: the number of its autonomous
// system, or the wider prefix where there is no database.
func (s *stuffing) owner(ip netip.Addr, k clientKey) uint32 {
	if s.policy.HasOwners() {
		return s.policy.Owner(ip)
	}
	return uint32(hashClient(k.network())) | 1<<31
}

func (s *stuffing) newTry(ev *event.Event, a *account) window.Try {
	t := window.Try{At: ev.Time.UnixMilli(), Client: ev.IP.As16(), Agent: ev.AgentHash(), Tool: s.tools.of(ev), Sources: 1 << ev.Source,
		Reason: ev.Reason, Service: ev.Service, Family: ev.Family, Marks: ev.Marks}
	if a != nil {
		t.Key, t.Name = a.key, a.name
	}
	return t
}
