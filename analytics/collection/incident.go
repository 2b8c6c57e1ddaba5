package collection

import (
	"cmp"
	"slices"

	"redshank/analytics/alert"
	"redshank/analytics/collection/theft"
	"redshank/analytics/event"
	"redshank/analytics/incident"
)

// theftOf returns the open incident that an observation, with the triggering window
// around center, is part of, or nil. The incident of an application, a host
// or an address is that of its day. An account can have several at a time: an observation
// that joins none of them, and is from another time or from an unrelated client, is of
// another theft. center may be nil.
func (c *evidence) theftOf(d *profile, kept, center *observation) *theft.Theft {
	joins := func(i *theft.Theft) bool {
		return d.joins(i, kept) || center != nil && (d.kind != aUser || d.joins(i, center))
	}
	sameTime := func(i *theft.Theft) bool { return center != nil && c.during(i, center) && !c.unrelated(d, i, center) }
	for _, part := range [...]func(*theft.Theft) bool{joins, sameTime} {
		for _, i := range d.thefts {
			if within(i, kept.first) && part(i) {
				return i
			}
		}
	}
	return nil
}

// unrelated reports whether an observation has another program and another network than
// the core of an incident.
func (c *evidence) unrelated(d *profile, i *theft.Theft, n *observation) (known bool) {
	network := c.networks.networkOf(n.client)
	for at := range d.observations {
		o := &d.observations[at]
		if o.theft != i || !o.core {
			continue
		}
		if o.agent == n.agent && n.agent != 0 || network == 0 || c.networks.networkOf(o.client) == network {
			return false
		}
		known = known || o.client != event.ClientKey{}
	}
	return known
}

// open opens an incident around an observation. If the account that let the
// application in, or the application that the account let in, has one already, or
// another account has one from the same address, the subject joins that incident. A
// subject with maxThefts at that time gets no more: the observation joins the latest.
func (c *evidence) open(d *profile, center *observation) *theft.Theft {
	c.subjects.profiles.Protect(d.key)
	i := c.linkedIncident(d, center)
	if i == nil && d.busy(center.first) {
		return d.thefts[len(d.thefts)-1]
	}
	switch {
	case i == nil:
		if i = c.ofAddress(d, center); i == nil {
			i = c.openNew(d, center)
		}
	case d.kind == aUser && i.Account == "" && i.Joined == 0:
		i.Account, i.Subject = d.subject, d.subject // an incident is about the person rather than the application
	}
	if !slices.Contains(d.thefts, i) {
		d.thefts = append(d.thefts, i)
		d.thefts = d.thefts[max(len(d.thefts)-maxThefts, 0):]
	}
	return i
}

// openNew opens an incident around an observation. The id is that of the subject and
// the day; for another theft of that day, it also depends on the address.
func (c *evidence) openNew(d *profile, center *observation) *theft.Theft {
	start := center.began()
	for i := range center.nearby.all() {
		if n := &d.observations[i]; n.theft == nil && n.weight > 0 {
			start = min(start, n.began())
		}
	}
	subject, account := d.subject, ""
	if behind := c.accountBehind(d); behind != nil {
		subject, account = behind.subject, behind.subject
	}
	id := subject
	if other := c.tracker.Find(&ruleCollection, subject, start); other != nil && center.client != (event.ClientKey{}) && !other.Involves(center.client.Addr()) {
		id += "\x00" + center.client.Addr().String()
	}
	i := c.tracker.Open(&ruleCollection, id, start).Detail.(*theft.Theft)
	i.Extend(start)
	if d.kind == anAddress {
		subject = "" // the source names the address
	}
	i.Window, i.Subject, i.Account = "collection", subject, account
	return i
}

// add adds to an incident of a subject all observations that are connected with
// those it contains. The outcome does not depend on their order. The mailboxes that the
// subject has read during the incident are added if it is a new one for the subject, or
// has become longer; readMailbox adds those that are read later.
func (c *evidence) add(i *theft.Theft, d *profile, ev *event.Event, isNew bool) {
	start, end := i.Start-event.Day, i.End+event.Day
	for core, grown := d.coreOf(i), true; grown; {
		grown = false
		for n := range d.observations {
			if p := &d.observations[n]; p.theft == nil && p.weight > 0 && p.nearby&core != 0 {
				p.theft = i
				if p.core {
					core, grown = core|1<<n, true
				}
			}
		}
	}
	for n := range d.observations {
		if p := &d.observations[n]; p.theft == i && p.weight > p.listed {
			c.addObservation(i, d, p)
		}
	}
	for _, t := range d.Mailboxes.All() {
		if within(i, t.At) && (isNew || t.At < start || t.At > end) {
			c.subjects.nameOwner(&t)
			i.AddMailbox(&t)
		}
	}
	if ev != nil && !ofAnother(d, ev) {
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
	countItems(i, d)
	classify(c.policy, i, d)
	c.tracker.Update(i.Incident)
}

// ofAnother reports whether an event that gave an account a signal is the act of another
// person, such as an administrator who grants rights. Such an event can come before or
// after the incident, and adds nothing but its signal.
func ofAnother(d *profile, ev *event.Event) bool {
	return d.kind == aUser && ev.UserKind == event.UserPerson && string(ev.User) != d.subject
}

// addObservation adds the signal of one observation to the incident.
func (c *evidence) addObservation(i *theft.Theft, d *profile, n *observation) {
	n.listed = n.weight
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

// countItems counts the items read while the incident lasted. Those of an application and
// of the account behind it are the same; those of several accounts add up.
func countItems(i *theft.Theft, d *profile) {
	if d.Taken == nil {
		return
	}
	items := d.Taken.Between(i.Start/event.Hour, i.End/event.Hour)
	i.Counts.Items = max(i.Counts.Items, items)
	if d.kind == aUser {
		i.CountItems(d.key, items)
	}
}

// updateItems updates the number of items of the open incidents.
func (c *evidence) updateItems(d *profile, ev *event.Event) {
	for _, i := range d.thefts {
		if !within(i, ev.Time.UnixMilli()) {
			continue
		}
		before := i.Counts.Items
		countItems(i, d)
		if i.Counts.Items != before {
			i.Changed()
			c.tracker.Update(i.Incident)
		}
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

// outgrows makes an incident be about the application once that has read the mail of
// more than the account behind it, unless the account has signals of its own.
func (c *evidence) outgrows(i *theft.Theft, d *profile) {
	if d.kind != anApp || i.Account == "" || c.accountBehind(d) != nil {
		return
	}
	if o, ok := c.subjects.profiles.Peek(subjectKey(aUser, []byte(i.Account))); !ok || !slices.Contains(o.thefts, i) {
		i.Account, i.Subject = "", d.subject
	}
}

// linkedIncident returns the open incident that a subject would share: for an
// application, that of an account which uses it; for an account, that of an
// application which the account let in. An application of many accounts shares none.
func (c *evidence) linkedIncident(d *profile, center *observation) *theft.Theft {
	if d.kind == anApp {
		for _, account := range d.Accounts {
			if o, ok := c.subjects.profiles.Peek(account); ok && !d.Accounts.Full() {
				if i := firstWhere(o.thefts, func(i *theft.Theft) bool { return c.meets(i, d, center) }); i != nil {
					return i
				}
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
		if ok && !app.Accounts.Full() {
			if i := firstWhere(app.thefts, func(i *theft.Theft) bool { return c.during(i, center) }); i != nil {
				return i
			}
		}
	}
	return nil
}

// firstWhere returns the first incident for which f reports true, or nil.
func firstWhere(list []*theft.Theft, f func(*theft.Theft) bool) *theft.Theft {
	if n := slices.IndexFunc(list, f); n >= 0 {
		return list[n]
	}
	return nil
}

// meets reports whether any observation near center was made during an incident.
func (c *evidence) meets(i *theft.Theft, d *profile, center *observation) bool {
	for n := range center.nearby.all() {
		if o := &d.observations[n]; o.weight > 0 && c.during(i, o) {
			return true
		}
	}
	return false
}

// during reports whether an observation was made during an incident, or within the
// time window before or after.
func (c *evidence) during(i *theft.Theft, n *observation) bool {
	return n.last >= i.Start-c.window && n.first <= i.End+c.window
}

// takeBack removes the signals of accounts that got in from the client of an incident of
// AN1269 that was withdrawn. An incident that would not have opened without them is
// withdrawn, too; another gets the severity that it has without them.
func (c *evidence) takeBack(attack *incident.Incident, accounts []string) {
	var affected []*theft.Theft
	for _, name := range accounts {
		d, ok := c.subjects.profiles.Peek(subjectKey(aUser, []byte(name)))
		if !ok {
			continue
		}
		affected = c.dropFromAttack(d, attack, affected)
		for n := range d.observations {
			if g := &d.observations[n]; appGrants.has(g.kind) {
				if app, ok := c.subjects.profiles.Peek(g.links[2]); ok {
					affected = c.dropFromAttack(app, attack, affected)
				}
			}
		}
	}
	for i, owners := range c.ownersOf(affected) {
		c.revise(affected[i], owners)
	}
}

// dropFromAttack removes the observations of signInFromAttack of a subject near an incident
// of AN1269. It appends the incidents that they were part of to a list.
func (c *evidence) dropFromAttack(d *profile, attack *incident.Incident, affected []*theft.Theft) []*theft.Theft {
	return c.drop(d, affected, func(n *observation) bool {
		return n.kind == signInFromAttack && n.last >= attack.Start-event.Day && n.first <= attack.End+event.Day
	})
}

// drop removes the observations of a subject for which gone reports true. It appends the
// open incidents that they were part of to a list.
func (c *evidence) drop(d *profile, affected []*theft.Theft, gone func(*observation) bool) []*theft.Theft {
	before := len(d.observations)
	d.observations = slices.DeleteFunc(d.observations, func(n observation) bool {
		if !gone(&n) {
			return false
		}
		if n.theft != nil && !n.theft.Closed() && !slices.Contains(affected, n.theft) {
			affected = append(affected, n.theft)
		}
		return true
	})
	if len(d.observations) < before {
		c.subjects.changed(d)
		d.relateAll(c.window)
		c.weigh(d, d.every(), 0)
	}
	return affected
}

// ownersOf returns the subjects of each incident, accounts last.
func (c *evidence) ownersOf(list []*theft.Theft) [][]*profile {
	owners := make([][]*profile, len(list))
	if len(list) == 0 {
		return nil
	}
	c.subjects.profiles.Each(func(_ uint64, d *profile) {
		for n, i := range list {
			if slices.Contains(d.thefts, i) {
				owners[n] = append(owners[n], d)
			}
		}
	})
	for _, of := range owners {
		slices.SortFunc(of, func(a, b *profile) int { return cmp.Or(cmp.Compare(b.kind, a.kind), cmp.Compare(a.key, b.key)) })
	}
	return owners
}

// revise classifies an incident from the signals that are left, or withdraws an incident
// that they would not open.
func (c *evidence) revise(i *theft.Theft, owners []*profile) {
	owners = c.part(i, owners)
	opens, left := false, kindSet(0)
	for _, d := range owners {
		for n := range d.observations {
			if o := &d.observations[n]; o.theft == i {
				opens, left = opens || o.core, left|1<<o.kind
			}
		}
	}
	if !opens {
		c.withdraw(i, owners)
		return
	}
	for kind, code := range signalCodes {
		if (ofOwnDevice | setOf(signInFromAttack)).has(signalKind(kind)) && !left.has(signalKind(kind)) {
			i.DropSignals(code)
		}
	}
	i.Unfounded, i.Severity = true, alert.Low
	for _, d := range owners {
		classify(c.policy, i, d)
	}
	i.Changed()
	c.tracker.Update(i.Incident)
}

// withdraw closes an incident. Its observations may become part of another one.
func (c *evidence) withdraw(i *theft.Theft, owners []*profile) {
	for _, d := range owners {
		c.release(i, d)
	}
	c.tracker.Withdraw(i.Incident)
}

// release takes the observations of a subject out of an incident.
func (c *evidence) release(i *theft.Theft, d *profile) {
	for n := range d.observations {
		if o := &d.observations[n]; o.theft == i {
			o.theft, o.listed = nil, 0
		}
	}
	d.thefts = slices.DeleteFunc(d.thefts, func(o *theft.Theft) bool { return o == i })
	c.subjects.changed(d)
}
