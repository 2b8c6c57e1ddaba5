package collection

import (
	"github.com/cespare/xxhash/v2"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
)

// access records signals of programmatic access and of unusual volume.
func (c *Detector) access(d *profile, ev *event.Event) {
	if ev.Outcome == event.Failure {
		return
	}
	w := c.networkContextOf(ev)
	if app := c.foreignApp(d, ev); app != nil {
		box := c.mailboxOf(d, ev)
		c.spread(app, ev, &w, box)
		c.readThrough(app, ev, box)
	}
	c.alias(d, ev)
	script := c.program(d, ev, &w)
	program := c.byApp(d, ev) || script
	w.program = program
	c.moved(d, ev, &w)
	if !program {
		c.ordinary(d, ev, &w)
	}
	c.touched(d, ev, program)
	if script {
		c.checkBeaconing(d, ev, &w) // not for applications: every mail client keeps time
	}
	if program && d.kind != anApp {
		c.manyMailboxes(d, ev, c.mailboxOf(d, ev))
	}
	c.volume(d, ev, &w, program)
	c.touch(d, ev)
}

// touched records signals of the type of access. Search and synchronisation count
// only for programs; an export always counts.
func (c *Detector) touched(d *profile, ev *event.Event, program bool) {
	if ev.Throttled {
		c.raise(d, ev, accessThrottled, ev.Mailbox)
	}
	switch {
	case ev.Access == event.Export:
		n := c.observationOf(ev, mailExport)
		n.half = complianceSearch(ev.Operation)
		c.record(d, n, ev.Operation, ev)
	case ev.Access == event.Search && program:
		c.raise(d, ev, mailSearch, ev.Operation)
	case ev.Access == event.Sync && program:
		c.raise(d, ev, accessSync, ev.Mailbox)
	}
}

// program records the signals of a program that reads mail, unless the program
// usually reads it from this network, and reports whether it recorded any.
func (c *Detector) program(d *profile, ev *event.Event, w *networkContext) bool {
	family := ev.Family
	if family == event.FamilyNone || family == event.FamilyOther {
		family, _ = c.policy.Agent(ev.Client)
	}
	var kind signalKind
	agent := ev.Operation
	switch {
	case family == event.Tool:
		c.raise(d, ev, accessTool, firstOf(ev.AgentText(), ev.Client))
		return true
	case family == event.Scripting && ev.Service != event.PowerShell:
		kind, agent = accessScript, firstOf(ev.AgentText(), ev.Client)
	case nameless(ev):
		kind = accessNoAgent
	default:
		return false
	}
	reader := c.readerKey(ev, ev.AgentText(), w)
	n := c.observationOf(ev, kind)
	n.feature, n.half = reader, d.kind == anApp // an application is a program by nature
	c.record(d, n, agent, ev)
	c.used(d, ev, reader)
	return !d.baseline.KnewBefore(reader, ev.Time.UnixMilli()-event.Day, c.policy.Collection.Baseline)
}

// used lets the baseline learn what reads the account's mail.
func (c *Detector) used(d *profile, ev *event.Event, key uint64) {
	if at := ev.Time.UnixMilli(); !d.suspicious(at) && !c.fromAttack(d, ev) {
		if d.baseline.Use(key, at, baseline.MaxFeatures) {
			c.seen(d, ev, key)
		}
		c.changed(d)
	}
}

// readerKey returns the feature of a program together with its network: the same
// script in another network is a different feature.
func (c *Detector) readerKey(ev *event.Event, agent []byte, w *networkContext) uint64 {
	b := append(c.scratch[:0], byte(ev.Family), byte(w.network), byte(w.network>>8), byte(w.network>>16), byte(w.network>>24))
	return baseline.Key(baseline.Reader, append(b, agent[:min(len(agent), maxDetail)]...))
}

// nameless reports whether an EWS request has no user agent, which is rare among
// legitimate programs.
func nameless(ev *event.Event) bool {
	return requestLog(ev.Source) && ev.Service == event.EWSService && len(ev.Agent) == 0
}

// checkBeaconing records a signal for requests at regular intervals, and for a run
// of item requests without a user agent.
func (c *Detector) checkBeaconing(d *profile, ev *event.Event, w *networkContext) {
	if d.requests == nil {
		d.requests = &beacon{}
	}
	c.changed(d)
	if d.requests.add(ev.Time.UnixMilli()) {
		c.raise(d, ev, accessRegular, ev.Operation)
	}
	if nameless(ev) && (ev.Access == event.Bind || ev.Access == event.AccessNone) && d.requests.run(ev.Time.UnixMilli()) {
		c.raiseUnless(c.readerKey(ev, nil, w), d, ev, accessItems, ev.Operation)
	}
}

// volume records a signal if far more items are read in a day than usual for the
// account. Until that is known, which takes days rather than sign-ins, the limit is
// ten times the minimum. Folders synchronised by interactive clients are not
// counted.
func (c *Detector) volume(d *profile, ev *event.Event, w *networkContext, program bool) {
	items, at := ev.Items, ev.Time.UnixMilli()
	if items == 0 && ev.Access == event.Bind && (requestLog(ev.Source) || program) && !(program && c.counted(ev)) {
		items = 1
	}
	if items == 0 || ev.Access == event.Sync && !program || ev.Access == event.Send {
		return
	}
	d.count()
	c.changed(d)
	sum, least := d.mail.read(at, items), leastVolume
	if d.kind != anApp && (program || !d.baseline.Knows(w.network, at, c.policy.Collection.Baseline)) {
		d.taken.read(at, items)
	}
	if d.baseline.Days < c.policy.Collection.Baseline.Days {
		least *= 10
	}
	if sum < d.mail.much(least) || d.kind == anApp && d.baseline.IsMature(at) {
		return
	}
	n := c.observationOf(ev, accessVolume)
	n.first, n.last = d.mail.begin(at), max(at, min(d.mail.last, at+event.Day))
	c.record(d, n, firstOf(ev.Mailbox, ev.Operation), ev)
}

// count makes room for counting.
func (d *profile) count() {
	if d.mail == nil {
		d.mail, d.taken = &volume{}, &volume{}
	}
}

// counted reports whether a program's request was already counted as an item. The
// same request can appear in the logs of both IIS and HttpProxy.
func (c *Detector) counted(ev *event.Event) bool {
	return len(ev.ID) > 0 && c.requests.Before(xxhash.Sum64(ev.ID))
}

// touch keeps the figures of an open incident up to date.
func (c *Detector) touch(d *profile, ev *event.Event) {
	i := d.incident
	if i == nil || !within(i, ev.Time.UnixMilli()) {
		return
	}
	before := i.Counts.Items
	c.measure(d)
	if i.Counts.Items != before {
		i.Changed()
		c.tracker.Update(i.Incident)
	}
}
