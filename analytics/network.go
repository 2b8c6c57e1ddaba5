package analytics

import (
	"encoding/binary"
	"net/netip"

	"redshank/analytics/event"
	"redshank/analytics/policy"
)

// whereabouts are what is known of the place that an event comes from.
type networkContext struct {
	network uint64 // the place of its network: by owner (ASN), else by prefix; 0: none
	usual   bool   // the policy calls it usual for everybody
	v6      bool   // told apart from IPv4 only where the owner is not known
	country []byte
	located bool // latitude and longitude are known
	lat     float32
	lon     float32
}

// maxSpots bounds what is remembered of the databases' answers: about 120
// bytes each, so that a busy client costs one look-up and not thousands.
const maxGeoCache = 8192

// where is empty for back ends of the cloud and the server's own addresses.
func (c *collection) networkContextOf(ev *event.Event) (w networkContext) {
	const usual = event.AllowedNetwork | event.CorporateEgress | event.KnownLocation
	w.country, w.usual = ev.Country, ev.Marks&usual != 0
	if c.clientOf(ev) == (ClientKey{}) {
		return w
	}
	l := c.locate(ev)
	w.v6 = ev.IP.Is6() && l.ASN == 0
	w.network = networkKey(ev.IP, l.ASN)
	if len(w.country) == 0 && l.Country != "" {
		w.country = c.spell(l.Country)
	}
	w.located, w.lat, w.lon = l.Located, float32(l.Lat), float32(l.Lon)
	return w
}

// networkKey is the place of an address: its owner's network, or a wide prefix
// where the owner is not known.
func networkKey(ip netip.Addr, asn uint32) uint64 {
	if asn != 0 {
		var b [4]byte
		binary.LittleEndian.PutUint32(b[:], asn)
		return featureKey(featureNetwork, b[:])
	}
	wide := ClientKey(ip.As16()).network()
	return featureKey(featureNetwork, wide[:])
}

// locate asks the databases, and remembers the answer until they change.
func (c *collection) locate(ev *event.Event) policy.Location {
	version := c.policy.LocationVersion()
	if version == 0 {
		return policy.Location{} // no databases
	}
	if version != c.geoVersion {
		c.geoCache.Purge()
		c.geoVersion = version
	}
	key := ClientKey(ev.IP.As16())
	l, ok := c.geoCache.Get(key)
	if !ok {
		l = c.policy.Locate(ev.IP)
		c.geoCache.Add(key, l)
	}
	return l
}

// spell is a country as bytes, which hashing takes, without allocating.
func (c *collection) spell(country string) []byte {
	c.country = append(c.country[:0], country...)
	return c.country
}
