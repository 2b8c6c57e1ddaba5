package collection

// correlation is the score of the observations around one of them.
type correlation struct {
	kinds          [signalKinds]int8 // weight that counts, 0: not part of it
	set            kindSet
	signIn, access int // sums of weights, each signal once
	session        int // of signIn, what is about the session itself
	weakAt         int // what mail that was merely opened needs
	strong         bool
}

// besideSession are the signals of the first half that say nothing about the
// session in which mail is opened.
var besideSession = grants | setOf(newApp)

// grants are the signals of an account that lets somebody in.
var grants = setOf(mailConsent, appCredentials, mailPermission)

// everyday are the signals of the first half that never make a theft by
// themselves: people buy telephones and work late.
var everyday = setOf(newDevice, newFamily, newApp, newHour)

// oddSession are the signals of which a session needs one before mail that was
// merely opened in it can be a theft: people travel, and buy telephones.
var oddSession = setOf(signInRented, sessionMoved, impossibleTravel, signInScript, signInTool, signInROPC, signInDeviceCode, signInLegacy, signInFromAttack)

func (s *correlation) add(kind signalKind, weight int) {
	more := weight - int(s.kinds[kind])
	if more <= 0 {
		return
	}
	s.kinds[kind] = int8(weight)
	s.set |= 1 << kind
	s.strong = s.strong || weight >= opensAt
	if kind.isAccess() {
		s.access += more
	} else {
		s.signIn += more
		if !besideSession.has(kind) {
			s.session += more
		}
	}
}

// opens reports whether the signals make an incident: both halves together, a
// single strong signal, or much of the access half alone. A new application by
// itself makes no second half: that is a new telephone. Mail that was merely
// opened is a weak second half, unless a named attack tool has signed in.
func (s *correlation) opens() bool {
	ordinary := s.set&accessKinds&^setOf(accessOrdinary, accessNewApp, accessSync) == 0
	switch {
	case s.strong, s.access >= aloneAt:
		return true
	case s.access == 0, s.set&^(accessKinds|everyday) == 0:
		return false
	case s.set.has(signInTool):
		return s.signIn+s.access >= opensAt
	case ordinary:
		return s.set.has(accessOrdinary) && s.set&oddSession != 0 && s.session+s.access >= s.weakAt
	}
	return s.access >= leastAccess && s.signIn+s.access >= opensAt
}

// weigh brings the weights of a subject's observations up to date, and marks
// those around which there is an incident: of all where part is nil, else of
// those that are near part, which is a fraction of them in a flood.
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

// correlate sums up the observations around one of them, itself included.
func (c *evidence) correlate(d *profile, center *observation, fresh *freshWeights) (s correlation) {
	s.weakAt = weakAt
	if !c.policy.HasOwners() {
		s.weakAt = weakAtUnowned
	}
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
		}
	}
	return s
}

// trigger returns an observation around which there is an incident and which the
// given one is near, or nil.
func (c *evidence) trigger(d *profile, part *observation) *observation {
	for i := range d.observations {
		if center := &d.observations[i]; center.core && center.near(part, c.window) {
			return center
		}
	}
	return nil
}

// joins reports whether an observation is part of the incident, or near its core.
func (c *evidence) joins(d *profile, n *observation) bool {
	if n.inIncident {
		return true
	}
	for i := range d.observations {
		if o := &d.observations[i]; o.inIncident && o.core && o.near(n, c.window) {
			return true
		}
	}
	return false
}
