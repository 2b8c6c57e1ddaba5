package analytics

import (
	"bytes"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/window"
)

// access notes what speaks for a program, and for more than is usual.
func (c *collection) access(d *dossier, ev *event.Event) {
	if ev.Outcome == event.Failure {
		return
	}
	w := c.where(ev)
	if app := c.foreignApp(d, ev); app != nil {
		c.spread(app, ev, &w, boxOf(d, ev))
	}
	if ofTheCloud(ev) {
		return
	}
	c.alias(d, ev)
	c.moved(d, ev, &w)
	script := c.program(d, ev, &w)
	program := c.byApp(d, ev) || script
	if ev.Throttled {
		c.note(d, ev, accessThrottled, ev.Mailbox)
	}
	switch ev.Access {
	case event.Export:
		c.note(d, ev, mailExport, ev.Operation)
	case event.Search:
		if program {
			c.note(d, ev, mailSearch, ev.Operation)
		}
	case event.Sync:
		if program {
			c.note(d, ev, accessSync, ev.Mailbox)
		}
	}
	if script {
		c.paced(d, ev) // not for applications: every mail client keeps time
	}
	if program && d.kind != anApp {
		c.manyMailboxes(d, ev, boxOf(d, ev))
	}
	c.volume(d, ev, &w, program)
	c.touch(d, ev)
}

// program notes the marks of a program that reads mail, unless the account is
// always read by it from this network, and reports whether there were any.
func (c *collection) program(d *dossier, ev *event.Event, w *whereabouts) bool {
	agent, family := ev.Agent, ev.Family
	if family == event.FamilyNone || family == event.FamilyOther {
		agent = first(ev.Agent, ev.Client)
		family, _ = c.policy.Agent(ev.Client)
	}
	kind := signalKinds
	switch {
	case family == event.Tool:
		c.note(d, ev, accessTool, agent)
		return true
	case family == event.Scripting && ev.Service != event.PowerShell:
		kind = accessScript
	case requestLog(ev.Source) && ev.Service == event.EWSService && len(ev.Agent) == 0:
		kind, agent = accessNoAgent, ev.Operation
	}
	if kind == signalKinds {
		return false
	}
	reader := c.readerKey(ev, ev.Agent, w)
	c.noteUnless(reader, d, ev, kind, agent)
	c.used(d, ev, reader)
	return !d.baseline.knewBefore(reader, ev.Time.UnixMilli()-day, c.policy.Collection.Baseline)
}

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

// used lets the baseline learn what reads the account's mail.
func (c *collection) used(d *dossier, ev *event.Event, key uint64) {
	if at := ev.Time.UnixMilli(); !d.suspicious(at) && !c.attack(ev) {
		d.baseline.visit(key, at, maxPlaces)
	}
}

// readerKey is the place of a program together with the network it reads from:
// one's own script elsewhere is somebody else's.
func (c *collection) readerKey(ev *event.Event, agent []byte, w *whereabouts) uint64 {
	b := append(c.scratch[:0], byte(ev.Family), byte(w.network), byte(w.network>>8), byte(w.network>>16), byte(w.network>>24))
	return placeKey(byReader, append(b, agent[:min(len(agent), maxDetail)]...))
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

// paced notes requests that come like clockwork.
func (c *collection) paced(d *dossier, ev *event.Event) {
	if d.requests == nil {
		d.requests = &rhythm{}
	}
	if d.requests.tick(ev.Time.UnixMilli()) {
		c.note(d, ev, accessRegular, ev.Operation)
	}
}

// volume notes far more items in a day than the account ever reads. Before
// that can be known, four times the least. Whole folders that people's own
// programs synchronise are left out: a new telephone does that.
func (c *collection) volume(d *dossier, ev *event.Event, w *whereabouts, program bool) {
	items, at := ev.Items, ev.Time.UnixMilli()
	if items == 0 && ev.Access == event.Bind && (program || requestLog(ev.Source)) && !c.counted(ev) {
		items = 1
	}
	if items == 0 || ev.Access == event.Sync && !program || ev.Access == event.Send {
		return
	}
	d.count()
	sum, least := d.mail.read(at, items), leastVolume
	if d.kind != anApp && (program || !d.baseline.knows(w.network, at, c.policy.Collection.Baseline)) {
		d.taken.read(at, items)
	}
	if !d.baseline.isRipe(at) {
		least *= 4
	}
	if sum < d.mail.much(least) || d.kind == anApp && d.baseline.isRipe(at) {
		return
	}
	n := c.noteOf(ev, accessVolume)
	n.first, n.last = d.mail.begin(at), max(at, min(d.mail.last, at+day))
	c.enter(d, n, first(ev.Mailbox, ev.Operation), ev)
}

// count makes room for counting.
func (d *dossier) count() {
	if d.mail == nil {
		d.mail, d.taken = &volume{}, &volume{}
	}
}

// counted tells whether a request has been counted as an item already: one
// request stands in the logs of IIS and of HttpProxy. Records that say how many
// items they tell of have been looked at before.
func (c *collection) counted(ev *event.Event) bool {
	return len(ev.ID) > 0 && c.requests.Before(xxhash.Sum64(ev.ID))
}

// touch keeps the figures of an open incident up to date.
func (c *collection) touch(d *dossier, ev *event.Event) {
	i := d.incident
	if i == nil || !within(i, ev.Time.UnixMilli()) {
		return
	}
	before := i.counts.Items
	c.measure(d)
	if i.counts.Items != before {
		i.told.newest = false
		c.desk.touch(i)
	}
}

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
	if d.mailboxes.Windows(t.At, boxesWithin, func(run []window.Try) bool { return len(run) >= leastBoxes }) {
		c.note(d, ev, accessMailboxes, first(ev.App, ev.Agent))
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
