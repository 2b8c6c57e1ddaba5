package event

import (
	"encoding/binary"
	"math"
	"math/bits"
	"math/rand/v2"
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

// seed is random, so that nobody can choose addresses with the same Spread.
var seed = [2]uint64{rand.Uint64(), rand.Uint64()}

// Spread returns a hash of the address for a table in memory, which is cheaper than
// Hash and different in each process.
func (k ClientKey) Spread() uint64 {
	low, high := binary.BigEndian.Uint64(k[8:]), binary.BigEndian.Uint64(k[:])
	high, low = bits.Mul64(low^seed[0], high^seed[1])
	return high ^ low
}

// Cut clears the bits beyond a prefix of v4bits for an IPv4 address, v6bits for an
// IPv6 address.
func (k ClientKey) Cut(v4bits, v6bits int) ClientKey {
	prefix := v6bits
	if k.Is4() {
		prefix = 96 + v4bits
	}
	high, low := binary.BigEndian.Uint64(k[:]), binary.BigEndian.Uint64(k[8:])
	// A shift by 64 or more gives 0; a shift by a negative number panics.
	binary.BigEndian.PutUint64(k[:], high&^(math.MaxUint64>>min(prefix, 64)))
	binary.BigEndian.PutUint64(k[8:], low&^(math.MaxUint64>>max(prefix-64, 0)))
	return k
}
