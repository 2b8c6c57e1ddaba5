package collection

import (
	"bytes"

	"redshank/analytics/alert"
	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/window"
)

// byApp raises signals for an application that reads mail: one that is not
// Microsoft's, and one that is new to the account. First-party ids are not
// spared the second: attackers borrow them.
func (c *Detector) byApp(d *profile, ev *event.Event) bool {
	key, at := baseline.Key(baseline.App, ev.App), ev.Time.UnixMilli()
	if key == 0 || d.kind != aUser || c.appIsKnown(ev, at) || d.baseline.Knows(key, at, c.policy.Collection.Baseline) {
		return false
	}
	if d.baseline.IsMature(at) {
		c.raiseUnless(key, d, ev, accessNewApp, ev.App)
	}
	foreign := c.foreign(ev)
	if foreign {
		c.raiseUnless(key, d, ev, accessForeignApp, ev.App)
	}
	c.used(d, ev, key)
	return foreign
}

// foreign reports whether an application is not known as Microsoft's.
func (c *Detector) foreign(ev *event.Event) bool {
	return len(ev.App) > 0 && c.policy.AppName(ev.App) == ""
}

// maxHomes is the number of networks up to which an application is taken to run
// on servers of its own. One that is used from more runs where its users are.
const maxHomes = 4

// actsAlone reports whether an event is the act of an application that runs on
// servers of its own, for itself or for accounts that let it in. The application
// is what such an event is about. One that a single account uses, and that nobody
// was seen to let in, may be that account's, or a thief's.
func (c *Detector) actsAlone(ev *event.Event) bool {
	cloud := ev.Source == event.UAL || ev.Source == event.Entra || ev.Source == event.Graph
	if !cloud || ev.Outcome != event.Success || ev.Action != event.SignIn && ev.Action != event.MailAccess || !c.foreign(ev) {
		return false
	}
	app, ok := c.profiles.Get(subjectKey(anApp, ev.App))
	if ev.UserKind != event.UserPerson || len(ev.User) == 0 {
		return !ok || app.networks <= maxHomes
	}
	key := baseline.Key(baseline.App, ev.App)
	return ok && app.networks <= maxHomes && (app.has(mailConsent) || c.population.Users(baseline.Feature(key), ev.Time.UnixMilli()) > 1)
}

// foreignApp returns the profile of the application that reads mail, or nil for an
// application of Microsoft's.
func (c *Detector) foreignApp(d *profile, ev *event.Event) *profile {
	switch {
	case d.kind == anApp:
		return d
	case c.foreign(ev):
		return c.profile(anApp, ev.App)
	}
	return nil
}

// appIsKnown reports whether an application has been reading mail here for days.
func (c *Detector) appIsKnown(ev *event.Event, at int64) bool {
	app, ok := c.profiles.Get(subjectKey(anApp, ev.App))
	return ok && app.baseline.IsMature(at) && !app.has(mailConsent)
}

// ofTheCloud recognises services of the cloud itself, which read mail to index
// it or to remind of it: they come from its own addresses as RESTSystem.
func ofTheCloud(ev *event.Event) bool {
	return ev.Action == event.MailAccess && ev.Marks.Has(event.MicrosoftRange) && bytes.Contains(ev.Client, restSystem)
}

var restSystem = []byte("RESTSystem")

// Figures of access.many_mailboxes.
const (
	minMailboxes    = 5
	mailboxesWithin = 10 * 60 * 1000
)

// manyMailboxes watches how many mailboxes an account reads by program in ten
// minutes.
func (c *Detector) manyMailboxes(d *profile, ev *event.Event, box uint64) {
	t := window.Attempt{At: ev.Time.UnixMilli(), Key: box, Sources: 1 << ev.Source}
	if box == 0 || !d.reads(t) {
		return
	}
	c.changed(d)
	if d.mailboxes.Windows(t.At, mailboxesWithin, func(run []window.Attempt) bool { return len(run) >= minMailboxes }) {
		c.raise(d, ev, accessMailboxes, firstOf(ev.App, ev.AgentText()))
	}
	if i := d.incident; i != nil && within(i, t.At) {
		i.addMailbox(t.Key)
		c.tracker.Update(i.Incident)
	}
}

// mailboxesOfDay returns how many different mailboxes of those remembered were
// read in the day before a time.
func (d *profile) mailboxesOfDay(at int64) int {
	var boxes window.Distinct
	for _, t := range d.mailboxes.All() {
		if t.At > at-event.Day && t.At <= at {
			boxes.Add(t.Key)
		}
	}
	return boxes.Count()
}

// reads remembers a mailbox and reports whether it was not read in the ten
// minutes around.
func (d *profile) reads(t window.Attempt) bool {
	for _, have := range d.mailboxes.All() {
		if have.Key == t.Key && max(have.At-t.At, t.At-have.At) <= mailboxesWithin {
			return false
		}
	}
	d.mailboxes.Add(t, maxMailboxes)
	return true
}

// spread watches an application over all mailboxes. An application that has read
// mail on as many days as a baseline needs is known, as long as it keeps to about
// as many mailboxes a day and to its networks.
func (c *Detector) spread(app *profile, ev *event.Event, w *networkContext, box uint64) {
	at, period := ev.Time.UnixMilli(), policyDays(c.policy.Collection.Baseline)
	if box == 0 {
		return
	}
	quiet := app.incident == nil || app.incident.Severity <= alert.Low
	app.count()
	c.changed(app)
	app.taken.read(at, ev.Items)
	today := app.boxes.read(box, at, !quiet)
	if quiet && !app.has(mailConsent) && !app.has(appCredentials) {
		app.baseline.SignIn(at, period, true)
	}
	elsewhere := w.network != 0 && !w.usual && app.networks <= maxHomes && app.baseline.IsNew(w.network, at, period)
	if elsewhere {
		c.raiseUnless(w.network, app, ev, newNetwork, nil)
	}
	c.appNetwork(app, ev, w)
	mature := app.baseline.IsMature(at)
	if !mature {
		c.raiseUnless(baseline.Key(baseline.App, ev.App), app, ev, accessForeignApp, ev.App)
	}
	much := today > max(2*app.boxes.usual, app.boxes.usual+minMailboxes)
	if !mature || elsewhere || much {
		c.manyMailboxes(app, ev, box)
	}
	if mature && elsewhere && app.mailboxesOfDay(at) >= minMailboxes {
		c.raise(app, ev, accessMailboxes, ev.App) // however slowly
	}
	c.touch(app, ev)
}

// appNetwork lets an application learn a network, and counts those in which it
// acts for somebody.
func (c *Detector) appNetwork(app *profile, ev *event.Event, w *networkContext) {
	if w.network == 0 || w.usual {
		return
	}
	at := ev.Time.UnixMilli()
	if ev.UserKind == event.UserPerson && !app.baseline.UsedBefore(w.network, at+1) {
		app.networks = min(app.networks+1, maxHomes+1)
	}
	app.baseline.Use(w.network, at, baseline.MaxFeatures)
}

// Figures of access.read_through: mail items, or requests to Microsoft Graph, of
// one mailbox within an hour.
const readThroughItems, readThroughRequests = 150, 12

// readThrough watches how much a new application takes from one mailbox.
func (c *Detector) readThrough(app *profile, ev *event.Event, box uint64) {
	if app.baseline.IsMature(ev.Time.UnixMilli()) || app.takes.box != 0 && app.takes.box != box {
		app.takes.box = ^uint64(0) // of many
		return
	}
	app.takes.box = box
	if h := ev.Time.UnixMilli() / event.Hour; h != app.takes.hour {
		app.takes.hour, app.takes.items, app.takes.requests = h, 0, 0
	}
	app.takes.items += ev.Items
	app.takes.requests++
	if app.takes.items >= readThroughItems || app.takes.requests >= readThroughRequests && ev.Source == event.Graph {
		c.raise(app, ev, accessBulk, ev.App)
	}
}

// take is what an application has taken from a mailbox in an hour.
type take struct {
	box             uint64 // 0: none yet; the greatest number: of several
	hour            int64
	items, requests int
}

// policyDays is a ripening by days alone: a program signs in all day.
func policyDays(r policy.LearningPeriod) policy.LearningPeriod {
	return policy.LearningPeriod{Days: r.Days, SignIns: 1 << 30}
}
