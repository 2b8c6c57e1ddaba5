// Package network makes the address plan of a world: who owns which range of
// addresses, and where. IPv4 ranges are from 240.0.0.0/4 (reserved) and IPv6
// ranges from 3fff::/20 (documentation, RFC 9637), so that no address is
// anybody's.
package network

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
)

// Place is a city.
type Place struct {
	Country, City string // ISO 3166 code; English name
	Lat, Lon      float64
}

// Network is what one owner announces.
type Network struct {
	ASN    uint32
	Owner  string
	Blocks []Block
}

// Block is a /16 of IPv4, or a /32 of IPv6, and the places of its four
// quarters.
type Block struct {
	Prefix netip.Prefix
	Places [4]Place
}

// Plan hands out ranges. The zero value is not usable; see NewPlan.
type Plan struct {
	Networks []*Network

	rng    *rand.Rand
	blocks []int // IPv4 /16 numbers in the order in which they are given out
	six    int   // IPv6 /32 given out so far
}

// firstASN is the first of the autonomous system numbers for private use.
const firstASN = 4_200_000_000

// NewPlan returns an empty plan that draws from rng.
func NewPlan(rng *rand.Rand) *Plan {
	return &Plan{rng: rng, blocks: rng.Perm(15 * 256)} // 240.0/16 to 254.255/16
}

// Add assigns IPv4 blocks to an owner and, if six is set, one IPv6 block. The
// quarters of each block are assigned to places in turn.
func (p *Plan) Add(owner string, blocks int, six bool, places ...Place) *Network {
	n := &Network{ASN: firstASN + uint32(p.rng.IntN(1<<20))*16 + uint32(len(p.Networks)%16), Owner: owner}
	turn := 0
	next := func() (four [4]Place) {
		for i := range four {
			four[i] = places[turn%len(places)]
			turn++
		}
		return four
	}
	for range blocks {
		number := p.blocks[len(p.blocks)-1]
		p.blocks = p.blocks[:len(p.blocks)-1]
		addr := netip.AddrFrom4([4]byte{byte(240 + number/256), byte(number % 256)})
		n.Blocks = append(n.Blocks, Block{netip.PrefixFrom(addr, 16), next()})
	}
	if six {
		addr := netip.AddrFrom16([16]byte{0x3f, 0xff, byte(p.six >> 8), byte(p.six)})
		p.six++
		n.Blocks = append(n.Blocks, Block{netip.PrefixFrom(addr, 32), next()})
	}
	p.Networks = append(p.Networks, n)
	return n
}

// V4 returns the IPv4 address that belongs to key: the same key is always the
// same address. Addresses end in 1 to 254.
func (n *Network) V4(key uint64) netip.Addr {
	fours := 0
	for _, b := range n.Blocks {
		if b.Prefix.Addr().Is4() {
			fours++
		}
	}
	key = Mix(key)
	addr := n.Blocks[key%uint64(fours)].Prefix.Addr().As4()
	addr[2], addr[3] = byte(key>>16), byte(1+key>>24%254)
	return netip.AddrFrom4(addr)
}

// Near returns an IPv4 address in the /24 of a, the same for the same key.
func Near(a netip.Addr, key uint64) netip.Addr {
	b := a.As4()
	b[3] = byte(1 + Mix(key)%254)
	return netip.AddrFrom4(b)
}

// V6 returns an address in the /64 of a subscriber; suffix chooses the host.
func (n *Network) V6(subscriber, suffix uint64) netip.Addr {
	b := n.Blocks[len(n.Blocks)-1].Prefix.Addr().As16()
	binary.BigEndian.PutUint32(b[4:], uint32(Mix(subscriber)))
	binary.BigEndian.PutUint64(b[8:], Mix(suffix)|1<<62)
	return netip.AddrFrom16(b)
}

// Locate returns the owner and the place of an address; false for addresses
// outside the plan.
func (p *Plan) Locate(a netip.Addr) (*Network, Place, bool) {
	for _, n := range p.Networks {
		for i := range n.Blocks {
			if b := &n.Blocks[i]; b.Prefix.Contains(a) {
				return n, b.Places[quarter(a)], true
			}
		}
	}
	return nil, Place{}, false
}

// Country returns the country and the city of an address: for those outside the plan,
// Microsoft's.
func (p *Plan) Country(a netip.Addr) (code, city string) {
	if _, place, ok := p.Locate(a); ok {
		return place.Country, place.City
	}
	return "US", "Redmond"
}

// quarter is the quarter of its block that an address lies in.
func quarter(a netip.Addr) int {
	if a.Is4() {
		return int(a.As4()[2] >> 6)
	}
	return int(a.As16()[4] >> 6)
}

// Mix scrambles a number (splitmix64).
func Mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
