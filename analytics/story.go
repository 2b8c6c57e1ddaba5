package analytics

import "redshank/analytics/event"

// story is the notes around one of them, weighed.
type story struct {
	kinds          [signalKinds]int8 // weight that counts, 0: not part of it
	signIn, access int               // sums of weights, each signal once
	strong         bool
}

func (s *story) add(kind signalKind, weight int) {
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
func (s *story) opens() bool {
	both := s.signIn > 0 && s.access >= leastAccess && s.signIn+s.access >= opensAt
	return both || s.strong || s.access >= aloneAt
}

// weightOf is what a note weighs now: nothing where its place has turned out
// to be usual, half where only a group's baseline speaks.
func (c *collection) weightOf(d *dossier, n *note) int {
	switch {
	case n.place != 0 && d.baseline.knewBefore(n.place, n.first, c.policy.Collection.Baseline):
		return 0
	case n.half:
		return c.signals[n.kind].Weight / 2
	}
	return c.signals[n.kind].Weight
}

// around gathers the story around one note.
func (c *collection) around(d *dossier, center *note) (s story) {
	for i := range d.notes {
		if n := &d.notes[i]; n.near(center, c.window) {
			s.add(n.kind, c.weightOf(d, n))
		}
	}
	return s
}

// note enters a signal that an event gives into a dossier.
func (c *collection) note(d *dossier, ev *event.Event, kind signalKind, detail []byte) {
	c.enter(d, c.noteOf(ev, kind), first(detail, ev.Operation), ev)
}

// noteUnless is note for a signal that counts only while the place is not
// usual.
func (c *collection) noteUnless(place uint64, d *dossier, ev *event.Event, kind signalKind, detail []byte) {
	n := c.noteOf(ev, kind)
	n.place = place
	c.enter(d, n, detail, ev)
}

func (c *collection) noteOf(ev *event.Event, kind signalKind) note {
	at := ev.Time.UnixMilli()
	return note{kind: kind, first: at, last: at, links: c.linksOf(ev), client: c.clientOf(ev)}
}

// enter puts a note into a dossier and opens an incident where the story it is
// part of weighs enough. It is where both halves meet: nothing in it depends
// on which came first. ev may be nil.
func (c *collection) enter(d *dossier, n note, detail []byte, ev *event.Event) {
	if c.signals[n.kind].Weight == 0 {
		return
	}
	if len(detail) == 0 && n.client != (clientKey{}) {
		detail = n.client.addr().AppendTo(c.scratch[:0])
	}
	kept, news := d.keep(n, detail)
	if !news {
		return
	}
	c.changed(d)
	center := c.opening(d, kept)
	open := d.incident != nil && within(d.incident, kept.first)
	switch {
	case open && (center != nil || c.joins(d, kept)):
		if center != nil {
			center.in = true
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
func (c *collection) opening(d *dossier, part *note) *note {
	for i := range d.notes {
		if center := &d.notes[i]; center.near(part, c.window) {
			if s := c.around(d, center); s.opens() {
				return center
			}
		}
	}
	return nil
}

// joins tells whether the note is near one of the incident's.
func (c *collection) joins(d *dossier, n *note) bool {
	if n.in {
		return true
	}
	for i := range d.notes {
		if o := &d.notes[i]; o.in && o.near(n, c.window) {
			return true
		}
	}
	return false
}

// open makes an incident of the story around a note, or joins the one that
// the other side of the story has: the account that let an application in, or
// the application it let in.
func (c *collection) open(d *dossier, center *note) {
	for i := range d.notes {
		d.notes[i].in = false
	}
	center.in = true
	c.dossiers.Promote(d.key)
	if d.incident = c.joint(d, center); d.incident != nil {
		return
	}
	start := center.began()
	for i := range d.notes {
		if n := &d.notes[i]; n.near(center, c.window) && c.weightOf(d, n) > 0 {
			start = min(start, n.began())
		}
	}
	i := c.desk.open(&ruleCollection, d.subject, start)
	i.span(start)
	i.opened, i.subject, d.incident = "collection", d.subject, i
	if d.kind == aUser {
		i.account = d.subject
	}
}

// joint is the open incident of an application's granter, where the
// application opens one; and of an application, where its granter does.
func (c *collection) joint(d *dossier, center *note) *incident {
	if d.kind == anApp {
		if o, ok := c.dossiers.Get(d.granter); ok && o.incident != nil && within(o.incident, center.first) {
			return o.incident
		}
		return nil
	}
	for i := range d.notes {
		n := &d.notes[i]
		if n.kind != mailConsent || !n.near(center, c.window) {
			continue
		}
		app, ok := c.dossiers.Get(n.links[2])
		if ok && app.granter == d.key && app.incident != nil && within(app.incident, center.first) {
			return app.incident
		}
	}
	return nil
}

// add brings an incident up to its dossier: all notes that hang together with
// those it has. The outcome depends on the notes alone.
func (c *collection) add(d *dossier, ev *event.Event) {
	i := d.incident
	for grown := true; grown; {
		grown = false
		for n := range d.notes {
			if p := &d.notes[n]; !p.in && c.weightOf(d, p) > 0 && c.joins(d, p) {
				p.in, grown = true, true
			}
		}
	}
	for n := range d.notes {
		if p := &d.notes[n]; p.in {
			c.tell(i, d, p)
		}
	}
	for _, t := range d.mailboxes.All() {
		i.mailbox(t.Key)
	}
	if ev != nil {
		i.services |= 1 << ev.Service
		i.describe(ev)
		i.privilegedSubject = i.privilegedSubject || ev.Marks.Has(event.PrivilegedUser)
	}
	c.measure(d)
	c.conclude(i, d)
	c.desk.touch(i)
}

// tell adds what one note says to the incident.
func (c *collection) tell(i *incident, d *dossier, n *note) {
	weight := c.weightOf(d, n)
	if weight == 0 {
		return
	}
	i.span(n.began())
	i.span(n.last)
	i.signal(Signal{Code: signalCodes[n.kind], Weight: weight, Detail: n.detail, Says: c.signals[n.kind].Says, Technique: c.signals[n.kind].Technique})
	if n.client != (clientKey{}) {
		i.met(n.client)
	}
	i.told.newest = false
}

// measure counts the items read while the incident lasted.
func (c *collection) measure(d *dossier) {
	if i := d.incident; d.taken != nil {
		i.counts.Items = max(i.counts.Items, d.taken.between(i.start/hour, i.end/hour))
	}
}

// client is where the story comes from: the client that most speaks against,
// of the sign-in, or else of the access; of equals the earlier.
func (c *collection) client(d *dossier) (from clientKey) {
	var heaviest int
	var earliest int64
	for i := range d.notes {
		n := &d.notes[i]
		if !n.in || n.client == (clientKey{}) {
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
func (c *collection) against(d *dossier, k clientKey) int {
	var s story
	for i := range d.notes {
		if n := &d.notes[i]; n.in && n.client == k {
			s.add(n.kind, c.weightOf(d, n))
		}
	}
	return 1000*s.signIn + s.access
}
