package event

import (
	"encoding/binary"
	"math"
	"net/netip"

	"github.com/cespare/xxhash/v2"
)

// ClientKey is an address in its 16-byte form, often cut to the policy's prefix. A
// ClientKey has no pointer, so that the garbage collector need not scan a table of
// a million keys.
type ClientKey [16]byte

// Addr returns the address.
func (k ClientKey) Addr() netip.Addr { return netip.AddrFrom16(k).Unmap() }

// Is4 reports whether the address is an IPv4 address. It is cheaper than a detour
// by netip, and is called several times for each sign-in.
func (k ClientKey) Is4() bool {
	return binary.BigEndian.Uint64(k[:]) == 0 && binary.BigEndian.Uint32(k[8:]) == 0xffff
}

// Network returns the wider network of a client: IPv4 /16, IPv6 /32. A home router
// or a phone with a new address mostly stays within this network.
func (k ClientKey) Network() ClientKey { return k.Cut(16, 32) }

// Subnet returns the network that identifies an account's location as well as the
// address does: IPv4 /24, IPv6 /64.
func (k ClientKey) Subnet() ClientKey { return k.Cut(24, 64) }

// SameSubnet reports whether two addresses are in the same subnet.
func (k ClientKey) SameSubnet(o ClientKey) bool {
	if binary.BigEndian.Uint64(k[:]) != binary.BigEndian.Uint64(o[:]) {
		return false
	}
	if !k.Is4() {
		return !o.Is4()
	}
	return binary.BigEndian.Uint64(k[8:])>>8 == binary.BigEndian.Uint64(o[8:])>>8
}

// Hash returns a hash of the address.
func (k ClientKey) Hash() uint64 { return xxhash.Sum64(k[:]) }

// Spread returns a hash of the address that is good enough for the place in a cache and
// much cheaper than Hash. An attacker can find addresses with equal hashes.
func (k ClientKey) Spread() uint64 {
	high, low := binary.BigEndian.Uint64(k[:]), binary.BigEndian.Uint64(k[8:])
	return (low ^ high*0xd6e8feb86659fd93) * 0x9e3779b97f4a7c15
}

// Cut clears the bits beyond a prefix of v4bits for an IPv4 address, v6bits for an
// IPv6 address.
func (k ClientKey) Cut(v4bits, v6bits int) ClientKey {
	bits := v6bits
	if k.Is4() {
		bits = 96 + v4bits
	}
	high, low := binary.BigEndian.Uint64(k[:]), binary.BigEndian.Uint64(k[8:])
	// A shift by 64 or more gives 0; a shift by a negative number panics.
	binary.BigEndian.PutUint64(k[:], high&^(math.MaxUint64>>min(bits, 64)))
	binary.BigEndian.PutUint64(k[8:], low&^(math.MaxUint64>>max(bits-64, 0)))
	return k
}
