package collection

import (
	"redshank/analytics/event"
)

// Times of session.two_networks, in milliseconds.
const (
	switchedWithin = event.Hour // nobody moves between two networks that soon, but by a tunnel
	returnedWithin = event.Day  // to the first network and back
	siteSpan       = 10 * 60 * 1000
)

// session is where a session or token was used: the four networks used last.
type session [4]site

// site is the use of a session in one network.
type site struct {
	network     uint64 // 0: nothing seen here
	first, last int64
	read        int64 // when mail was first opened by a person's client; 0: not yet
	client      event.ClientKey
	usual       bool // the policy calls the network usual, or the account's own device was there
}

// moved raises a signal for a session or token that is used in two unrelated
// networks, on the side that is not usual for the account: people switch a VPN
// on.
func (c *Detector) moved(d *profile, ev *event.Event, w *networkContext) {
	if w.network != 0 {
		c.movedTo(d, ev, w, 's', ev.Session)
		c.movedTo(d, ev, w, 't', ev.Token)
	}
}

func (c *Detector) movedTo(d *profile, ev *event.Event, w *networkContext, kind byte, id []byte) {
	if len(id) == 0 {
		return
	}
	if w.v6 {
		kind -= 'a' - 'A' // without owners the two families of addresses cannot be compared
	}
	key, at := event.SaltedHash(kind, id), ev.Time.UnixMilli()
	known, _ := c.sessions.Get(key)
	seen := known
	here := seen.place(w.network)
	before := seen[here]
	if before.network == 0 {
		seen[here] = site{w.network, at, at, 0, c.clientOf(ev), w.usual || w.ownDevice}
	}
	seen[here].use(at, ev, w)
	if seen != known {
		c.sessions.Add(key, seen)
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

// use adds a use to a site. The last one is kept to ten minutes.
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

// compareSites raises the signal when a session changes networks too fast, or
// within a day to a network of servers for rent, or when it goes to another network
// and comes back within a day, which counts half. before is what was known of this
// network.
func (c *Detector) compareSites(d *profile, ev *event.Event, here, there, before *site) {
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
	slow := gap >= switchedWithin && !c.rentedSite(s)
	if slow && !returned {
		return
	}
	n := c.observationOf(ev, sessionMoved)
	n.first, n.last, n.client, n.feature, n.half = s.first, s.first, s.client, s.network, slow
	n.links[1] = c.linkOf(s.client)
	c.record(d, n, nil, ev)
}

func (c *Detector) rentedSite(s *site) bool {
	return s.client != (event.ClientKey{}) && c.policy.RentedNetwork(c.geo.Locate(s.client.Addr()))
}

func distance(a, b int64) int64 { return max(a-b, b-a) }

// odd returns the one of two sites that is not the account's: neither usual nor
// known before; of two such the one that fewer others use, or else the later.
// It returns nil where both are the account's.
func (c *Detector) odd(d *profile, a, b *site) *site {
	if a.first < b.first {
		a, b = b, a
	}
	period := c.learning(d)
	own := func(s *site) bool { return s.usual || d.baseline.KnewBefore(s.network, s.first, period) }
	switch {
	case own(a) && own(b):
		return nil
	case own(a):
		return b
	case own(b), c.others(d, sessionMoved, a.network, a.first) <= c.others(d, sessionMoved, b.network, b.first):
		return a
	}
	return b
}

// openedMail adds the access to an observation of the first half whose session
// has opened mail already: the two logs arrive in any order.
func (c *Detector) openedMail(d *profile, n *observation) {
	if n.links[0] == 0 || !oddSession.has(n.kind) || d.kind != aUser {
		return
	}
	seen, _ := c.sessions.Get(n.links[0])
	for i := range seen {
		s := &seen[i]
		if s.read == 0 || distance(s.read, n.first) > event.Day {
			continue
		}
		c.record(d, observation{kind: accessOrdinary, first: s.read, last: s.read, client: s.client, links: links{n.links[0], c.linkOf(s.client)}}, nil, nil)
	}
}

// ordinary raises a signal for mail that any client opens in a network that is
// new to the account, or in the session or from the address of an abnormal
// sign-in; after the sign-in of a named attack tool, for any access.
func (c *Detector) ordinary(d *profile, ev *event.Event, w *networkContext) {
	if d.kind != aUser || ev.Access == event.Send {
		return
	}
	at := ev.Time.UnixMilli()
	if !w.usual && w.network != 0 && d.baseline.IsNew(w.network, at, c.policy.Collection.Baseline) {
		c.raiseUnless(w.network, d, ev, accessOrdinary, nil)
		if ev.Access == event.Sync && c.policy.RentedNetwork(c.geo.Locate(ev.IP)) {
			c.raiseUnless(w.network, d, ev, accessSync, ev.Mailbox)
		}
	}
	if len(d.observations) == 0 {
		return
	}
	n := c.observationOf(ev, accessOrdinary)
	for i := range d.observations {
		o := &d.observations[i]
		if !oddSession.has(o.kind) || o.weight == 0 || !o.near(&n, c.window) {
			continue
		}
		if o.links.shared(&n.links) || o.kind == signInTool {
			c.record(d, n, nil, ev)
			return
		}
	}
}
