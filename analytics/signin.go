package analytics

import (
	"redshank/analytics/event"
)

// signIn compares a sign-in with what is usual and then learns from it.
func (c *collection) signIn(d *dossier, ev *event.Event) {
	at := ev.Time.UnixMilli()
	if ev.Outcome == event.Failure {
		c.failed(d, at)
		return
	}
	if ev.Outcome != event.Success || c.same(d, ev, at) {
		return
	}
	c.alias(d, ev)
	d.cameIn(cameOf(ev))
	w := c.where(ev)
	places := c.places(ev, &w)
	c.compare(d, ev, places[:])
	c.hour(d, ev)
	c.manner(d, ev, &w)
	c.moved(d, ev, &w)
	c.visited(d, ev, &w)
	c.learn(d, ev, &places)
}

// same recognises a request like the last one of this account, within the
// minute: the common case on an Exchange server, and it says nothing new.
func (c *collection) same(d *dossier, ev *event.Event, at int64) bool {
	if !requestLog(ev.Source) {
		return false
	}
	mark := learnMark{agent: ev.AgentHash(), minute: at / 60_000}
	if ev.IP.IsValid() {
		mark.client = clientKey(ev.IP.As16())
	}
	if d.learned == mark {
		return true
	}
	d.learned = mark
	return false
}

// placed is one place of an event, as a baseline knows it.
type placed struct {
	key    uint64
	signal signalKind
	detail []byte
	own    bool // of the account alone: a group has no usual one
}

// places are the things of a sign-in that one gets used to. Back ends of the
// cloud and networks that the policy calls usual are no places.
func (c *collection) places(ev *event.Event, w *whereabouts) (p [6]placed) {
	if !w.usual {
		p[0] = placed{w.network, newNetwork, nil, false}
		p[1] = placed{placeKey(atCountry, w.country), newCountry, w.country, false}
	}
	p[2] = placed{placeKey(onDevice, ev.Device), newDevice, ev.Device, true}
	if ev.Family != event.FamilyNone {
		p[3] = placed{placeKey(byFamily, []byte{byte(ev.Family)}), newFamily, ev.Agent, false}
	}
	p[4] = placed{placeKey(byApp, ev.App), newApp, ev.App, false}
	if ev.Protocol != event.ProtocolUnknown {
		p[5] = placed{key: c.mannerKey(ev), signal: signalKinds} // known by manner
	}
	return p
}

// placeKey is 0 for a value that is not there.
func placeKey(kind placeKind, value []byte) uint64 {
	if len(value) == 0 {
		return 0
	}
	return salted(byte(kind), value)
}

func (c *collection) mannerKey(ev *event.Event) uint64 {
	return placeKey(byManner, []byte{byte(ev.Protocol)})
}

// compare notes what is new for the account, or, while its own baseline is not
// ripe, for its group: network, country, device, kind of client, application.
func (c *collection) compare(d *dossier, ev *event.Event, places []placed) {
	ripening, at := c.policy.Collection.Baseline, ev.Time.UnixMilli()
	for i := range places {
		p := &places[i]
		if p.key == 0 || p.signal == signalKinds {
			continue
		}
		switch {
		case d.baseline.isNew(p.key, at, ripening):
			c.noteUnless(p.key, d, ev, p.signal, p.detail)
		case !d.baseline.isRipe(at) && !p.own && c.newToGroups(d, p.key, at):
			n := c.noteOf(ev, p.signal)
			n.half, n.place = true, p.key
			c.enter(d, n, p.detail, ev)
		}
	}
}

// hour notes a sign-in at an hour at which the account never makes one.
func (c *collection) hour(d *dossier, ev *event.Event) {
	if d.kind == aUser && d.baseline.isNewHour(ev.Time.UnixMilli(), c.policy.Collection.Baseline) {
		c.note(d, ev, newHour, ev.Time.UTC().AppendFormat(c.scratch[:0], "15:04 MST"))
	}
}

// newToGroups tells whether the account has a group whose baseline is ripe, and
// no such group knows the place.
func (c *collection) newToGroups(d *dossier, key uint64, at int64) (isNew bool) {
	for _, g := range d.groups {
		if !g.isRipe(at) {
			continue
		}
		if g.knows(key, at, c.policy.Collection.Baseline) {
			return false
		}
		isNew = true
	}
	return isNew
}

// manner notes how the sign-in was made, unless the account always makes it
// so. PowerShell is the usual agent of its own service, and an application
// is a program by nature.
func (c *collection) manner(d *dossier, ev *event.Event, w *whereabouts) {
	switch {
	case ev.Family == event.Tool:
		c.note(d, ev, signInTool, ev.Agent)
	case ev.Family == event.Legacy:
		c.noteUnless(placeKey(byFamily, []byte{byte(ev.Family)}), d, ev, signInLegacy, ev.Agent)
	case ev.Family == event.Scripting && ev.Service != event.PowerShell && d.kind == aUser:
		c.noteUnless(c.readerKey(ev, ev.Agent, w), d, ev, signInScript, ev.Agent)
	}
	switch habit := c.mannerKey(ev); ev.Protocol {
	case event.ROPC:
		c.noteUnless(habit, d, ev, signInROPC, first(ev.App, ev.Agent))
	case event.DeviceCode:
		c.noteUnless(habit, d, ev, signInDeviceCode, first(ev.App, ev.Agent))
	case event.LegacyAuth:
		c.noteUnless(habit, d, ev, signInLegacy, first(ev.Client, ev.Agent))
	}
}

// moved notes a session or token that is used in two unrelated networks, on
// the side that is not usual for the account: people switch a VPN on.
func (c *collection) moved(d *dossier, ev *event.Event, w *whereabouts) {
	if w.network != 0 {
		c.movedTo(d, ev, w, 's', ev.Session)
		c.movedTo(d, ev, w, 't', ev.Token)
	}
}

// session is where a session or token was seen: two networks tell all.
type session [2]site

type site struct {
	network uint64 // 0: nothing seen here
	at      int64  // first
	client  clientKey
	usual   bool // for everybody
}

func (c *collection) movedTo(d *dossier, ev *event.Event, w *whereabouts, kind byte, id []byte) {
	if len(id) == 0 {
		return
	}
	if w.v6 {
		kind -= 'a' - 'A' // without owners the two families of addresses cannot be compared
	}
	key, at := salted(kind, id), ev.Time.UnixMilli()
	seen, _ := c.sessions.Get(key)
	for i := range seen {
		if s := &seen[i]; s.network == w.network || s.network == 0 {
			if s.network == 0 {
				*s = site{w.network, at, c.clientOf(ev), w.usual}
			}
			s.at = min(s.at, at)
			break
		}
	}
	c.sessions.Add(key, seen)
	if seen[1].network != 0 && max(seen[0].at-seen[1].at, seen[1].at-seen[0].at) < day {
		c.parted(d, ev, &seen)
	}
}

// parted notes the later of a session's two networks, or the earlier where the
// later is the usual one.
func (c *collection) parted(d *dossier, ev *event.Event, seen *session) {
	early, late := &seen[0], &seen[1]
	if early.at > late.at {
		early, late = late, early
	}
	ripening := c.policy.Collection.Baseline
	for _, s := range [2]*site{late, early} {
		if !s.usual && !d.baseline.knewBefore(s.network, s.at, ripening) {
			n := c.noteOf(ev, sessionMoved)
			n.first, n.last, n.client, n.links, n.place = s.at, s.at, s.client, links{n.links[0], c.linkOf(s.client)}, s.network
			c.enter(d, n, nil, ev)
			return
		}
	}
}

// visited weighs a sign-in against those around it and against the failures
// before it.
func (c *collection) visited(d *dossier, ev *event.Event, w *whereabouts) {
	k := c.clientOf(ev)
	if k == (clientKey{}) || w.usual || d.kind != aUser {
		return
	}
	v := visit{ev.Time.UnixMilli(), k, w.network, w.lat, w.lon, w.located}
	if kept := d.called(v, func(o *visit) { c.travelled(d, &v, o) }); kept != nil {
		c.afterFailures(d, kept)
	}
}

// travelled notes two sign-ins that nobody makes who travels between them: more
// than 500 km apart, at more than 900 km/h. Networks that the account is used
// to on both sides are its own VPN.
func (c *collection) travelled(d *dossier, v, o *visit) {
	const least, airliner = 500, 900
	if !v.located || !o.located || v.network == o.network {
		return
	}
	far := v.kilometres(o)
	hours := float64(max(v.at-o.at, o.at-v.at)) / hour
	if far < least || far < airliner*hours {
		return
	}
	early, late := o, v
	if o.at > v.at {
		early, late = v, o
	}
	if d.baseline.knewBefore(late.network, late.at, c.policy.Collection.Baseline) {
		late = early
	}
	c.enter(d, c.visitNote(impossibleTravel, late), nil, nil)
}

// visitNote counts only while the network of the visit is not usual.
func (c *collection) visitNote(kind signalKind, v *visit) note {
	return note{kind: kind, first: v.at, last: v.at, client: v.client, links: links{1: c.linkOf(v.client)}, place: v.network}
}

// afterFailures notes a sign-in that three failures came before within half an
// hour.
func (c *collection) afterFailures(d *dossier, v *visit) {
	const soon, enough = 30 * 60 * 1000, 3
	before := 0
	for _, f := range d.failed {
		if f != 0 && f <= v.at && f >= v.at-soon {
			before++
		}
	}
	if before >= enough && !d.baseline.knewBefore(v.network, v.at, c.policy.Collection.Baseline) {
		c.enter(d, c.visitNote(signInAfterFailures, v), nil, nil)
	}
}

// failed remembers the time of a failure, among the latest few, and looks at
// the sign-ins it may have come before.
func (c *collection) failed(d *dossier, at int64) {
	place := 0
	for place < len(d.failed) && d.failed[place] > at {
		place++
	}
	if place < len(d.failed) && d.failed[place] != at {
		copy(d.failed[place+1:], d.failed[place:])
		d.failed[place] = at
	}
	for i := range d.visits {
		if v := &d.visits[i]; v.at != 0 {
			c.afterFailures(d, v)
		}
	}
}

// stolen notes that an account got in from the client of an AN1269 incident.
// AN1269 calls it, when the sign-in comes or when the incident opens later.
func (c *collection) stolen(account string, from clientKey, at int64) {
	n := note{kind: signInFromAttack, first: at, last: at, client: from, links: links{1: c.linkOf(from)}}
	c.enter(c.dossier(aUser, []byte(account)), n, nil, nil)
}

// learn lets the baselines grow by a sign-in that was not itself suspicious.
func (c *collection) learn(d *dossier, ev *event.Event, places *[6]placed) {
	at := ev.Time.UnixMilli()
	if ev.Family == event.Tool || d.suspicious(at) || c.attack(ev) {
		return
	}
	for i := range places {
		p := &places[i]
		if p.key == 0 {
			continue
		}
		d.baseline.visit(p.key, at, maxPlaces)
		c.nameOf(p, ev)
		for _, g := range d.groups {
			if !p.own {
				g.visit(p.key, at, maxGroupPlaces)
			}
		}
	}
	ripening := c.policy.Collection.Baseline
	d.baseline.signIn(at, ripening, requestLog(ev.Source))
	for _, g := range d.groups {
		g.signIn(at, policyDays(ripening), true)
	}
	if d.baseline.days == 2 {
		c.dossiers.Promote(d.key) // an account that lives: a flood must not push it out
	}
}
