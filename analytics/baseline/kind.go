package baseline

import (
	"encoding/binary"
	"net/netip"
	"redshank/analytics/event"
)

// placeKind is what a place is: the things one gets used to.
type Kind byte

const (
	Network Kind = 'n'
	Country Kind = 'c'
	Device  Kind = 'd'
	Family  Kind = 'f'
	App     Kind = 'p'
	Method  Kind = 'm' // a protocol at sign-in
	Reader  Kind = 'r' // a program that reads mail, with its network
)

// placeKey is 0 for a value that is not there.
func Key(kind Kind, value []byte) uint64 {
	if len(value) == 0 {
		return 0
	}
	return event.SaltedHash(byte(kind), value)
}

// networkKey is the place of an address: its owner's network, or a wide prefix
// where the owner is not known.
func NetworkKey(ip netip.Addr, asn uint32) uint64 {
	if asn != 0 {
		var b [4]byte
		binary.LittleEndian.PutUint32(b[:], asn)
		return Key(Network, b[:])
	}
	wide := event.ClientKey(ip.As16()).Network()
	return Key(Network, wide[:])
}
