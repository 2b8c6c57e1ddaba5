package profile

import (
	"net/netip"

	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/policy"
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/window"
)

// Set keeps the profiles of clients and accounts, and finds those that an
// event is about.
type Set struct {
	policy   *policy.Policy
	tracker  *incident.Tracker // for restored profiles
	Clients  *window.Table[event.ClientKey, *Client]
	Accounts *window.Table[uint64, *Account] // by hash of the name
	pairs    *window.PairCache[pair]
	tools    tools
	texts    texts
}

// New returns an empty set of at most maxIPs clients and maxUsers accounts. The tracker has the
// incidents of restored profiles.
func New(p *policy.Policy, tracker *incident.Tracker, maxIPs, maxUsers int) *Set {
	return &Set{
		policy:   p,
		tracker:  tracker,
		Clients:  window.NewTable[event.ClientKey, *Client](maxIPs, event.ClientKey.Spread),
		Accounts: window.NewTable[uint64, *Account](maxUsers, window.Spread),
		pairs:    &window.PairCache[pair]{},
	}
}

// ClientAt returns the client that an address belongs to, or nil if it is not known.
func (s *Set) ClientAt(address event.ClientKey) *Client {
	c, _ := s.Clients.Peek(s.KeyOf(address))
	return c
}

// KeyOf returns the key of the client that an address belongs to: its prefix, as the policy has it.
func (s *Set) KeyOf(address event.ClientKey) event.ClientKey {
	return s.policy.ClientOf(address)
}

// Prefix returns the prefix of a client, or the zero value for a single address.
func (s *Set) Prefix(k event.ClientKey) netip.Prefix {
	bits := s.policy.State.IPv6Prefix
	if k.Addr().Is4() {
		bits = s.policy.State.IPv4Prefix
	}
	if bits >= k.Addr().BitLen() {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(k.Addr(), bits)
}

// pair is the cached lookup of a client and an account.
type pair struct {
	client  window.Handle[*Client]
	account window.Handle[*Account]
}

// Client returns the client of an event, a new one if it is not known.
func (s *Set) Client(ev *event.Event) *Client {
	known := s.pairs.Get(ev.Pair)
	if c, ok := s.Clients.StillValid(&known.client); ok {
		return c
	}
	k := s.KeyOf(ev.IP.As16())
	c, ok := s.Clients.Get(k)
	if !ok {
		c = &Client{Key: k, Owner: s.owner(ev.IP, k)}
		s.Clients.Add(k, c)
	}
	known.client = s.Clients.Handle(c)
	return c
}

// Neighbours calls f for the other clients of the subnet of an IPv4 address.
func (s *Set) Neighbours(k event.ClientKey, f func(*Client)) {
	if !k.Is4() {
		return
	}
	for n := range 256 {
		other := k
		other[len(other)-1] = byte(n)
		if c, ok := s.Clients.Peek(other); ok && other != k {
			f(c)
		}
	}
}

// NamesAccount reports whether an event names its account. An attempt that does not
// counts as a failure of its address and never as a distinct user.
func NamesAccount(ev *event.Event) bool { return ev.UserKind != event.UserUnknown && len(ev.User) > 0 }

// KnownAccount returns the account of an event, or nil if it is not named or not
// in the table. What only ever fails, as most guessed names do, gets an entry
// when the failures are compared.
func (s *Set) KnownAccount(ev *event.Event) *Account {
	if !NamesAccount(ev) {
		return nil
	}
	known := s.pairs.Get(ev.Pair)
	if a, ok := s.Accounts.StillValid(&known.account); ok {
		return a
	}
	a, ok := s.Accounts.Get(ev.UserHash())
	if !ok {
		return nil
	}
	known.account = s.Accounts.Handle(a)
	return a
}

// Account returns the account of an event, a new one if it is not known, or nil if it is not named.
func (s *Set) Account(ev *event.Event) *Account {
	a := s.KnownAccount(ev)
	if a == nil && NamesAccount(ev) {
		a = &Account{Key: ev.UserHash(), Name: string(ev.User)}
		s.Accounts.Add(a.Key, a)
	}
	return a
}

// AccountOf returns the account of an event, or, where its log names none, the
// account that another log has named for the attempt; nil if neither did.
func (s *Set) AccountOf(ev *event.Event, t *window.Attempt) *Account {
	if NamesAccount(ev) || t.Key == 0 {
		return s.Account(ev)
	}
	a, ok := s.Accounts.Get(t.Key)
	if !ok {
		a = &Account{Key: t.Key, Name: t.Name}
		s.Accounts.Add(a.Key, a)
	}
	return a
}

// owner returns the network owner of a client: its autonomous system number,
// or the wider prefix without a database.
func (s *Set) owner(ip netip.Addr, k event.ClientKey) uint32 {
	if s.policy.HasOwners() {
		return s.policy.Owner(ip)
	}
	return uint32(k.Network().Hash()) | 1<<31
}

// OwnerOf returns the owner of the network of a failure, 0 if it is not known.
func (s *Set) OwnerOf(f *evidence.Failure) uint32 {
	if c := s.ClientAt(f.Client); c != nil {
		return c.Owner
	}
	return 0
}

// NewAttempt returns the attempt of an event. a is its account, or nil if that is not known.
func (s *Set) NewAttempt(ev *event.Event, a *Account) window.Attempt {
	t := window.Attempt{At: ev.Time.UnixMilli(), Client: ev.IP.As16(), Agent: ProgramOf(ev), Tool: s.ToolOf(ev), Sources: 1 << ev.Source,
		Reason: ev.Reason, Service: ev.Service, Family: ev.Family, Marks: ev.Marks}
	switch {
	case a != nil:
		t.Key, t.Name = a.Key, a.Name
	case NamesAccount(ev):
		t.Key, t.Name = ev.UserHash(), string(ev.User)
	}
	return t
}

// NewSignIn returns the sign-in of an event, by an account from a client.
func (s *Set) NewSignIn(ev *event.Event, c *Client, a *Account) SignIn {
	got := SignIn{Key: a.Key, Account: a, From: ev.IP.As16(), Agent: ProgramOf(ev), Tool: s.ToolOf(ev), App: AppOf(ev), Service: ev.Service,
		Family: ev.Family, Outcome: ev.Outcome, Reason: ev.Reason, proof: ev.Proof, First: ev.Time.UnixMilli(), hours: 1}
	got.Last = got.First
	got.Foreign = isForeign(c, &got)
	return got
}
