package collection

import (
	"fmt"

	"redshank/analytics/collection/behaviour"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/state"
	"redshank/analytics/window"
)

// Times of session.two_networks, in milliseconds.
const (
	switchedWithin = event.Hour // too soon to travel; a VPN can
	returnedWithin = event.Day  // the session is back in the first network
	siteSpan       = 10 * 60 * 1000
)

// session holds where a session or token was used: the four latest networks.
type session [4]site

// site is the use of a session in one network.
type site struct {
	network     uint64 // 0: the entry is free
	first, last int64
	read        int64 // when a person's client first opened mail; 0: not yet
	client      event.ClientKey
	usual       bool // the policy calls the network usual, or the account's own device was there
}

// sessions detects sessions and tokens that are used in two networks.
type sessions struct {
	policy   *policy.Policy
	networks *networks
	weights  *weights
	evidence *evidence
	recent   *window.Recent[session]
}

// observe raises a signal for a session or token that is used in two unrelated
// networks. The signal is about the network that is not usual for the account. Two
// usual networks raise none, since people turn a VPN on and off.
func (c *sessions) observe(d *profile, ev *event.Event, w *networkContext) {
	if w.network != 0 {
		c.useIn(d, ev, w, 's', ev.Session)
		c.useIn(d, ev, w, 't', ev.Token)
	}
}

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
	here := seen.place(w.network)
	before := seen[here]
	if before.network == 0 {
		seen[here] = site{w.network, at, at, 0, clientOf(ev), w.usual || w.ownDevice}
	}
	seen[here].use(at, ev, w)
	if seen != known {
		c.recent.Add(key, seen)
	}
	for i := range seen {
		if o := &seen[i]; i != here && o.network != 0 {
			c.compareSites(d, ev, &seen[here], o, &before)
		}
	}
}

// place returns the entry of a network: its own, a free one, or that of the
// network used longest ago.
func (s *session) place(network uint64) int {
	oldest := 0
	for i := range s {
		switch {
		case s[i].network == network || s[i].network == 0:
			return i
		case s[i].last < s[oldest].last:
			oldest = i
		}
	}
	s[oldest] = site{}
	return oldest
}

// use adds a use to a site. The time of the last use is precise to ten minutes.
func (s *site) use(at int64, ev *event.Event, w *networkContext) {
	s.first = min(s.first, at)
	if at-s.last >= siteSpan {
		s.last = at
	}
	s.usual = s.usual || w.ownDevice
	if ev.Action == event.MailAccess && !w.program && (s.read == 0 || at < s.read) {
		s.read = at
	}
}

// compareSites raises the signal if a session changes networks within an hour, or
// within a day to a network of servers for rent. A session that goes to another
// network and comes back within a day counts half, and so does that of a telephone,
// which moves between mobile and other networks, and one that goes to another network
// in the same city. before is the site of this network
// without the current event.
func (c *sessions) compareSites(d *profile, ev *event.Event, here, there, before *site) {
	at := ev.Time.UnixMilli()
	gap := min(distance(at, there.first), distance(at, there.last))
	returned := before.network != 0 && before.last < there.first && there.last < at && at-before.last < returnedWithin
	if gap >= returnedWithin {
		return
	}
	s := c.odd(d, here, there)
	if s == nil {
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
	n.first, n.last, n.client, n.feature, n.half = s.first, s.first, s.client, s.network, slow || nearby || c.byTelephone(ev)
	n.links[1] = linkOf(c.policy, s.client)
	c.evidence.record(d, n, nil, ev)
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
func (c *sessions) rentedSite(s *site) bool {
	return s.client != (event.ClientKey{}) && c.networks.rented(s.client.Addr())
}

func distance(a, b int64) int64 { return max(a-b, b-a) }

// odd returns the one of two sites that is not the account's: neither usual nor
// known before. If neither is the account's, odd returns the one that fewer others
// use, or else the later one; if both are, nil.
func (c *sessions) odd(d *profile, a, b *site) *site {
	if a.first < b.first {
		a, b = b, a
	}
	switch {
	case c.owns(d, a) && c.owns(d, b):
		return nil
	case c.owns(d, a):
		return b
	case c.owns(d, b), c.weights.others(d, sessionMoved, a.network, a.first) <= c.weights.others(d, sessionMoved, b.network, b.first):
		return a
	}
	return b
}

// owns reports whether a site is in a network of the account's.
func (c *sessions) owns(d *profile, s *site) bool {
	return s.usual || d.Baseline.KnewBefore(s.network, s.first, d.learning(c.policy.Collection.Baseline))
}

// cityKilometres is the distance within which a database of cities places two networks
// of one city.
const cityKilometres = 50

// sameCity reports whether two sites are in one city. Without a database of cities
// sameCity returns false.
func (c *sessions) sameCity(a, b *site) bool {
	none := event.ClientKey{}
	if a.client == none || b.client == none {
		return false
	}
	p, o := c.networks.geo.Locate(a.client.Addr()), c.networks.geo.Locate(b.client.Addr())
	from := behaviour.Point{Lat: float32(p.Lat), Lon: float32(p.Lon)}
	return p.Located && o.Located && from.Kilometres(&behaviour.Point{Lat: float32(o.Lat), Lon: float32(o.Lon)}) <= cityKilometres
}

// savedSite is the saved form of a session, one list for each field of site.
type savedSite struct {
	Turn    uint64
	Network []uint64
	First   []int64
	Client  []event.ClientKey
	Usual   []bool
	Last    []int64
	Read    []int64
}

// table returns the table of sessions.
func (c *sessions) table() state.Table {
	return state.Table{
		Name: "sessions", Track: c.recent.Track, Restore: c.restore, Loaded: c.recent.Loaded,
		Changes: func(w *state.Writer) {
			c.recent.Changes(func(d window.Dated[session], present bool) {
				w.Encode("sessions", savedSession(&d))
				w.Put("sessions", w.Number(d.Key), present)
			})
		},
	}
}

func (c *sessions) restore(key, value []byte) error {
	var in savedSite
	k, err := state.Unmarshal(key, value, &in)
	if err == nil {
		var s session
		if n := len(in.Network); n > len(s) || len(in.First) != n || len(in.Client) != n || len(in.Usual) != n || len(in.Last) != n || len(in.Read) != n {
			return fmt.Errorf("session of %d networks (want at most %d)", n, len(s))
		}
		for i := range in.Network {
			s[i] = site{in.Network[i], in.First[i], in.Last[i], in.Read[i], in.Client[i], in.Usual[i]}
		}
		c.recent.Load(window.Dated[session]{Key: k, At: in.Turn, Value: s})
	}
	return err
}

// savedSession returns the networks that a session was used in.
func savedSession(d *window.Dated[session]) *savedSite {
	out := &savedSite{Turn: d.At}
	for _, s := range d.Value {
		if s.network == 0 {
			break
		}
		out.Network, out.First, out.Last = append(out.Network, s.network), append(out.First, s.first), append(out.Last, s.last)
		out.Read, out.Client, out.Usual = append(out.Read, s.read), append(out.Client, s.client), append(out.Usual, s.usual)
	}
	return out
}
