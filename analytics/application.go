package analytics

import (
	"bytes"

	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/window"
)

// byApp notes an application that reads mail: one that is not Microsoft's, and
// one that is new to the account. First-party ids are not spared the second:
// attackers borrow them.
func (c *collection) byApp(d *dossier, ev *event.Event) bool {
	key, at := placeKey(byApp, ev.App), ev.Time.UnixMilli()
	if key == 0 || d.kind != aUser || c.appIsKnown(ev, at) || d.baseline.knows(key, at, c.policy.Collection.Baseline) {
		return false
	}
	if d.baseline.isRipe(at) {
		c.noteUnless(key, d, ev, accessNewApp, ev.App)
	}
	foreign := c.foreign(ev)
	if foreign {
		c.noteUnless(key, d, ev, accessForeignApp, ev.App)
	}
	c.used(d, ev, key)
	return foreign
}

// foreign tells whether an application is not known as Microsoft's.
func (c *collection) foreign(ev *event.Event) bool {
	return len(ev.App) > 0 && c.policy.AppName(ev.App) == ""
}

// foreignApp is the dossier of the application that reads, where that is not
// Microsoft's.
func (c *collection) foreignApp(d *dossier, ev *event.Event) *dossier {
	switch {
	case d.kind == anApp:
		return d
	case c.foreign(ev):
		return c.dossier(anApp, ev.App)
	}
	return nil
}

// appIsKnown tells whether an application has been reading mail here for days.
func (c *collection) appIsKnown(ev *event.Event, at int64) bool {
	app, ok := c.dossiers.Get(subjectKey(anApp, ev.App))
	return ok && app.baseline.isRipe(at) && !app.has(mailConsent)
}

// ofTheCloud recognises services of the cloud itself, which read mail to index
// it or to remind of it: they come from its own addresses as RESTSystem.
func ofTheCloud(ev *event.Event) bool {
	return ev.Marks.Has(event.MicrosoftRange) && bytes.Contains(ev.Client, restSystem)
}

var restSystem = []byte("RESTSystem")

// Figures of access.many_mailboxes.
const (
	leastBoxes  = 5
	boxesWithin = 10 * 60 * 1000
)

// manyMailboxes watches how many mailboxes an account reads by program in ten
// minutes.
func (c *collection) manyMailboxes(d *dossier, ev *event.Event, box uint64) {
	t := window.Try{At: ev.Time.UnixMilli(), Key: box, Sources: 1 << ev.Source}
	if box == 0 || !d.reads(t) {
		return
	}
	c.changed(d)
	if d.mailboxes.Windows(t.At, boxesWithin, func(run []window.Try) bool { return len(run) >= leastBoxes }) {
		c.note(d, ev, accessMailboxes, first(ev.App, ev.AgentText()))
	}
	if i := d.incident; i != nil && within(i, t.At) {
		i.mailbox(t.Key)
		c.desk.touch(i)
	}
}

// reads remembers a mailbox and reports whether it was not read in the ten
// minutes around.
func (d *dossier) reads(t window.Try) bool {
	for _, have := range d.mailboxes.All() {
		if have.Key == t.Key && max(have.At-t.At, t.At-have.At) <= boxesWithin {
			return false
		}
	}
	d.mailboxes.Add(t, maxMailboxes)
	return true
}

// spread watches an application over all mailboxes. One that has read mail on
// as many days as a baseline needs is known, as long as it keeps to about as
// many mailboxes a day and to its networks.
func (c *collection) spread(app *dossier, ev *event.Event, w *whereabouts, box uint64) {
	at, ripening := ev.Time.UnixMilli(), policyDays(c.policy.Collection.Baseline)
	if box == 0 {
		return
	}
	quiet := app.incident == nil || app.incident.severity <= Low
	app.count()
	c.changed(app)
	app.taken.read(at, ev.Items)
	today := app.boxes.read(box, at, !quiet)
	if quiet && !app.has(mailConsent) && !app.has(appCredentials) {
		app.baseline.signIn(at, ripening, true)
	}
	if w.network != 0 && !w.usual {
		if app.baseline.isNew(w.network, at, ripening) {
			c.noteUnless(w.network, app, ev, newNetwork, nil)
		}
		app.baseline.visit(w.network, at, maxPlaces)
	}
	if !app.baseline.isRipe(at) {
		c.note(app, ev, accessForeignApp, ev.App)
	}
	if !app.baseline.isRipe(at) || today > max(2*app.boxes.usual, app.boxes.usual+leastBoxes) {
		c.manyMailboxes(app, ev, box)
	}
	c.touch(app, ev)
}

// policyDays is a ripening by days alone: a program signs in all day.
func policyDays(r policy.Ripening) policy.Ripening {
	return policy.Ripening{Days: r.Days, SignIns: 1 << 30}
}
