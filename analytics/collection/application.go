package collection

import (
	"bytes"

	"redshank/analytics/alert"
	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/window"
)

// byApp notes an application that reads mail: one that is not Microsoft's, and
// one that is new to the account. First-party ids are not spared the second:
// attackers borrow them.
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

// foreign tells whether an application is not known as Microsoft's.
func (c *Detector) foreign(ev *event.Event) bool {
	return len(ev.App) > 0 && c.policy.AppName(ev.App) == ""
}

// foreignApp is the dossier of the application that reads, where that is not
// Microsoft's.
func (c *Detector) foreignApp(d *profile, ev *event.Event) *profile {
	switch {
	case d.kind == anApp:
		return d
	case c.foreign(ev):
		return c.profile(anApp, ev.App)
	}
	return nil
}

// appIsKnown tells whether an application has been reading mail here for days.
func (c *Detector) appIsKnown(ev *event.Event, at int64) bool {
	app, ok := c.profiles.Get(subjectKey(anApp, ev.App))
	return ok && app.baseline.IsMature(at) && !app.has(mailConsent)
}

// ofTheCloud recognises services of the cloud itself, which read mail to index
// it or to remind of it: they come from its own addresses as RESTSystem.
func ofTheCloud(ev *event.Event) bool {
	return ev.Marks.Has(event.MicrosoftRange) && bytes.Contains(ev.Client, restSystem)
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

// spread watches an application over all mailboxes. One that has read mail on
// as many days as a baseline needs is known, as long as it keeps to about as
// many mailboxes a day and to its networks.
func (c *Detector) spread(app *profile, ev *event.Event, w *networkContext, box uint64) {
	at, ripening := ev.Time.UnixMilli(), policyDays(c.policy.Collection.Baseline)
	if box == 0 {
		return
	}
	quiet := app.incident == nil || app.incident.Severity <= alert.Low
	app.count()
	c.changed(app)
	app.taken.read(at, ev.Items)
	today := app.boxes.read(box, at, !quiet)
	if quiet && !app.has(mailConsent) && !app.has(appCredentials) {
		app.baseline.SignIn(at, ripening, true)
	}
	if w.network != 0 && !w.usual {
		if app.baseline.IsNew(w.network, at, ripening) {
			c.raiseUnless(w.network, app, ev, newNetwork, nil)
		}
		app.baseline.Use(w.network, at, baseline.MaxFeatures)
	}
	if !app.baseline.IsMature(at) {
		c.raise(app, ev, accessForeignApp, ev.App)
	}
	if !app.baseline.IsMature(at) || today > max(2*app.boxes.usual, app.boxes.usual+minMailboxes) {
		c.manyMailboxes(app, ev, box)
	}
	c.touch(app, ev)
}

// policyDays is a ripening by days alone: a program signs in all day.
func policyDays(r policy.LearningPeriod) policy.LearningPeriod {
	return policy.LearningPeriod{Days: r.Days, SignIns: 1 << 30}
}
