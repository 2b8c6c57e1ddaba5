package collection

import (
	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/explain"
)

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
func (c *Detector) weigh(d *profile, part *observation) {
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
func (c *Detector) correlate(d *profile, center *observation, fresh *freshWeights) (s correlation) {
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
			n.weight, fresh[i] = c.weightOf(d, n), true
		}
		if n.weight > 0 {
			s.add(n.kind, n.weight)
		}
	}
	return s
}

// raise records the observation of a signal that an event gives.
func (c *Detector) raise(d *profile, ev *event.Event, kind signalKind, detail []byte) {
	c.record(d, c.observationOf(ev, kind), firstOf(detail, ev.Operation), ev)
}

// raiseUnless is raise for a signal that counts only while a feature is not usual
// for the subject.
func (c *Detector) raiseUnless(feature uint64, d *profile, ev *event.Event, kind signalKind, detail []byte) {
	n := c.observationOf(ev, kind)
	n.feature = feature
	c.record(d, n, detail, ev)
}

func (c *Detector) observationOf(ev *event.Event, kind signalKind) observation {
	at := ev.Time.UnixMilli()
	return observation{kind: kind, first: at, last: at, links: c.linksOf(ev), client: c.clientOf(ev)}
}

// record keeps an observation and opens or extends an incident if the
// observations around it weigh enough. Both halves meet here, in whatever order
// they come. ev may be nil.
func (c *Detector) record(d *profile, n observation, detail []byte, ev *event.Event) {
	c.enter(d, n, detail, ev)
	c.openedMail(d, &n)
}

// enter is record for one observation alone.
func (c *Detector) enter(d *profile, n observation, detail []byte, ev *event.Event) {
	if c.signals[n.kind].Weight == 0 {
		return
	}
	if c.explain != nil && ev != nil {
		c.explain.Decided(ev, explain.Decision{Rule: ruleCollection.ID, Verdict: explain.Counted, Reason: signalCodes[n.kind],
			Weight: c.weightOf(d, &n)})
	}
	if ofAttack.has(n.kind) && d.repeats(&n, c.window) {
		return
	}
	if len(detail) == 0 && n.client != (event.ClientKey{}) {
		detail = n.client.Addr().AppendTo(c.scratch[:0])
	}
	kept, news := d.keep(n, detail)
	if !news {
		return
	}
	if ev != nil && kept.record == "" {
		var record [event.MaxRecord]byte
		kept.record = string(ev.AppendRecord(record[:0]))
	}
	c.changed(d)
	if kept.weight = c.weightOf(d, kept); kept.weight == 0 {
		kept.core = false
		return
	}
	c.weigh(d, kept)
	center := c.trigger(d, kept)
	open := d.incident != nil && within(d.incident, kept.first)
	if center == nil && !(open && c.joins(d, kept)) {
		return // nearly every call ends here
	}
	c.weigh(d, nil)
	switch {
	case !open:
		c.open(d, center)
	case center != nil:
		center.inIncident = true
	}
	c.add(d, ev)
}

// trigger returns an observation around which there is an incident and which the
// given one is near, or nil.
func (c *Detector) trigger(d *profile, part *observation) *observation {
	for i := range d.observations {
		if center := &d.observations[i]; center.core && center.near(part, c.window) {
			return center
		}
	}
	return nil
}

// joins reports whether an observation is part of the incident, or near its core.
func (c *Detector) joins(d *profile, n *observation) bool {
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

// open opens an incident around an observation, or joins that of the account that
// let the application in, or of the application that the account let in.
func (c *Detector) open(d *profile, center *observation) {
	for i := range d.observations {
		d.observations[i].inIncident = false
	}
	center.inIncident = true
	c.profiles.Protect(d.key)
	if d.incident = c.linkedIncident(d, center); d.incident != nil {
		if i := d.incident; d.kind == aUser && i.Account == "" {
			i.Account, i.Subject = d.subject, d.subject // the person is what the incident is about
		}
		return
	}
	start := center.began()
	for i := range d.observations {
		if n := &d.observations[i]; n.near(center, c.window) && n.weight > 0 {
			start = min(start, n.began())
		}
	}
	subject, account := d.subject, ""
	if behind := c.accountBehind(d); behind != nil {
		subject, account = behind.subject, behind.subject
	}
	i := c.tracker.Open(&ruleCollection, subject, start).Detail.(*theft)
	i.Extend(start)
	i.Window, i.Subject, i.Account, d.incident = "collection", subject, account, i
}

// add adds to the incident of a subject all observations that are connected with
// those it contains. The outcome does not depend on their order.
func (c *Detector) add(d *profile, ev *event.Event) {
	i := d.incident
	for grown := true; grown; {
		grown = false
		for n := range d.observations {
			if p := &d.observations[n]; !p.inIncident && p.weight > 0 && c.joins(d, p) {
				p.inIncident, grown = true, true
			}
		}
	}
	for n := range d.observations {
		if p := &d.observations[n]; p.inIncident {
			c.tell(i, d, p)
		}
	}
	for _, t := range d.mailboxes.All() {
		i.addMailbox(t.Key)
	}
	if ev != nil {
		i.Services |= 1 << ev.Service
		i.AddEvent(ev)
		i.privileged = i.privileged || ev.Marks.Has(event.PrivilegedUser)
	}
	c.measure(d)
	c.classify(i, d)
	c.tracker.Update(i.Incident)
}

// tell adds the signal of one observation to the incident.
func (c *Detector) tell(i *theft, d *profile, n *observation) {
	if n.weight == 0 {
		return
	}
	i.Extend(n.began())
	i.Extend(n.last)
	s := alert.Signal{Code: signalCodes[n.kind], Weight: n.weight, Detail: n.detail, Says: c.signals[n.kind].Says, Technique: c.signals[n.kind].Technique,
		At: event.UnixTime(n.first), Record: n.record, Seen: c.seenBy(d, n)}
	if n.client != (event.ClientKey{}) {
		s.IP = n.client.Addr()
	}
	i.addSignal(s)
	if n.client != (event.ClientKey{}) {
		i.AddClient(n.client)
	}
	i.Changed()
}

// measure counts the items read while the incident lasted.
func (c *Detector) measure(d *profile) {
	if i := d.incident; d.taken != nil {
		i.Counts.Items = max(i.Counts.Items, d.taken.between(i.Start/event.Hour, i.End/event.Hour))
	}
}
