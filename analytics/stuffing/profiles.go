package stuffing

import (
	"net/netip"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/stuffing/attack"
	"redshank/analytics/stuffing/evidence"
	"redshank/analytics/window"
)

// profiles keeps the profiles of clients and accounts, and finds those that an
// event is about.
type profiles struct {
	policy    *policy.Policy
	incidents *incidents // for restored profiles
	clients   *window.Table[event.ClientKey, *client]
	accounts  *window.Table[uint64, *account]
	pairs     *window.PairCache[pair]
	tools     tools
}

func newProfiles(p *policy.Policy, i *incidents, maxIPs, maxUsers int) *profiles {
	return &profiles{
		policy:    p,
		incidents: i,
		clients:   window.NewTable[event.ClientKey, *client](maxIPs, event.ClientKey.Spread),
		accounts:  window.NewTable[uint64, *account](maxUsers, window.Spread),
		pairs:     &window.PairCache[pair]{},
	}
}

// keyOf returns the client that the event's address belongs to.
func (s *profiles) keyOf(ev *event.Event) event.ClientKey {
	return s.cut(event.ClientKey(ev.IP.As16()))
}

// cut returns the client that an address belongs to.
func (s *profiles) cut(address event.ClientKey) event.ClientKey {
	return s.policy.ClientOf(address)
}

// prefix returns the prefix of a client, or zero for a single address.
func (s *profiles) prefix(k event.ClientKey) netip.Prefix {
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
	client  window.Handle[*client]
	account window.Handle[*account]
}

func (s *profiles) client(ev *event.Event) *client {
	known := s.pairs.Get(ev.Pair)
	if c, ok := s.clients.StillValid(&known.client); ok {
		return c
	}
	k := s.keyOf(ev)
	c, ok := s.clients.Get(k)
	if !ok {
		c = &client{key: k, owner: s.owner(ev.IP, k)}
		s.clients.Add(k, c)
	}
	known.client = s.clients.Handle(c)
	return c
}

// namesAccount reports whether an event names its account. An attempt that does not
// counts as a failure of its address and never as a distinct user.
func namesAccount(ev *event.Event) bool { return ev.UserKind != event.UserUnknown && len(ev.User) > 0 }

// knownAccount returns the account of an event, or nil if it is not named or not
// in the table. What only ever fails, as most guessed names do, gets an entry
// when the failures are compared; see guessed.
func (s *profiles) knownAccount(ev *event.Event) *account {
	if !namesAccount(ev) {
		return nil
	}
	known := s.pairs.Get(ev.Pair)
	if a, ok := s.accounts.StillValid(&known.account); ok {
		return a
	}
	a, ok := s.accounts.Get(ev.UserHash())
	if !ok {
		return nil
	}
	known.account = s.accounts.Handle(a)
	return a
}

// account returns the account of an event, or nil if it is not named.
func (s *profiles) account(ev *event.Event) *account {
	a := s.knownAccount(ev)
	if a == nil && namesAccount(ev) {
		a = &account{key: ev.UserHash(), name: string(ev.User)}
		s.accounts.Add(a.key, a)
	}
	return a
}

// accountOf returns the account of an event, or, where its log names none, the
// account that another log has named for the attempt; nil if neither did.
func (s *profiles) accountOf(ev *event.Event, t *window.Attempt) *account {
	if namesAccount(ev) || t.Key == 0 {
		return s.account(ev)
	}
	a, ok := s.accounts.Get(t.Key)
	if !ok {
		a = &account{key: t.Key, name: t.Name}
		s.accounts.Add(a.key, a)
	}
	return a
}

// owner returns the network owner of a client: its autonomous system number,
// or the wider prefix without a database.
func (s *profiles) owner(ip netip.Addr, k event.ClientKey) uint32 {
	if s.policy.HasOwners() {
		return s.policy.Owner(ip)
	}
	return uint32(k.Network().Hash()) | 1<<31
}

// ownerOf returns the owner of the network of a failure, 0 if it is not known.
func (s *profiles) ownerOf(f *evidence.Failure) uint32 {
	if c, ok := s.clients.Peek(s.cut(f.Client)); ok {
		return c.owner
	}
	return 0
}

// failuresOf returns the failures that the incident of a campaign keeps, in order.
func (s *profiles) failuresOf(i *attack.Attack) []*evidence.Failure {
	all := i.Attempts()
	failures, of := make([]evidence.Failure, len(all)), make([]*evidence.Failure, len(all))
	for n := range all {
		f := &failures[n]
		f.Attempt, of[n] = all[n], f
		if c, ok := s.clients.Peek(s.cut(f.Client)); ok {
			f.Single = s.incidents.inReach(c.incident, f.At)
		}
	}
	return of
}

func (s *profiles) newAttempt(ev *event.Event, a *account) window.Attempt {
	t := window.Attempt{At: ev.Time.UnixMilli(), Client: ev.IP.As16(), Agent: programOf(ev), Tool: s.tools.of(ev), Sources: 1 << ev.Source,
		Reason: ev.Reason, Service: ev.Service, Family: ev.Family, Marks: ev.Marks}
	switch {
	case a != nil:
		t.Key, t.Name = a.key, a.name
	case namesAccount(ev):
		t.Key, t.Name = ev.UserHash(), string(ev.User)
	}
	return t
}

// toolCache is the number of agents whose kind is remembered: a power of two.
const toolCache = 1024

// tools returns what a sign-in was made with, as one number: the user agent
// without its version numbers, and the application. A new build of a browser is
// the same tool as the old one. Where the log has neither, the service stands
// for them.
type tools struct {
	agents [toolCache]struct{ exact, kind uint32 }
}

func (t *tools) of(ev *event.Event) uint32 {
	kind := uint32(0)
	if exact := ev.AgentHash(); exact != 0 {
		slot := &t.agents[exact/2%toolCache]
		if slot.exact != exact {
			slot.exact, slot.kind = exact, agentKind(ev.AgentText())
		}
		kind = slot.kind
	}
	if kind == 0 && len(ev.App) == 0 {
		return uint32(ev.Service)<<1 | 1
	}
	h := uint64(kind)
	if len(ev.App) > 0 {
		h ^= xxhash.Sum64(ev.App)
	}
	return uint32(h^h>>32) | window.ToolNamed
}

// mailProtocols stands for the agent of IMAP, POP and SMTP, which name none. One
// program mostly uses two of them, one to read and one to send.
const mailProtocols = 1

// programOf returns the hash of the user agent of an event, mailProtocols for a mail
// protocol, or 0 where the log names no program.
func programOf(ev *event.Event) uint32 {
	if agent := ev.AgentHash(); agent != 0 || !evidence.MailProtocol(ev.Service) {
		return agent
	}
	return mailProtocols
}

// agentKind returns a hash of an agent without its digits (FNV-1a).
func agentKind(agent []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range agent[:min(len(agent), 256)] {
		if c < '0' || c > '9' {
			h = (h ^ uint32(c)) * 16777619
		}
	}
	return h | 1
}

// appOf returns the application of an event, or its service if the log names
// no application.
func appOf(ev *event.Event) uint32 {
	if len(ev.App) == 0 {
		return uint32(ev.Service)<<1 | 1
	}
	return uint32(xxhash.Sum64(ev.App)) | 1
}
