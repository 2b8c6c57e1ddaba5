package event

import (
	"encoding/binary"
	"math"
	"net/netip"

	"github.com/cespare/xxhash/v2"
)

// ClientKey is an address in its 16-byte form, cut to the policy's prefix. It
// holds no pointer, so a table of a million of them is nothing to the garbage
// collector.
type ClientKey [16]byte

func (k ClientKey) Addr() netip.Addr { return netip.AddrFrom16(k).Unmap() }

// Is4 recognises an IPv4 address. netip would do, but is asked several times for
// each sign-in.
func (k ClientKey) Is4() bool {
	return binary.BigEndian.Uint64(k[:]) == 0 && binary.BigEndian.Uint32(k[8:]) == 0xffff
}

// Network returns the wider network of a client: IPv4 /16, IPv6 /32. A home router
// or a phone that gets a new address mostly stays within it.
func (k ClientKey) Network() ClientKey { return k.Cut(16, 32) }

// Near reports whether two clients are of one network. Most are one client.
func (k ClientKey) Near(o ClientKey) bool { return k == o || k.Network() == o.Network() }

// Hash returns a hash of the address.
func (k ClientKey) Hash() uint64 { return xxhash.Sum64(k[:]) }

// Cut clears what lies beyond the policy's prefix.
func (k ClientKey) Cut(v4bits, v6bits int) ClientKey {
	bits := v6bits
	if k.Is4() {
		bits = 96 + v4bits
	}
	high, low := binary.BigEndian.Uint64(k[:]), binary.BigEndian.Uint64(k[8:])
	// A shift by 64 or more leaves nothing; by a negative number it would panic.
	binary.BigEndian.PutUint64(k[:], high&^(math.MaxUint64>>min(bits, 64)))
	binary.BigEndian.PutUint64(k[8:], low&^(math.MaxUint64>>max(bits-64, 0)))
	return k
}
