package collection

import (
	"slices"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics/alert"
	"redshank/analytics/baseline"
	"redshank/analytics/collection/theft"
	"redshank/analytics/event"
	"redshank/analytics/policy"
)

// applications judges the applications that read mail.
type applications struct {
	policy   *policy.Policy
	subjects *subjects
	weights  *weights
	evidence *evidence
}

// byApp raises signals for an application that reads mail and is not Microsoft's or
// is new to the account, and reports whether it is not Microsoft's. Applications of
// Microsoft's can be new, too: attackers use their ids.
func (c *applications) byApp(d *profile, ev *event.Event) bool {
	key, at := baseline.Key(baseline.App, ev.App), ev.Time.UnixMilli()
	if key == 0 || d.kind != aUser || c.subjects.appIsKnown(ev, at) || d.Baseline.Knows(key, at, c.policy.Collection.Baseline) {
		return false
	}
	if d.Baseline.IsMature(at) {
		c.evidence.raiseUnless(key, d, ev, accessNewApp, ev.App)
	}
	third := foreign(c.policy, ev)
	if third {
		c.evidence.raiseUnless(key, d, ev, accessForeignApp, ev.App)
	}
	c.learnReader(d, ev, key)
	return third
}

// overGraph raises a signal for an application of Microsoft's with which the account
// has never read mail over Graph, the interface for programs.
func (c *applications) overGraph(d *profile, ev *event.Event) {
	if ev.Source != event.Graph || d.kind != aUser || len(ev.App) == 0 {
		return
	}
	var space [64]byte
	key := baseline.Key(baseline.Reader, append(append(space[:0], "graph "...), ev.App[:min(len(ev.App), len(appID))]...))
	if d.Baseline.IsMature(ev.Time.UnixMilli()) {
		c.evidence.raiseUnless(key, d, ev, accessGraph, ev.App)
	}
	c.learnReader(d, ev, key)
}

// learnReader adds a program or an application that reads the account's mail to the
// baseline, unless the access is suspicious.
func (c *applications) learnReader(d *profile, ev *event.Event, key uint64) {
	if at := ev.Time.UnixMilli(); !d.suspicious(at) && !c.evidence.fromAttack(d, ev) {
		if d.Baseline.Use(key, at, baseline.MaxFeatures) {
			c.weights.seen(d, ev, key)
		}
		c.subjects.changed(d)
	}
}

// spread judges an application over all the mailboxes it reads. An application that
// has read mail on as many days as a baseline needs is known, as long as it reads
// about as many mailboxes a day and stays in its networks, or runs in one that the
// account for which it acts used a day before.
func (c *applications) spread(app *profile, ev *event.Event, w *networkContext, box uint64) {
	at, period := ev.Time.UnixMilli(), daysOnly(c.policy.Collection.Baseline)
	if box == 0 {
		return
	}
	quiet := !slices.ContainsFunc(app.thefts, func(i *theft.Theft) bool { return i.Severity > alert.Low })
	app.Volumes()
	c.subjects.changed(app)
	app.Taken.Read(at, ev.Items)
	today := app.PerDay.Read(box, at, !quiet)
	if quiet && !app.has(mailConsent) && !app.has(appCredentials) {
		app.Baseline.SignIn(at, period, true)
	}
	elsewhere := w.network != 0 && !w.usual && app.Networks <= maxAppNetworks && app.Baseline.IsNew(w.network, at, period)
	if elsewhere {
		user, ok := c.subjects.profiles.Peek(c.userOf(ev))
		elsewhere = !ok || !user.Baseline.UsedBefore(w.network, at-event.Day)
	}
	if elsewhere {
		c.evidence.raiseUnless(w.network, app, ev, newNetwork, nil)
	}
	c.appNetwork(app, ev, w)
	mature := app.Baseline.IsMature(at)
	if !mature {
		c.evidence.raiseUnless(baseline.Key(baseline.App, ev.App), app, ev, accessForeignApp, ev.App)
	}
	much := today > max(2*app.PerDay.Usual, app.PerDay.Usual+minMailboxes)
	if !mature || elsewhere || much {
		c.manyMailboxes(app, ev, box)
	}
	if (mature && elsewhere || !mature && c.firstSeenLate(app, ev)) && app.MailboxesWithin(event.Day, at, minMailboxes) {
		c.evidence.raise(app, ev, accessMailboxes, ev.App) // however slowly they are read
	}
	if !mature && c.neverLetIn(app, ev, w) {
		switch {
		case app.MailboxesWithin(event.Hour, at, forgedMailboxes):
			c.evidence.raise(app, ev, newNetwork, nil)
			c.evidence.raise(app, ev, accessMailboxes, ev.App)
		case c.evidence.networks.rented(ev.IP) && app.MailboxesWithin(event.Day, at, minMailboxes):
			c.evidence.raise(app, ev, accessMailboxes, ev.App) // a question
		}
	}
	c.evidence.updateItems(app, ev)
}

// userOf returns the key of the account for which an application acts, 0 if it acts for
// itself. Microsoft Graph names accounts by their object ids.
func (c *applications) userOf(ev *event.Event) uint64 {
	if ev.UserKind == event.UserPerson {
		return subjectKey(aUser, ev.User)
	}
	if owner := c.subjects.ownerByID(ev.User); owner != nil {
		return owner.key
	}
	return 0
}

// forgedMailboxes is the number of mailboxes, read within an hour, from which the tokens
// of an application that nobody let in may be forged. The log of consents can be late.
const forgedMailboxes = 8

// forgedAccounts is the number of accounts for which an application acts in one network,
// from which that is not the home of its users.
const forgedAccounts = 3

// neverLetIn reports whether an application acts for people none of whom has signed in
// to it or let it in since the tenant was learned, from a network that few accounts use
// and in which it acts for several: its tokens may be forged. A mail program at home acts
// for the people who live there, who sign in to it themselves.
func (c *applications) neverLetIn(app *profile, ev *event.Event, w *networkContext) bool {
	at := ev.Time.UnixMilli()
	return ev.UserKind == event.UserPerson && w.network != 0 && !w.usual && app.SignIns[0].At == 0 && !app.has(mailConsent) &&
		c.weights.population.Users(serverOf(ev.App, w.network), at) >= forgedAccounts &&
		c.weights.population.Learned(at, learningDays) && float64(c.weights.others(app, newNetwork, w.network, clientOf(ev), at)) < c.weights.common()
}

// firstSeenLate reports whether an application acts for itself, with rights that an
// administrator gave it, and was first seen when the tenant had been learned.
func (c *applications) firstSeenLate(app *profile, ev *event.Event) bool {
	began := app.Baseline.Began()
	if began == 0 { // it is not learned, as after a consent
		began = ev.Time.UnixMilli()
	}
	return (ev.UserKind != event.UserPerson || len(ev.User) == 0) && c.weights.population.Learned(began, learningDays)
}

// appNetwork adds a network to the baseline of an application, and counts the
// networks in which the application acts for a person.
func (c *applications) appNetwork(app *profile, ev *event.Event, w *networkContext) {
	if w.network == 0 || w.usual {
		return
	}
	at := ev.Time.UnixMilli()
	if user := c.userOf(ev); user != 0 {
		if !app.runsAt(clientOf(ev)) {
			c.weights.population.Add(serverOf(ev.App, w.network), user, at)
		}
		if !app.Baseline.HasUsed(w.network) {
			app.Networks = min(app.Networks+1, maxAppNetworks+1)
		}
	}
	app.Baseline.Use(w.network, at, baseline.MaxFeatures)
}

// The thresholds of access.read_through: mail items, or requests to Microsoft Graph,
// for one mailbox within an hour.
const readThroughItems, readThroughRequests = 150, 12

// readThrough raises a signal for a new application that takes much from its only
// mailbox. The signal counts half for the mailbox of somebody who did not let the
// application in: an administrator did, as for a migration.
func (c *applications) readThrough(app *profile, ev *event.Event, box uint64) {
	at := ev.Time.UnixMilli()
	if app.Baseline.IsMature(at) || !app.Take.Only(box) {
		app.Take.Stop()
		return
	}
	items, requests := app.Take.Add(box, at, ev.Items)
	if items >= readThroughItems || requests >= readThroughRequests && ev.Source == event.Graph {
		n := c.evidence.observationOf(ev, accessBulk)
		n.half = !c.ofAccount(app, box)
		c.evidence.record(app, n, ev.App, ev)
	}
}

// ofAccount reports whether a mailbox is that of an account which let an application
// in, or for which it acts.
func (c *applications) ofAccount(app *profile, box uint64) bool {
	for _, key := range app.Accounts {
		if o, ok := c.subjects.profiles.Peek(key); ok && xxhash.Sum64String(o.subject) == box {
			return true
		}
	}
	return false
}
