package baseline

import (
	"encoding/binary"
	"net/netip"

	"redshank/analytics/event"
)

// Kind is the kind of a feature.
type Kind byte

// The kinds of features.
const (
	Network Kind = 'n'
	Country Kind = 'c'
	Device  Kind = 'd'
	Family  Kind = 'f'
	App     Kind = 'p'
	Method  Kind = 'm' // authentication method
	Reader  Kind = 'r' // a program that reads mail, with its network
)

// Key returns the key of a feature, 0 for an empty value.
func Key(kind Kind, value []byte) uint64 {
	if len(value) == 0 {
		return 0
	}
	return event.SaltedHash(byte(kind), value)
}

// NetworkKey returns the key of an address's network: the autonomous system or, if
// that is not known (0), a wide prefix.
func NetworkKey(ip netip.Addr, asn uint32) uint64 {
	if asn != 0 {
		var b [4]byte
		binary.LittleEndian.PutUint32(b[:], asn)
		return Key(Network, b[:])
	}
	wide := event.ClientKey(ip.As16()).Network()
	return Key(Network, wide[:])
}
