package collection

import (
	"iter"
	"math/bits"

	"redshank/analytics/collection/theft"
	"redshank/analytics/event"
)

// indexSet is a set of observations of a profile, a bit for each index.
type indexSet uint64

const _ = uint(64 - maxObservations) // no more observations than bits

// all returns the indices of the set in ascending order.
func (s indexSet) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for ; s != 0; s &= s - 1 {
			if !yield(bits.TrailingZeros64(uint64(s))) {
				return
			}
		}
	}
}

// without returns the set after the observation with an index was deleted, which moves
// those behind it.
func (s indexSet) without(i int) indexSet {
	before := indexSet(1)<<i - 1
	return s&before | s>>1&^before
}

// relate updates which observations of the profile are near one of them, and which are
// of its client.
func (d *profile) relate(i int, window int64) {
	n, bit := &d.observations[i], indexSet(1)<<i
	n.nearby, n.beside = 0, 0
	for k := range d.observations {
		o := &d.observations[k]
		o.nearby, o.beside = o.nearby&^bit, o.beside&^bit
		if n.near(o, window) {
			n.nearby, o.nearby = n.nearby|1<<k, o.nearby|bit
		}
		if n.client == o.client {
			n.beside, o.beside = n.beside|1<<k, o.beside|bit
		}
	}
}

// relateAll is relate for all observations of the profile.
func (d *profile) relateAll(window int64) {
	for i := range d.observations {
		d.relate(i, window)
	}
}

// every returns the indices of all observations of the profile.
func (d *profile) every() indexSet { return 1<<len(d.observations) - 1 }

// near reports whether two observations can be parts of one theft: within a day of
// each other if they share a session, an address or an application, else within the
// time window unless they are apart.
func (n *observation) near(o *observation, window int64) bool {
	gap := max(n.first, o.first) - min(n.last, o.last)
	switch {
	case gap > event.Day:
		return false
	case n.links.shared(&o.links):
		return true
	}
	return gap <= window && !n.apart(o)
}

// readByProgram are the signals of a program that reads mail.
var readByProgram = setOf(accessScript, accessTool, accessNoAgent, accessItems, accessForeignApp, accessMailboxes, accessSync, accessRegular, accessBulk)

// apart reports whether two observations without a common session or address are
// those of two people: they have different addresses, and are not an abnormal sign-in
// and a program that reads mail, which rarely coincide by chance. What the account does at
// work is not part of a theft from elsewhere.
func (n *observation) apart(o *observation) bool {
	none := event.ClientKey{}
	if n.client == none || o.client == none || n.client == o.client || n.feature != 0 && n.feature == o.feature {
		return false
	}
	signIn, access := n.kind, o.kind
	if signIn.isAccess() {
		signIn, access = access, signIn
	}
	return !(oddSession | grants).has(signIn) || !readByProgram.has(access) || n.atWork() || o.atWork()
}

// atWork reports whether an observation is one of ofWorkplace, made in a network that is
// usual for the account.
func (n *observation) atWork() bool { return n.client != (event.ClientKey{}) && n.links[1] == 0 }

// correlation is the score of an observation and those near it.
type correlation struct {
	kinds          [signalKinds]int8 // the weight of each signal, 0: absent
	set            kindSet
	signIn, access int  // sums of weights, each signal once
	session        int  // the part of signIn that is about the session itself
	granted        int  // the part of signIn that is about access given to others
	strong         bool // a single signal opens an incident
	elsewhere      bool // far more than usual was read in a network that is new to the account
}

// besideSession are the signals of the sign-in half that are not about the session
// in which mail is opened.
var besideSession = grants | setOf(newApp)

// grants are the signals of an account that gives access to others.
var grants = setOf(mailConsent, appCredentials, mailPermission)

// everyday are the signals of the sign-in half that are no theft by themselves:
// people buy telephones and work late.
var everyday = setOf(newDevice, newFamily, newApp, newHour)

// oddSession are the signals of an abnormal session. Mail that was merely opened is
// a theft only in such a session: people travel, and buy telephones.
var oddSession = setOf(signInRented, sessionMoved, impossibleTravel, signInScript, signInTool, signInROPC, signInDeviceCode, signInLegacy, signInFromAttack)

// add adds a signal; of several with the same kind the heaviest counts.
func (s *correlation) add(kind signalKind, weight int) {
	more := weight - int(s.kinds[kind])
	if more <= 0 {
		return
	}
	s.kinds[kind] = int8(weight)
	s.set |= 1 << kind
	s.strong = s.strong || weight >= opensAt
	switch {
	case kind.isAccess():
		s.access += more
	case grants.has(kind):
		// An administrator gives rights all day; several weigh no more than one.
		s.signIn += max(weight-s.granted, 0)
		s.granted = max(s.granted, weight)
	default:
		s.signIn += more
		if !besideSession.has(kind) {
			s.session += more
		}
	}
}

// opens reports whether the signals make an incident: both halves together, a
// single strong signal, or much of the access half alone, which is less for somebody
// who reads far more than usual in a new network and diverts mail. A new application by
// itself makes no second half: that is a new telephone. Mail that was merely
// opened is a weak second half, unless a named attack tool has signed in.
func (s *correlation) opens() bool {
	ordinary := s.set&accessKinds&^setOf(accessOrdinary, accessMany, accessNewApp, accessSync, accessGraph) == 0
	switch {
	case s.strong, s.access >= aloneAt, s.elsewhere && s.diverts():
		return true
	case s.access == 0, s.set&^(accessKinds|everyday) == 0:
		return false
	case s.set.has(signInTool):
		return s.signIn+s.access >= opensAt
	case ordinary:
		switch {
		case !s.set.has(accessOrdinary, accessGraph):
			return false
		case s.set&oddSession == 0:
			return s.abroad() > weakAt // a new network and country and much mail alone are a journey
		case s.set.has(mailPermission):
			return s.signIn+s.access >= weakAt
		case s.set.has(accessGraph), s.set.has(accessMany) && s.set.has(signInScript):
			return s.session+s.access >= opensAt
		}
		return s.session+s.access >= weakAt
	}
	return s.access >= leastAccess && s.signIn+s.access >= opensAt
}

// abroad returns the weight of mail that is opened in a country new to the account, 0 in
// a known one. A traveller may have bought a telephone, which does not count.
func (s *correlation) abroad() int {
	if !s.set.has(newCountry) {
		return 0
	}
	return s.session + s.access - int(s.kinds[newDevice]) - int(s.kinds[newFamily])
}

// diverts reports whether a rule hides or forwards mail. A rule that only marks mail as
// read does not count.
func (s *correlation) diverts() bool {
	return s.kinds[ruleHides] >= divertsAt || s.kinds[ruleForwards] >= divertsAt
}

// weigh updates the weights of a subject's observations, and marks as core those
// around which there is an incident. Only those in centers are marked, and those near
// them weighed, which is a fraction of all in a flood. The weights of those in weighed
// are up to date; weigh returns them with those that it has updated.
func (c *evidence) weigh(d *profile, centers, weighed indexSet) indexSet {
	near := indexSet(0)
	for i := range centers.all() {
		near |= d.observations[i].nearby
	}
	c.update(d, near&^weighed)
	counted, scored, opens := d.counted(), indexSet(0), false
	for i := range centers.all() {
		n := &d.observations[i]
		if near := n.nearby & counted; near != scored { // most have the same near them
			s := d.score(near)
			scored, opens = near, s.opens()
		}
		n.core = n.weight > 0 && opens
	}
	return weighed | near
}

// update updates the weights of observations.
func (c *evidence) update(d *profile, list indexSet) {
	for i := range list.all() {
		d.observations[i].weight = c.weights.of(d, &d.observations[i])
	}
}

// counted returns the observations that have a weight.
func (d *profile) counted() (counted indexSet) {
	for i := range d.observations {
		if d.observations[i].weight > 0 {
			counted |= 1 << i
		}
	}
	return counted
}

// score returns the score of observations that are near each other and have a weight.
func (d *profile) score(list indexSet) (s correlation) {
	for i := range list.all() {
		n := &d.observations[i]
		s.add(n.kind, n.weight)
		s.elsewhere = s.elsewhere || n.kind == accessVolume && n.feature != 0
	}
	return s
}

// trigger returns a core observation near another, or nil.
func (d *profile) trigger(n *observation) *observation {
	for i := range n.nearby.all() {
		if center := &d.observations[i]; center.core {
			return center
		}
	}
	return nil
}

// joins reports whether an observation is part of an incident, or near its core.
func (d *profile) joins(i *theft.Theft, n *observation) bool {
	if n.theft != nil {
		return n.theft == i
	}
	return n.nearby&d.coreOf(i) != 0
}

// partOf returns the observations of the profile that are part of an incident.
func (d *profile) partOf(i *theft.Theft) (part indexSet) {
	for at := range d.observations {
		if d.observations[at].theft == i {
			part |= 1 << at
		}
	}
	return part
}

// coreOf returns the core of an incident.
func (d *profile) coreOf(i *theft.Theft) (core indexSet) {
	for at := range d.partOf(i).all() {
		if d.observations[at].core {
			core |= 1 << at
		}
	}
	return core
}
