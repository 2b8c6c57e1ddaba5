package stuffing

import (
	"net/netip"
	"slices"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics/event"
	"redshank/analytics/policy"
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
	return address.Cut(s.policy.State.IPv4Prefix, s.policy.State.IPv6Prefix)
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

// maxOrigin bounds the owners and the tools of an origin.
const maxOrigin = 64

// origin is where the failures came from that opened a campaign, and what they were
// made with. Two attacks that go on at the same time differ in it.
type origin struct {
	Owners, Tools []uint32
	Scattered     bool // hardly two clients are known to have the same owner, as in a botnet
}

// originOf returns the origin of failures.
func (s *profiles) originOf(members []*evidence.Failure) (o origin) {
	clients, unknown := make(map[event.ClientKey]struct{}, len(members)), 0
	for _, f := range members {
		o.Tools = addBounded(o.Tools, f.Tool)
		key := s.cut(f.Client)
		if _, seen := clients[key]; seen {
			continue
		}
		clients[key] = struct{}{}
		owner := s.ownerOf(f)
		if owner == 0 {
			unknown++
		}
		o.Owners = addBounded(o.Owners, owner)
	}
	o.Scattered = 2*(len(o.Owners)+unknown) >= len(clients)
	return o
}

// ownerOf returns the owner of the network of a failure, 0 if it is not known.
func (s *profiles) ownerOf(f *evidence.Failure) uint32 {
	if c, ok := s.clients.Peek(s.cut(f.Client)); ok {
		return c.owner
	}
	return 0
}

func addBounded(list []uint32, v uint32) []uint32 {
	if v != 0 && len(list) < maxOrigin && !slices.Contains(list, v) {
		list = append(list, v)
	}
	return list
}

// alike reports whether failures of another origin may be of the same attack: a quarter
// of them share a tool or an owner with it, or both are scattered, so that their owners
// say nothing.
func (s *profiles) alike(o, other *origin, members []*evidence.Failure) bool {
	if o.Scattered && other.Scattered {
		return true
	}
	shared := 0
	for _, f := range members {
		if slices.Contains(o.Tools, f.Tool) || slices.Contains(o.Owners, s.ownerOf(f)) {
			shared++
		}
	}
	return 4*shared >= len(members)
}

// otherThan reports whether a campaign has begun so much earlier than failures that are made
// with none of its tools, or goes on so much later, that they are those of another attack.
func (k *campaign) otherThan(made *campaign, members []*evidence.Failure) bool {
	if slices.ContainsFunc(made.origin.Tools, func(tool uint32) bool { return slices.Contains(k.tools, tool) }) {
		return false
	}
	all, before, after := k.incident.Attempts(), 0, 0
	for n := range all {
		switch {
		case all[n].At < members[0].At:
			before++
		case all[n].At > members[len(members)-1].At:
			after++
		}
	}
	before += k.incident.Counts.Failures - len(all) // no longer kept
	sum := k.incident.Counts.Failures + len(members)
	return evidence.Later(before, len(members), sum) || evidence.Later(after, len(members), sum)
}

// add makes the tools and owners of failures that share a rare trait part of o.
func (o *origin) add(other *origin) {
	for _, v := range other.Owners {
		o.Owners = addBounded(o.Owners, v)
	}
	for _, v := range other.Tools {
		o.Tools = addBounded(o.Tools, v)
	}
}

// failuresOf returns the failures that a campaign keeps, in order.
func (s *profiles) failuresOf(k *campaign) []*evidence.Failure {
	all := k.incident.Attempts()
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

// part returns those of all failures of a campaign, at about the time of the latest, that are those of
// another one that is split off, and makes their clients no clients of the campaign.
func (s *profiles) part(k, made *campaign, all, latest []*evidence.Failure) (members []*evidence.Failure) {
	first, last := latest[0].At, latest[len(latest)-1].At
	for _, f := range all {
		if f.At >= 2*first-last && f.At <= 2*last-first && made.claims(f.Tool, s.ownerOf(f)) {
			members = append(members, f)
			delete(k.clients, s.cut(f.Client))
		}
	}
	return members
}

// otherRate reports whether some failures of a campaign come four times as fast as its others, or
// four times as slowly.
func (k *campaign) otherRate(of []*evidence.Failure) bool {
	span := of[len(of)-1].At - of[0].At
	rest := float64(max(k.end-k.began-span, 1))
	usual := float64(k.incident.Counts.Failures-len(of)) * float64(max(span, 1)) / rest // in as much time
	return float64(len(of)) >= 4*usual || usual >= 4*float64(len(of))
}

// otherOrigin returns those of the latest failures of a campaign that come from networks of other
// owners than the others, or are made with other tools, and a campaign of them. Two origins that are
// scattered differ in tools only. They are two thirds of the latest and come at another rate, or, from
// few owners, half, while the others go on beside them or have long ended. Otherwise otherOrigin
// returns nil.
func (s *profiles) otherOrigin(k *campaign, latest, others []*evidence.Failure) (*campaign, []*evidence.Failure) {
	if len(others) < latestFailures/3 {
		return nil, nil
	}
	rest := s.originOf(others)
	of := evidence.MoreFrequent(latest, others, s.ownerOf)
	made := campaign{parted: true, origin: s.originOf(of)}
	if enough := 3*len(of) >= 2*len(latest) && k.otherRate(of) || len(others) >= latestFailures && 2*len(of) >= len(latest) && !made.origin.Scattered && evidence.Beside(of, latest, others); enough && !(made.origin.Scattered && rest.Scattered) {
		made.origin.add(&origin{Tools: rest.Tools})
		if !rest.Scattered {
			made.elsewhere = slices.DeleteFunc(rest.Owners, func(o uint32) bool { return slices.Contains(made.origin.Owners, o) })
		}
		return &made, of
	}
	if of = evidence.MoreFrequent(latest, others, func(f *evidence.Failure) uint32 { return f.Tool }); 3*len(of) >= 2*len(latest) && k.otherRate(of) {
		return &campaign{parted: true, origin: s.originOf(of)}, of
	}
	return nil, nil
}

// claims reports whether an attempt with a tool from the network of an owner is one of a campaign
// that was split off by its origin.
func (k *campaign) claims(tool, owner uint32) bool {
	return slices.Contains(k.origin.Tools, tool) &&
		(slices.Contains(k.origin.Owners, owner) || len(k.elsewhere) > 0 && !slices.Contains(k.elsewhere, owner))
}
