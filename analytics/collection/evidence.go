package collection

import (
	"slices"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics/collection/behaviour"
	"redshank/analytics/collection/theft"
	"redshank/analytics/event"
	"redshank/analytics/explain"
	"redshank/analytics/incident"
	"redshank/analytics/policy"
	"redshank/analytics/window"
)

// evidence records the observations of every subject and opens an incident if they
// weigh enough: evidence.go records them, correlate.go computes the score, and
// incident.go opens and extends incidents.
type evidence struct {
	policy   *policy.Policy
	tracker  *incident.Tracker
	explain  explain.Observer // nil if there is no observer
	subjects *subjects
	weights  *weights
	networks *networks
	sessions *window.Recent[behaviour.Session]
	window   int64 // collection.time_window, in milliseconds
}

// raise records the observation of a signal that an event gives.
func (c *evidence) raise(d *profile, ev *event.Event, kind signalKind, detail []byte) {
	c.record(d, c.observationOf(ev, kind), firstOf(detail, ev.Operation), ev)
}

// raiseUnless is raise for a signal that counts only while a feature is not usual
// for the subject.
func (c *evidence) raiseUnless(feature uint64, d *profile, ev *event.Event, kind signalKind, detail []byte) {
	n := c.observationOf(ev, kind)
	n.feature = feature
	c.record(d, n, detail, ev)
}

// observationOf returns the observation of a signal that an event gives.
func (c *evidence) observationOf(ev *event.Event, kind signalKind) observation {
	at := ev.Time.UnixMilli()
	return observation{kind: kind, first: at, last: at, links: linksOf(c.policy, ev), client: clientOf(ev), agent: programOf(ev)}
}

// programOf returns a hash of the agent of a program, 0 for a person's client and for
// an event without an agent, unless requests that have none are logged.
func programOf(ev *event.Event) uint32 {
	if byPerson(ev) || len(ev.Agent) == 0 && !requestLog(ev.Source) {
		return 0
	}
	return uint32(xxhash.Sum64(ev.AgentText())) | 1
}

// record stores an observation and opens or extends an incident if the observations
// near it weigh enough. The two halves may arrive in any order. ev may be nil.
func (c *evidence) record(d *profile, n observation, detail []byte, ev *event.Event) {
	c.recordOne(d, n, detail, ev)
	c.openedMail(d, &n)
	if d.kind == aUser && ofGranter.has(n.kind) {
		for i := range d.observations {
			if g := &d.observations[i]; appGrants.has(g.kind) {
				n.detail = oneLine(detail)
				c.passOn(d, &n, g)
			}
		}
	}
}

// appGrants are the signals of an account that lets an application in, or gives it a
// key; ofGranter those of the account's sign-in that also count for the application.
var appGrants, ofGranter = setOf(mailConsent, appCredentials), oddSession | setOf(newNetwork, newCountry)

// passOn records an observation of an account's sign-in on the application that the
// account let in near it. A sign-in to that application, by its server, is not the
// account's.
func (c *evidence) passOn(d *profile, n, grant *observation) {
	app, ok := c.subjects.profiles.Get(grant.links[2])
	if !ok || n.half || n.links[2] == grant.links[2] || !ofGranter.has(n.kind) || !n.near(grant, c.window) || c.weights.of(d, n) == 0 {
		return
	}
	o := *n
	o.theft, o.grant, o.links[2] = nil, true, grant.links[2]
	c.recordOne(app, o, []byte(n.detail), nil)
}

// ownProgram makes the consent of an account to the application of an event that reads
// mail count nothing, if the consent came from the same address and that is in a network
// usual for the account: the application is a program on the person's computer. One that
// was phished reads from the thief's.
func (c *evidence) ownProgram(ev *event.Event) {
	if ev.UserKind != event.UserPerson || !foreign(c.policy, ev) {
		return
	}
	n := c.observationOf(ev, accessForeignApp)
	d, ok := c.subjects.profiles.Peek(subjectKey(aUser, ev.User))
	if !ok || !c.usualThere(d, ev, &n) {
		return
	}
	i := slices.IndexFunc(d.observations, func(o observation) bool {
		return o.kind == mailConsent && !o.grant && o.theft == nil && o.links[2] == n.links[2] && o.client == n.client && distance(o.first, n.first) <= event.Day
	})
	if i < 0 {
		return
	}
	let := d.observations[i]
	for _, of := range [...]*profile{d, c.subjects.profile(anApp, ev.App)} {
		for i := range of.observations {
			// The grant beside it can name the application by another id.
			if o := &of.observations[i]; o.kind == mailConsent && o.theft == nil && o.client == let.client && distance(o.first, let.first) <= observationSpan {
				o.grant, o.weight, o.core = true, 0, false
			}
		}
		c.subjects.changed(of)
	}
}

// readsBeside reports whether the application of a consent reads the account's mail from
// the same address, in a network usual for the account. Within the time window the
// application can have another id. See ownProgram.
func (c *evidence) readsBeside(d *profile, ev *event.Event, consent *observation) bool {
	return c.usualThere(d, ev, consent) && slices.ContainsFunc(d.observations, func(o observation) bool {
		return o.kind == accessForeignApp && o.client == consent.client &&
			(distance(o.first, consent.first) <= c.window || o.links[2] == consent.links[2] && distance(o.first, consent.first) <= event.Day)
	})
}

// usualThere reports whether the network of an observation, which an event gives, was
// usual for the account.
func (c *evidence) usualThere(d *profile, ev *event.Event, n *observation) bool {
	return n.client != (event.ClientKey{}) && (ev.Marks&usualNetwork != 0 || c.networks.usualFor(d, n.client, n.first))
}

// ofWorkplace are the signals of ordinary work. In a network that is usual for the
// account, the session and the address do not connect them over a day: all that an
// administrator does has the same address.
var ofWorkplace = everyday | grants | setOf(mailSearch, mailExport)

// recordOne is record for one observation alone.
func (c *evidence) recordOne(d *profile, n observation, detail []byte, ev *event.Event) {
	if c.weights.signals[n.kind].Weight == 0 {
		return
	}
	if c.explain != nil && ev != nil {
		c.explain.Decided(ev, explain.Decision{Rule: ruleCollection.ID, Verdict: explain.Counted, Reason: signalCodes[n.kind],
			Weight: c.weights.of(d, &n)})
	}
	if ofWorkplace.has(n.kind) && (ev != nil && ev.Marks&usualNetwork != 0 || c.networks.usualFor(d, n.client, n.first)) {
		n.links[0], n.links[1] = 0, 0
	}
	if ofAttack.has(n.kind) && d.repeats(&n, c.window) {
		return
	}
	kept, changed := d.keep(n, detail, c.window)
	if ev != nil && kept.record == "" {
		kept.record = ev.RecordText()
		changed = changed || kept.record != ""
	}
	if !changed {
		c.addMails(d, kept, ev)
		return
	}
	c.subjects.changed(d)
	if kept.weight = c.weights.of(d, kept); kept.weight == 0 {
		kept.core = false
		return
	}
	c.addMails(d, kept, ev)
	d.dropClosed()
	weighed := c.weigh(d, kept.nearby, 0)
	center := d.trigger(kept)
	i := c.theftOf(d, kept, center)
	if i == nil && center == nil {
		return // nearly every call ends here
	}
	c.weigh(d, d.every()&^kept.nearby, weighed)
	isNew := i == nil
	if isNew {
		i = c.open(d, center)
	}
	if center != nil && center.theft == nil {
		center.theft = i
	}
	kept.listed = 0
	c.add(i, d, ev, isNew)
}

// addMails adds the mails of an event to the observation of an access that counts.
func (c *evidence) addMails(d *profile, kept *observation, ev *event.Event) {
	if ev != nil && ev.Mails != nil && kept.weight > 0 && kept.kind.isAccess() && d.addMails(kept, ev.Mails) {
		c.subjects.changed(d)
	}
}

// openedMail records the access if the session of an abnormal sign-in has opened
// mail already: the log of sign-ins can arrive later.
func (c *evidence) openedMail(d *profile, n *observation) {
	if d.kind != aUser || !oddSession.has(n.kind) {
		return
	}
	if o := &d.Opened; n.kind == signInTool && o.At != 0 && distance(o.At, n.first) <= c.window {
		c.recordOne(d, observation{kind: accessOrdinary, first: o.At, last: o.At, client: o.Client, links: links{1: linkOf(c.policy, o.Client)}}, nil, nil)
	}
	if scripted.has(n.kind) {
		many := *n
		many.kind, many.theft, many.record, many.detail = accessMany, nil, "", ""
		many.feature = c.networks.networkOf(n.client)
		c.readAfterScript(d, &many, nil)
	}
	if n.links[0] == 0 {
		return
	}
	seen, _ := c.sessions.Get(n.links[0])
	for i := range seen {
		s := &seen[i]
		if s.Read == 0 || distance(s.Read, n.first) > event.Day {
			continue
		}
		c.record(d, observation{kind: accessOrdinary, first: s.Read, last: s.Read, client: s.Client, links: links{n.links[0], linkOf(c.policy, s.Client)}}, nil, nil)
	}
}

// scripted are the signals of a sign-in with which nobody reads mail by hand.
var scripted = setOf(signInScript, signInTool, signInDeviceCode)

// readAfterScript records many if that much mail was read from a network after such a
// sign-in there. It needs no mature baseline of the account: an account that the tenant
// has known for a day is no new program. ev may be nil.
func (c *evidence) readAfterScript(d *profile, many *observation, ev *event.Event) {
	began := d.Baseline.Began()
	if d.Taken == nil || withinTwoHours(d.Taken, many.first) < manyMails || began == 0 || many.first-began < event.Day || !c.weights.population.Learned(many.first, learningDays) {
		return
	}
	for i := range d.observations {
		if o := &d.observations[i]; scripted.has(o.kind) && !o.half && o.links.shared(&many.links) && o.near(many, c.window) {
			c.recordOne(d, *many, nil, ev)
			return
		}
	}
}

// credentialStolen records a successful sign-in from the client of an incident of
// AN1269: at the sign-in, or when the incident opens later.
func (c *evidence) credentialStolen(account string, from event.ClientKey, at int64) {
	n := observation{kind: signInFromAttack, first: at, last: at, client: from, links: links{1: linkOf(c.policy, from)}, feature: linkOf(c.policy, from)}
	c.record(c.subjects.profile(aUser, []byte(account)), n, nil, nil)
}

// fromAttack reports whether an event comes from a client of another analytic's
// open incident, unless many accounts sign in from there.
func (c *evidence) fromAttack(d *profile, ev *event.Event) bool { return c.attackOf(d, ev) != nil }

// attackOf returns the open incident of another analytic that an event's client is part
// of, and nil if many accounts sign in from there.
func (c *evidence) attackOf(d *profile, ev *event.Event) *incident.Incident {
	if !ev.IP.IsValid() {
		return nil
	}
	at := ev.Time.UnixMilli()
	if i := c.tracker.OpenFor(ev.IP.As16(), at); i != nil && c.weights.rareAddress(d, ev.IP.As16(), at) {
		return i
	}
	return nil
}

// alias stores the other names of an account and merges the observations recorded
// under its object id before the account was known.
func (c *evidence) alias(d *profile, ev *event.Event) {
	if c.subjects.alias(d, ev) {
		c.merge(d, ev.UserID)
		c.nameMailbox(d, ev.UserID)
	}
}

// nameMailbox makes the open incidents count the mailbox that was read by an object id as
// that of its account. Each account gets a new object id about once.
func (c *evidence) nameMailbox(d *profile, id []byte) {
	unnamed := window.Attempt{Key: xxhash.Sum64(id), Name: string(id)}
	named := window.Attempt{Key: xxhash.Sum64String(d.subject), Name: d.subject}
	c.tracker.Each(&ruleCollection, func(i *incident.Incident) {
		if i.Detail.(*theft.Theft).Rename(&unnamed, &named) {
			c.tracker.Update(i)
		}
	})
}

// merge moves the observations of an object id to its account.
func (c *evidence) merge(d *profile, id []byte) {
	old, ok := c.subjects.profiles.Get(subjectKey(aUser, id))
	if !ok || old == d {
		return
	}
	c.subjects.ownBehaviour(old)
	c.subjects.changed(old)
	c.subjects.changed(d)
	d.JoinVolumes(old.Behaviour)
	for _, t := range old.Mailboxes.Take() {
		if t.Key == xxhash.Sum64String(old.subject) {
			t.Key, t.Name = xxhash.Sum64String(d.subject), d.subject
		}
		c.subjects.nameOwner(&t)
		c.readMailbox(d, t)
	}
	moved := old.observations
	old.observations = nil
	for _, n := range moved {
		n.theft = nil
		c.record(d, n, []byte(n.detail), nil)
	}
}
