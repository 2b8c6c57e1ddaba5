package collection

import (
	"redshank/analytics/baseline"
	"redshank/analytics/event"
)

// networkContext is the network and location of an event's client.
type networkContext struct {
	network uint64 // feature of the network: by owner (ASN), else by prefix; 0: none
	usual   bool   // the policy calls it usual for everybody
	v6      bool   // an IPv6 network without a known owner, which cannot be compared with IPv4
	country []byte
	// ownDevice: the sign-in was made with a device that the account has long used.
	ownDevice bool
	program   bool // mail is read by a program
	located   bool // latitude and longitude are known
	lat       float32
	lon       float32
}

// networkContextOf returns the context of an event. It is empty for cloud back
// ends and the server's own addresses.
func (c *Detector) networkContextOf(ev *event.Event) (w networkContext) {
	const usual = event.AllowedNetwork | event.CorporateEgress | event.KnownLocation
	w.country, w.usual = ev.Country, ev.Marks&usual != 0
	if c.clientOf(ev) == (event.ClientKey{}) {
		return w
	}
	l := c.geo.Locate(ev.IP)
	w.v6 = ev.IP.Is6() && l.ASN == 0
	w.network = baseline.NetworkKey(ev.IP, l.ASN)
	if len(w.country) == 0 && l.Country != "" {
		w.country = c.spell(l.Country)
	}
	w.located, w.lat, w.lon = l.Located, float32(l.Lat), float32(l.Lon)
	return w
}

// spell returns a country as bytes, for hashing, without allocating.
func (c *Detector) spell(country string) []byte {
	c.country = append(c.country[:0], country...)
	return c.country
}
