package collection

import (
	"slices"

	"redshank/analytics/alert"
	"redshank/analytics/collection/theft"
	"redshank/analytics/event"
)

// open opens an incident around an observation. If the account that let the
// application in, or the application that the account let in, has one already, the
// subject joins that incident.
func (c *evidence) open(d *profile, center *observation) {
	for i := range d.observations {
		d.observations[i].inIncident = false
	}
	center.inIncident = true
	c.subjects.profiles.Protect(d.key)
	if d.incident = c.linkedIncident(d, center); d.incident != nil {
		if i := d.incident; d.kind == aUser && i.Account == "" {
			i.Account, i.Subject = d.subject, d.subject // an incident is about the person rather than the application
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
	i := c.tracker.Open(&ruleCollection, subject, start).Detail.(*theft.Theft)
	i.Extend(start)
	if d.kind == anAddress {
		subject = "" // the source names the address
	}
	i.Window, i.Subject, i.Account, d.incident = "collection", subject, account, i
}

// add adds to the incident of a subject all observations that are connected with
// those it contains. The outcome does not depend on their order.
func (c *evidence) add(d *profile, ev *event.Event) {
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
			c.addObservation(i, d, p)
		}
	}
	for _, t := range d.Mailboxes.All() {
		if within(i, t.At) {
			c.subjects.nameOwner(&t)
			i.AddMailbox(&t)
		}
	}
	if ev != nil {
		if ev.UserKind == event.UserPerson {
			i.AddAccount(string(ev.User))
		}
		i.Services |= 1 << ev.Service
		i.AddEvent(ev)
		i.Privileged = i.Privileged || ev.Marks.Has(event.PrivilegedUser)
		if ev.Mails != nil {
			i.AddMails(ev.Mails)
		}
	}
	c.outgrows(i, d)
	c.countItems(d)
	classify(c.policy, i, d)
	c.tracker.Update(i.Incident)
}

// addObservation adds the signal of one observation to the incident.
func (c *evidence) addObservation(i *theft.Theft, d *profile, n *observation) {
	if n.weight == 0 {
		return
	}
	i.Extend(n.began())
	i.Extend(n.last)
	s := alert.Signal{Code: signalCodes[n.kind], Weight: n.weight, Detail: n.text(), Says: c.weights.signals[n.kind].Says, Technique: c.weights.signals[n.kind].Technique,
		At: event.UnixTime(n.first), Record: n.record, Seen: c.weights.seenBy(d, n), Mails: slices.Clone(n.mails)}
	if n.client != (event.ClientKey{}) {
		s.IP = n.client.Addr()
	}
	i.AddSignal(s)
	i.AddMails(theft.KeptMails(n.mails))
	if n.client != (event.ClientKey{}) {
		i.AddClient(n.client)
	}
	i.Changed()
}

// countItems counts the items read while the incident lasted.
func (c *evidence) countItems(d *profile) {
	if i := d.incident; d.Taken != nil {
		i.Counts.Items = max(i.Counts.Items, d.Taken.Between(i.Start/event.Hour, i.End/event.Hour))
	}
}

// updateItems updates the number of items of an open incident.
func (c *evidence) updateItems(d *profile, ev *event.Event) {
	i := d.incident
	if i == nil || !within(i, ev.Time.UnixMilli()) {
		return
	}
	before := i.Counts.Items
	c.countItems(d)
	if i.Counts.Items != before {
		i.Changed()
		c.tracker.Update(i.Incident)
	}
}

// accountBehind returns the account that an incident of a subject is about: the
// account itself, or the only one that uses an application of few mailboxes; nil for
// an application of several accounts and for a host.
func (c *evidence) accountBehind(d *profile) *profile {
	switch d.kind {
	case aUser:
		return d
	case anApp:
		if o, ok := c.subjects.profiles.Peek(d.Accounts[0]); ok && d.Accounts[1] == 0 && d.PerDay.Most() <= fewMailboxes {
			return o
		}
	}
	return nil
}

// fewMailboxes is the number of mailboxes up to which the incident of an application
// is about the account that let the application in.
const fewMailboxes = 2

// outgrows makes an incident be about the application once that has read the mail of
// more than the account behind it, unless the account has signals of its own.
func (c *evidence) outgrows(i *theft.Theft, d *profile) {
	if d.kind != anApp || i.Account == "" || c.accountBehind(d) != nil {
		return
	}
	if o, ok := c.subjects.profiles.Peek(subjectKey(aUser, []byte(i.Account))); !ok || o.incident != i {
		i.Account, i.Subject = "", d.subject
	}
}

// linkedIncident returns the open incident that a subject would share: for an
// application, that of an account which uses it; for an account, that of an
// application which the account let in. An application of many accounts shares none.
func (c *evidence) linkedIncident(d *profile, center *observation) *theft.Theft {
	if d.kind == anApp {
		for _, account := range d.Accounts {
			if o, ok := c.subjects.profiles.Peek(account); ok && !d.Accounts.Full() && c.meets(o.incident, d, center) {
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
		app, ok := c.subjects.profiles.Peek(n.links[2])
		if ok && !app.Accounts.Full() && c.during(app.incident, center) {
			return app.incident
		}
	}
	return nil
}

// meets reports whether any observation near center was made during an incident.
func (c *evidence) meets(i *theft.Theft, d *profile, center *observation) bool {
	for n := range d.observations {
		if o := &d.observations[n]; o.weight > 0 && o.near(center, c.window) && c.during(i, o) {
			return true
		}
	}
	return false
}

// during reports whether an observation was made during an incident, or within the
// time window before or after.
func (c *evidence) during(i *theft.Theft, n *observation) bool {
	return i != nil && n.last >= i.Start-c.window && n.first <= i.End+c.window
}
