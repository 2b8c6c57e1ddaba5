package otherworld

import (
	"net/netip"
	"slices"
	"time"

	"redshank/test/world"
)

// attack is an attack in the truth; the acts that follow add to it.
type attack struct{ *world.Attack }

// attack begins an attack.
func (w *World) attack(rule, kind string, classes []string) attack {
	a := attack{&world.Attack{Rule: rule, Kind: kind, Classes: classes}}
	w.Truth.Attacks = append(w.Truth.Attacks, a.Attack)
	return a
}

// saw adds an act of the attack.
func (a attack) saw(at time.Time, from netip.Addr, account string) {
	if a.Start.IsZero() || at.Before(a.Start) {
		a.Start = at
	}
	if at.After(a.End) {
		a.End = at
	}
	a.Addresses, a.Accounts = include(a.Addresses, from), include(a.Accounts, account)
}

// knows adds a password that the attacker knows to be right from now on.
func (a attack) knows(account string, from netip.Addr) {
	a.Valid = include(a.Valid, world.Valid{Account: account, Address: from})
}

// honest begins an honest situation.
func (w *World) honest(kind string, start, end time.Time) *situation {
	n := &world.Noise{Kind: kind, Start: start, End: end}
	w.Truth.Noise = append(w.Truth.Noise, n)
	return &situation{n}
}

// situation is an honest situation in the truth.
type situation struct{ *world.Noise }

// saw adds who was seen in the situation, and where.
func (s *situation) saw(from netip.Addr, account string) {
	s.Addresses, s.Accounts = include(s.Addresses, from), include(s.Accounts, account)
}

// include adds v to list if v is new and not zero.
func include[T comparable](list []T, v T) []T {
	var zero T
	if v == zero || slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}
