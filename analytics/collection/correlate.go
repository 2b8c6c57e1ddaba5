package collection

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
// around which there is an incident. If part is not nil, only the observations near
// part are updated, which is a fraction of them in a flood.
func (c *evidence) weigh(d *profile, part *observation) {
	var fresh freshWeights
	for i := range d.observations {
		if n := &d.observations[i]; part == nil || n.near(part, c.window) {
			s := c.correlate(d, n, &fresh)
			n.core = n.weight > 0 && s.opens()
		}
	}
}

// freshWeights are the observations whose weight is up to date.
type freshWeights [maxObservations]bool

// correlate returns the score of center and the observations near it.
func (c *evidence) correlate(d *profile, center *observation, fresh *freshWeights) (s correlation) {
	for i := range d.observations {
		n := &d.observations[i]
		if fresh[i] && n.weight == 0 || !n.near(center, c.window) {
			continue
		}
		if !fresh[i] {
			n.weight, fresh[i] = c.weights.of(d, n), true
		}
		if n.weight > 0 {
			s.add(n.kind, n.weight)
			s.elsewhere = s.elsewhere || n.kind == accessVolume && n.feature != 0
		}
	}
	return s
}

// trigger returns a core observation near part, or nil.
func (c *evidence) trigger(d *profile, part *observation) *observation {
	for i := range d.observations {
		if center := &d.observations[i]; center.core && center.near(part, c.window) {
			return center
		}
	}
	return nil
}
