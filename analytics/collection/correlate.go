package collection

import (
	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/explain"
)

// story is the notes around one of them, weighed.
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

// everyday are the signals of the first half that by themselves are nobody's
// theft: people buy telephones and work late.
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
	c.enter(d, n, detail, ev)
	c.openedMail(d, &n)
}

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
		kept.record = string(ev.ID[:min(len(ev.ID), maxRecord)])
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

// opening is the note around which there is a story that makes an incident,
// and which the given note is part of.
func (c *Detector) trigger(d *profile, part *observation) *observation {
	for i := range d.observations {
		if center := &d.observations[i]; center.core && center.near(part, c.window) {
			return center
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
		if o := &d.observations[i]; o.inIncident && o.core && o.near(n, c.window) {
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
		if i := d.incident; d.kind == aUser && i.Account == "" {
			i.Account, i.Subject = d.subject, d.subject // that of the person first
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

// accountBehind returns the account that an incident of a subject is about: the
// account itself, or the only one that uses an application; nil for an
// application of several accounts and for a host.
func (c *Detector) accountBehind(d *profile) *profile {
	switch d.kind {
	case aUser:
		return d
	case anApp:
		if o, ok := c.profiles.Peek(d.accounts[0]); ok && d.accounts[1] == 0 && d.mailboxCount() <= 1 {
			return o
		}
	}
	return nil
}

// mailboxCount returns how many mailboxes an application read on the busiest day.
func (d *profile) mailboxCount() int { return max(d.boxes.usual, d.boxes.today.Count()) }

// linkedIncident returns the open incident of an account of an application, where
// the application opens one; and of an application, where an account does that
// let it in. An application of many accounts is linked to none.
func (c *Detector) linkedIncident(d *profile, center *observation) *theft {
	if d.kind == anApp {
		for _, account := range d.accounts {
			if o, ok := c.profiles.Peek(account); ok && !d.accounts.full() && c.meets(o.incident, d, center) {
				return o.incident
			}
		}
		return nil
	}
	for i := range d.observations {
		n := &d.observations[i]
		if n.kind != mailConsent || distance(n.first, center.first) > event.Day {
			continue
		}
		app, ok := c.profiles.Peek(n.links[2])
		if ok && !app.accounts.full() && c.during(app.incident, center) {
			return app.incident
		}
	}
	return nil
}

// meets reports whether any observation around one was made during an incident.
func (c *Detector) meets(i *theft, d *profile, center *observation) bool {
	for n := range d.observations {
		if o := &d.observations[n]; o.weight > 0 && o.near(center, c.window) && c.during(i, o) {
			return true
		}
	}
	return false
}

// during reports whether an observation was made during an incident, or within
// the time window of it.
func (c *Detector) during(i *theft, n *observation) bool {
	return i != nil && n.last >= i.Start-c.window && n.first <= i.End+c.window
}

// accountsOf are profiles of the accounts that let an application in or that it
// acts for, the first ones.
type accountsOf [4]uint64

// add adds an account and reports whether it is new.
func (l *accountsOf) add(account uint64) bool {
	for i, have := range l {
		if have == account {
			return false
		}
		if have == 0 {
			l[i] = account
			return true
		}
	}
	return false
}

func (l *accountsOf) full() bool { return l[len(l)-1] != 0 }

// add brings an incident up to its dossier: all notes that hang together with
// those it has. The outcome depends on the notes alone.
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

// tell adds what one note says to the incident.
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

// client returns where the mail was read from: the client whose access weighs
// most; without one, the client whose sign-ins weigh most; of equals the earlier.
// Who let an application in, or gave it a key, is asked last.
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

// against returns what one client weighs in an incident; what was read from there
// counts before all sign-ins.
func (c *Detector) against(d *profile, k event.ClientKey) int {
	var s correlation
	granted := 0
	for i := range d.observations {
		n := &d.observations[i]
		switch {
		case !n.inIncident || n.client != k:
		case n.grant || grants.has(n.kind):
			granted = 1
		default:
			s.add(n.kind, n.weight)
		}
	}
	return 100_000*s.access + 10*s.signIn + granted
}
