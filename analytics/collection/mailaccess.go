package collection

import (
	"github.com/cespare/xxhash/v2"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
)

// access notes what speaks for a program, and for more than is usual.
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

// touched notes how mail was touched. People search and synchronise all day, so
// of the two only what a program does counts; an export always does.
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

// program notes the marks of a program that reads mail, unless the account is
// always read by it from this network, and reports whether there were any.
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

// readerKey is the place of a program together with the network it reads from:
// one's own script elsewhere is somebody else's.
func (c *Detector) readerKey(ev *event.Event, agent []byte, w *networkContext) uint64 {
	b := append(c.scratch[:0], byte(ev.Family), byte(w.network), byte(w.network>>8), byte(w.network>>16), byte(w.network>>24))
	return baseline.Key(baseline.Reader, append(b, agent[:min(len(agent), maxDetail)]...))
}

// nameless tells whether an EWS request has no user agent at all, which no
// program of Microsoft's and few of others do.
func nameless(ev *event.Event) bool {
	return requestLog(ev.Source) && ev.Service == event.EWSService && len(ev.Agent) == 0
}

// paced notes requests that come like clockwork, and the run of one who has no
// name and fetches item after item.
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

// volume notes far more items in a day than the account ever reads; before that
// can be known, which takes days and not sign-ins, ten times the least. Whole
// folders that people's own programs synchronise are left out: a new telephone
// does that.
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

// counted tells whether a program's request has been counted as an item already:
// one request stands in the logs of IIS and of HttpProxy. Records that say how
// many items they tell of have been looked at before; what people's programs do
// twice, they do twice every day.
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
