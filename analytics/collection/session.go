package collection

import (
	"slices"

	"redshank/analytics/collection/behaviour"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/window"
)

// Times of session.two_networks, in milliseconds.
const (
	switchedWithin = event.Hour // too soon to travel; a VPN can
	returnedWithin = event.Day  // the session is back in the first network
)

// sessions detects sessions and tokens that are used in two networks.
type sessions struct {
	policy   *policy.Policy
	networks *networks
	weights  *weights
	evidence *evidence
	recent   *window.Recent[behaviour.Session]
}

// observe raises a signal for a session or token that is used in two unrelated
// networks. The signal is about the network that is not usual for the account. Two
// usual networks raise none, since people turn a VPN on and off.
func (c *sessions) observe(d *profile, ev *event.Event, w *networkContext) {
	if w.network == 0 {
		return
	}
	if w.ownDevice && len(ev.Session) > 0 && len(d.observations) > 0 {
		c.byOwnDevice(d, event.SaltedHash('s', ev.Session), w.network)
	}
	c.useIn(d, ev, w, 's', ev.Session)
	c.useIn(d, ev, w, 't', ev.Token)
}

// byOwnDevice takes back what the mail of a session in a network had raised before the
// sign-in was logged that the account's own device made there. An incident that would not
// have opened is withdrawn.
func (c *sessions) byOwnDevice(d *profile, session, network uint64) {
	affected := c.evidence.drop(d, nil, func(n *observation) bool {
		return ofOwnDevice.has(n.kind) && n.links[0] == session && c.networks.networkOf(n.client) == network
	})
	for i, owners := range c.evidence.ownersOf(affected) {
		affected[i].OwnDevice = true
		c.evidence.revise(affected[i], owners)
	}
}

// ofOwnDevice are the signals of a session that say nothing if the account's own device
// made the sign-in.
var ofOwnDevice = setOf(newNetwork, newCountry, signInRented, sessionMoved, impossibleTravel, accessOrdinary)

// useIn records one use of a session or token in a network.
func (c *sessions) useIn(d *profile, ev *event.Event, w *networkContext, kind byte, id []byte) {
	if len(id) == 0 {
		return
	}
	if w.v6 {
		kind -= 'a' - 'A' // without network owners, IPv6 and IPv4 networks cannot be compared
	}
	key, at := event.SaltedHash(kind, id), ev.Time.UnixMilli()
	known, _ := c.recent.Get(key)
	seen := known
	here := seen.Place(w.network)
	before := seen[here]
	if before.Network == 0 {
		seen[here] = behaviour.Site{Network: w.network, First: at, Last: at, Client: clientOf(ev), Usual: w.usual || w.ownDevice}
	}
	seen[here].Use(at, w.ownDevice, ev.Action == event.SignIn, ev.Action == event.MailAccess && !w.program)
	if seen != known {
		c.recent.Add(key, seen)
	}
	for i := range seen {
		if o := &seen[i]; i != here && o.Network != 0 {
			c.compareSites(d, ev, &seen[here], o, &before)
		}
	}
}

// ofUnknownDevice reports whether an event names a session whose sign-in in its network
// is known, and was not made with the account's own device.
func (c *sessions) ofUnknownDevice(ev *event.Event, w *networkContext) bool {
	if len(ev.Session) == 0 {
		return false
	}
	seen, _ := c.recent.Get(event.SaltedHash('s', ev.Session))
	return slices.ContainsFunc(seen[:], func(s behaviour.Site) bool { return s.Network == w.network && s.SignedIn && !s.Usual })
}

// compareSites raises the signal if a session changes networks within an hour, or
// within a day to a network of servers for rent. A session that goes to another
// network and comes back within a day counts half, and so does that of a telephone,
// which moves between mobile and other networks, and one that goes to another network
// in the same city. before is the site of this network without the current event.
func (c *sessions) compareSites(d *profile, ev *event.Event, here, there, before *behaviour.Site) {
	at := ev.Time.UnixMilli()
	gap := min(distance(at, there.First), distance(at, there.Last))
	returned := before.Network != 0 && before.Last < there.First && there.Last < at && at-before.Last < returnedWithin
	if gap >= returnedWithin {
		return
	}
	s := c.odd(d, here, there)
	if s == nil || c.roaming(d, here, there) {
		return
	}
	nearby := c.sameCity(here, there) && !c.rentedSite(s)
	if nearby && !c.owns(d, here) && !c.owns(d, there) {
		return // a traveller in a hotel, and on a mobile network
	}
	slow := gap >= switchedWithin && !c.rentedSite(s)
	if slow && !returned {
		return
	}
	n := c.evidence.observationOf(ev, sessionMoved)
	n.first, n.last, n.client, n.feature, n.half = s.First, s.First, s.Client, s.Network, slow || nearby || c.byTelephone(ev)
	n.links[1] = linkOf(c.policy, s.Client)
	if s == there {
		ev = nil // of the account itself
	}
	c.evidence.record(d, n, nil, ev)
	if s == here && ev.Action == event.MailAccess && d.kind == aUser && !n.half && c.tooFar(here, there, gap) {
		far := n // a sign-in is compared with others
		far.kind = impossibleTravel
		c.evidence.record(d, far, nil, ev)
	}
	if d.kind == aUser && c.rentedSite(s) && !d.Baseline.KnewBefore(anyRented, s.First, c.policy.Collection.Baseline) {
		n.kind, n.half = signInRented, false // a stolen session needs no sign-in that is logged
		c.evidence.record(d, n, nil, ev)
	}
}

// roaming reports whether neither of two sites is the account's, although its networks
// have long been known. Without a database of network owners, each part of a carrier's
// network looks like one of its own.
func (c *sessions) roaming(d *profile, a, b *behaviour.Site) bool {
	return !c.policy.HasOwners() && !c.owns(d, a) && !c.owns(d, b) && d.Baseline.IsMature(min(a.First, b.First)) &&
		!c.rentedSite(a) && !c.rentedSite(b)
}

// byTelephone reports whether a client for telephones made an event.
func (c *sessions) byTelephone(ev *event.Event) bool {
	family := ev.Family
	if len(ev.Agent) == 0 {
		family, _ = c.policy.Agent(ev.Client)
	}
	return family == event.Mobile
}

// rentedSite reports whether a site is in a network of servers for rent.
func (c *sessions) rentedSite(s *behaviour.Site) bool {
	return s.Client != (event.ClientKey{}) && c.networks.rented(s.Client.Addr())
}

// odd returns the one of two sites that is not the account's: neither usual nor
// known before. If neither is the account's, odd returns the one that fewer others
// use, or else the later one; if both are, nil.
func (c *sessions) odd(d *profile, a, b *behaviour.Site) *behaviour.Site {
	if a.First < b.First {
		a, b = b, a
	}
	switch {
	case c.owns(d, a) && c.owns(d, b):
		return nil
	case c.owns(d, a):
		return b
	case c.owns(d, b), c.weights.others(d, sessionMoved, a.Network, a.Client, a.First) <= c.weights.others(d, sessionMoved, b.Network, b.Client, b.First):
		return a
	}
	return b
}

// owns reports whether a site is in a network of the account's.
func (c *sessions) owns(d *profile, s *behaviour.Site) bool {
	return s.Usual || d.Baseline.KnewBefore(s.Network, s.First, d.learning(c.policy.Collection.Baseline))
}

// cityKilometres is the distance within which a database of cities places two networks
// of one city.
const cityKilometres = 50

// tooFar reports whether nobody travels between two sites in a time.
func (c *sessions) tooFar(a, b *behaviour.Site, gap int64) bool {
	far, known := c.kilometres(a, b)
	return known && !reachable(far, gap)
}

// sameCity reports whether two sites are in one city. Without a database of cities
// sameCity returns false.
func (c *sessions) sameCity(a, b *behaviour.Site) bool {
	far, known := c.kilometres(a, b)
	return known && far <= cityKilometres
}

// kilometres returns the distance between two sites, as far as both are known.
func (c *sessions) kilometres(a, b *behaviour.Site) (far float64, known bool) {
	none := event.ClientKey{}
	if a.Client == none || b.Client == none {
		return 0, false
	}
	p, o := c.networks.geo.Locate(a.Client.Addr()), c.networks.geo.Locate(b.Client.Addr())
	from := behaviour.Point{Lat: float32(p.Lat), Lon: float32(p.Lon)}
	return from.Kilometres(&behaviour.Point{Lat: float32(o.Lat), Lon: float32(o.Lon)}), p.Located && o.Located
}
