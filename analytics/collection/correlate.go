package collection

import (
	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/explain"
)

// story is the notes around one of them, weighed.
type correlation struct {
	kinds          [signalKinds]int8 // weight that counts, 0: not part of it
	signIn, access int               // sums of weights, each signal once
	strong         bool
}

func (s *correlation) add(kind signalKind, weight int) {
	more := weight - int(s.kinds[kind])
	if more <= 0 {
		return
	}
	s.kinds[kind] = int8(weight)
	s.strong = s.strong || weight >= opensAt
	if kind.isAccess() {
		s.access += more
	} else {
		s.signIn += more
	}
}

// opens tells whether the story makes an incident: both halves together, a
// single strong signal, or much of the access half alone. An application that
// is merely new makes no second half: that is a new telephone.
func (s *correlation) opens() bool {
	both := s.signIn > 0 && s.access >= leastAccess && s.signIn+s.access >= opensAt
	return both || s.strong || s.access >= aloneAt
}

// weightOf is what a note weighs now: nothing where its place has turned out
// to be usual, half where only a group's baseline speaks.
func (c *Detector) weightOf(d *profile, n *observation) int {
	switch {
	case n.feature != 0 && d.baseline.KnewBefore(n.feature, n.first, c.policy.Collection.Baseline):
		return 0
	case n.half:
		return c.signals[n.kind].Weight / 2
	}
	return c.signals[n.kind].Weight
}

// around gathers the story around one note.
func (c *Detector) correlate(d *profile, center *observation) (s correlation) {
	for i := range d.observations {
		if n := &d.observations[i]; n.near(center, c.window) {
			s.add(n.kind, c.weightOf(d, n))
		}
	}
	return s
}

// note enters a signal that an event gives into a dossier.
func (c *Detector) raise(d *profile, ev *event.Event, kind signalKind, detail []byte) {
	c.record(d, c.observationOf(ev, kind), firstOf(detail, ev.Operation), ev)
}

// noteUnless is note for a signal that counts only while the place is not
// usual.
func (c *Detector) raiseUnless(place uint64, d *profile, ev *event.Event, kind signalKind, detail []byte) {
	n := c.observationOf(ev, kind)
	n.feature = place
	c.record(d, n, detail, ev)
}

func (c *Detector) observationOf(ev *event.Event, kind signalKind) observation {
	at := ev.Time.UnixMilli()
	return observation{kind: kind, first: at, last: at, links: c.linksOf(ev), client: c.clientOf(ev)}
}

// enter puts a note into a dossier and opens an incident where the story it is
// part of weighs enough. It is where both halves meet: nothing in it depends
// on which came first. ev may be nil.
func (c *Detector) record(d *profile, n observation, detail []byte, ev *event.Event) {
	if c.signals[n.kind].Weight == 0 {
		return
	}
	if c.explain != nil && ev != nil {
		c.explain.Decided(ev, explain.Decision{Rule: ruleCollection.ID, Verdict: explain.Counted, Reason: signalCodes[n.kind],
			Weight: c.weightOf(d, &n)})
	}
	if len(detail) == 0 && n.client != (event.ClientKey{}) {
		detail = n.client.Addr().AppendTo(c.scratch[:0])
	}
	kept, news := d.keep(n, detail)
	if !news {
		return
	}
	c.changed(d)
	center := c.trigger(d, kept)
	open := d.incident != nil && within(d.incident, kept.first)
	switch {
	case open && (center != nil || c.joins(d, kept)):
		if center != nil {
			center.inIncident = true
		}
	case !open && center != nil:
		c.open(d, center)
	default:
		return
	}
	c.add(d, ev)
}

// opening is the note around which there is a story that makes an incident,
// and which the given note is part of.
func (c *Detector) trigger(d *profile, part *observation) *observation {
	for i := range d.observations {
		if center := &d.observations[i]; center.near(part, c.window) {
			if s := c.correlate(d, center); s.opens() {
				return center
			}
		}
	}
	return nil
}

// joins tells whether the note is near one of the incident's.
func (c *Detector) joins(d *profile, n *observation) bool {
	if n.inIncident {
		return true
	}
	for i := range d.observations {
		if o := &d.observations[i]; o.inIncident && o.near(n, c.window) {
			return true
		}
	}
	return false
}

// open makes an incident of the story around a note, or joins the one that
// the other side of the story has: the account that let an application in, or
// the application it let in.
func (c *Detector) open(d *profile, center *observation) {
	for i := range d.observations {
		d.observations[i].inIncident = false
	}
	center.inIncident = true
	c.profiles.Protect(d.key)
	if d.incident = c.linkedIncident(d, center); d.incident != nil {
		return
	}
	start := center.began()
	for i := range d.observations {
		if n := &d.observations[i]; n.near(center, c.window) && c.weightOf(d, n) > 0 {
			start = min(start, n.began())
		}
	}
	i := c.tracker.Open(&ruleCollection, d.subject, start).Detail.(*theft)
	i.Extend(start)
	i.Window, i.Subject, d.incident = "collection", d.subject, i
	if d.kind == aUser {
		i.Account = d.subject
	}
}

// joint is the open incident of an application's granter, where the
// application opens one; and of an application, where its granter does.
func (c *Detector) linkedIncident(d *profile, center *observation) *theft {
	if d.kind == anApp {
		if o, ok := c.profiles.Get(d.granter); ok && o.incident != nil && within(o.incident, center.first) {
			return o.incident
		}
		return nil
	}
	for i := range d.observations {
		n := &d.observations[i]
		if n.kind != mailConsent || !n.near(center, c.window) {
			continue
		}
		app, ok := c.profiles.Get(n.links[2])
		if ok && app.granter == d.key && app.incident != nil && within(app.incident, center.first) {
			return app.incident
		}
	}
	return nil
}

// add brings an incident up to its dossier: all notes that hang together with
// those it has. The outcome depends on the notes alone.
func (c *Detector) add(d *profile, ev *event.Event) {
	i := d.incident
	for grown := true; grown; {
		grown = false
		for n := range d.observations {
			if p := &d.observations[n]; !p.inIncident && c.weightOf(d, p) > 0 && c.joins(d, p) {
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

// tell adds what one note says to the incident.
func (c *Detector) tell(i *theft, d *profile, n *observation) {
	weight := c.weightOf(d, n)
	if weight == 0 {
		return
	}
	i.Extend(n.began())
	i.Extend(n.last)
	i.addSignal(alert.Signal{Code: signalCodes[n.kind], Weight: weight, Detail: n.detail, Says: c.signals[n.kind].Says, Technique: c.signals[n.kind].Technique})
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

// client is where the story comes from: the client that most speaks against,
// of the sign-in, or else of the access; of equals the earlier.
func (c *Detector) client(d *profile) (from event.ClientKey) {
	var heaviest int
	var earliest int64
	for i := range d.observations {
		n := &d.observations[i]
		if !n.inIncident || n.client == (event.ClientKey{}) {
			continue
		}
		weight := c.against(d, n.client)
		if weight > heaviest || weight == heaviest && n.first < earliest {
			from, heaviest, earliest = n.client, weight, n.first
		}
	}
	return from
}

// against is what one client weighs in an incident; what it did at sign-in
// counts before all it read.
func (c *Detector) against(d *profile, k event.ClientKey) int {
	var s correlation
	for i := range d.observations {
		if n := &d.observations[i]; n.inIncident && n.client == k {
			s.add(n.kind, c.weightOf(d, n))
		}
	}
	return 1000*s.signIn + s.access
}
