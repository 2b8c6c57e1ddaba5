// Package policy is what a SOC tunes: a strict YAML file over an embedded
// default, and the embedded detection content (codes, app ids, patterns).
package policy

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/policy/strict"
)

// Policy is a loaded, checked policy. It is immutable; lists in files are
// swapped atomically behind it.
type Policy struct {
	Stuffing   Stuffing
	Collection Collection
	Alerts     Alerts
	State      State
	Drill      Drill

	*contentTables
	selection
	geoDatabases
	domains    *event.Domains
	agents     *event.Agents
	automation automation

	networks atomic.Pointer[networkTable]
	accounts atomic.Pointer[accountTable]
	leaked   atomic.Pointer[leakedTable]

	refreshing sync.Mutex // guards spec and the refresh of databases
	spec       spec
}

// spec is what the lookup tables are built from.
type spec struct {
	networks networkLists
	accounts accountLists
	leaked   leakedLists
}

// Stuffing tunes AN1269.
type Stuffing struct {
	// MailboxLoginThreshold: distinct failing accounts of one address that open an incident.
	MailboxLoginThreshold struct{ Burst, Slow, Leaked int }
	// FailureThreshold: failures of one address that open one on fewer accounts.
	FailureThreshold struct{ Burst, Slow int }
	Window           struct{ Burst, Slow time.Duration }
	// Forgiveness: a failure followed within it by the same account's success
	// from the same address is a typo.
	Forgiveness time.Duration
	// Campaign: the distributed form. RareAddresses and Accounts: distinct
	// clients and accounts that fail with something in common that few accounts
	// of the tenant use. Addresses: failures above the tenant's own level where
	// they have nothing in common. AccountAddresses: networks that one account
	// fails from.
	Campaign struct{ Addresses, Accounts, AccountAddresses, RareAddresses int }
	// Privileged: failures of one privileged account from foreign networks in a
	// day; or a day on several days.
	Privileged struct{ Day, Days int }
	// Rare: how many accounts of the tenant may use what counts as rare, at
	// least, and per thousand accounts.
	Rare struct{ Accounts, PerThousand int }
}

// Collection tunes AN0131. MITRE's UserAgentPattern is part of the agents,
// KnownIPLocations the mark KnownLocation, PrivilegedUserList the mark
// PrivilegedUser.
type Collection struct {
	// TimeWindow: how far apart an abnormal sign-in and scripted access may be.
	TimeWindow time.Duration
	// Baseline: when a baseline is mature.
	Baseline LearningPeriod
	// Weights override those of the content, by signal code, 0 to 100.
	Weights map[string]int
}

// LearningPeriod is when a baseline becomes mature: after Days distinct days or SignIns
// sign-ins, whichever comes first.
type LearningPeriod struct{ Days, SignIns int }

// Alerts tunes how incidents are reported.
type Alerts struct {
	Quiet     time.Duration // an incident without events for this long is over
	Cooldown  time.Duration // least event time between two messages that report growth only
	PerMinute int           // messages per minute of event time before a summary replaces them
	// MinimumSeverity: low, medium, high or critical. Messages below it do not leave.
	MinimumSeverity string
}

// State tunes the state of the detections.
type State struct {
	IPv4Prefix, IPv6Prefix int           // bits of an address that make one client
	Lateness               time.Duration // how much later than its successors an event may come
}

// Agent returns the family of a user agent and the product or tool that it names.
func (p *Policy) Agent(agent []byte) (event.Family, string) { return p.agents.Match(agent) }

// Blockable reports whether a prefix may stand on a block list: public unicast
// addresses, none of them in a list of networks of the policy that are allowed, the
// organisation's own, trusted proxies or Microsoft's.
func (p *Policy) Blockable(prefix netip.Prefix) bool {
	if !prefix.IsValid() || !prefix.Addr().IsGlobalUnicast() || prefix.Addr().IsPrivate() {
		return false
	}
	const spared = event.AllowedNetwork | event.CorporateEgress | event.MicrosoftRange | event.KnownLocation | trustedProxy
	t := p.networks.Load()
	for _, within := range t.places.Subnets(prefix) {
		if within.marks&spared != 0 {
			return false
		}
	}
	return t.find(prefix.Addr()).marks&spared == 0
}

// AddressMarks is what the networks of the policy say of an address now. It serves
// explanations: events carry their marks.
func (p *Policy) AddressMarks(addr netip.Addr) event.Marks { return p.networks.Load().find(addr).marks }

// ClientOf returns the client that an address belongs to: its prefix, as state.ipv4_prefix
// and state.ipv6_prefix say.
func (p *Policy) ClientOf(address event.ClientKey) event.ClientKey {
	return address.Cut(p.State.IPv4Prefix, p.State.IPv6Prefix)
}

// NetworkLabels are the labels of an address. It allocates; it serves alerts.
func (p *Policy) NetworkLabels(addr netip.Addr) []string {
	t := p.networks.Load()
	return t.names(t.find(addr))
}

// Groups are the groups of a canonical account. It allocates; it serves alerts
// and the making of a baseline.
func (p *Policy) Groups(user []byte) []string {
	t := p.accounts.Load()
	return t.names(t.find(user))
}

// AccountMarks is what the lists say of a canonical account now. It serves
// alerts: events carry their marks.
func (p *Policy) AccountMarks(user []byte) event.Marks {
	marks := p.accounts.Load().find(user).marks
	if p.leaked.Load().has(user) {
		marks |= event.LeakedAccount
	}
	return marks
}

// ClientHeaders returns the headers from which web logs take the client behind a
// trusted proxy, the best first; nil if the policy names none.
func (p *Policy) ClientHeaders() []string { return p.spec.networks.headers }

// Account is the canonical form of an account in any spelling.
func (p *Policy) Account(raw string) string {
	return string(p.domains.Account(nil, []byte(raw)).User)
}

// Automations are the declared ones, in the order of the policy.
func (p *Policy) Automations() []*Automation { return p.automation }

// Signals returns all signals with the weights in force, in the order of the
// documentation.
func (p *Policy) Signals() []Signal {
	list := slices.Clone(p.signals)
	for i := range list {
		if weight, ok := p.Collection.Weights[list[i].Code]; ok {
			list[i].Weight = weight
		}
	}
	return list
}

// Schema returns the JSON Schema (draft 7) of a policy, indented. Descriptions and
// defaults are those of the default policy.
func Schema() []byte {
	p := &Policy{contentTables: loadContent(), domains: newDomains()}
	text, err := strict.Schema("Redshank policy", p.fields(nil), defaults)
	if err != nil {
		panic(fmt.Sprintf("policy: schema: %v", err)) // a bug, found by any test
	}
	return text
}

// Advice returns sentences about settings that would improve detection, none of
// which prevents a start. now determines which entries have expired. Every mute is
// listed.
func (p *Policy) Advice(now time.Time) []string {
	var advice []string
	if p.domains.Default == "" && len(p.domains.Names) == 0 {
		advice = append(advice, "no domains: CONTOSO\\alice, alice and alice@contoso.com count as different accounts (want domains.default and domains.netbios)")
	}
	if !p.HasOwners() {
		advice = append(advice, "no databases.asn: networks are known by prefix, not by owner")
	}
	if p.geoDatabases.city.path == "" {
		advice = append(advice, "no databases.city: countries are known from Microsoft's logs only, and impossible travel is not seen in the others")
	}
	for _, a := range p.automation {
		if a.Expired(now) {
			advice = append(advice, fmt.Sprintf("automation %q (line %d) expired on %s: its activity raises alerts again", a.Name, a.Line, a.ExpiresText))
		}
	}
	for _, m := range p.mutes {
		state := "expires"
		if m.Expired(now) {
			state = "expired"
		}
		advice = append(advice, fmt.Sprintf("mute %q (line %d) of %s %s on %s", m.Reason, m.Line, m.Owner, state, m.ExpiresText))
	}
	return advice
}

func newDomains() *event.Domains { return &event.Domains{Names: map[string]string{}} }
