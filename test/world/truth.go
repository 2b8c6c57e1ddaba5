package world

import (
	"net/netip"
	"slices"
	"time"
)

// Truth is the ground truth of a world, for an evaluation.
type Truth struct {
	Attacks []*Attack
	Noise   []*Noise
}

// Attack is one attack that should be found.
type Attack struct {
	Kind       string
	Rule       string    // AN1269 or AN0131
	Start, End time.Time // first and last act
	Addresses  []netip.Addr
	Accounts   []string // that failed (AN1269), or whose mail was read (AN0131), as user principal names
	Apps       []string // ids of the applications that are the attacker's or are abused
	Classes    []string // any of them is right
	Valid      []Valid  // credentials that the attacker has found to be right
	Shared     bool     // honest people use the addresses, too
	Host       string   // computer on which a script ran
}

// Valid is a credential that was found to be right, and where.
type Valid struct {
	Account string
	Address netip.Addr
}

// Noise is an honest situation that looks like an attack, or may.
type Noise struct {
	Kind       string
	Start, End time.Time
	Addresses  []netip.Addr
	Accounts   []string
	Apps       []string
}

// Saw adds an act of the attack.
func (a *Attack) Saw(at time.Time, from netip.Addr, account string) {
	if a.Start.IsZero() || at.Before(a.Start) {
		a.Start = at
	}
	if at.After(a.End) {
		a.End = at
	}
	a.Addresses, a.Accounts = Include(a.Addresses, from), Include(a.Accounts, account)
}

// Found adds a credential that the attacker knows to be right now.
func (a *Attack) Found(account string, from netip.Addr) {
	a.Valid = Include(a.Valid, Valid{account, from})
}

// Saw adds who was seen in the situation, and where.
func (n *Noise) Saw(from netip.Addr, account string) {
	n.Addresses, n.Accounts = Include(n.Addresses, from), Include(n.Accounts, account)
}

// Within sets when the situation begins and ends.
func (n *Noise) Within(start, end time.Time) { n.Start, n.End = start, end }

// Include adds v to list if v is new and not zero.
func Include[T comparable](list []T, v T) []T {
	var zero T
	if v == zero || slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}
