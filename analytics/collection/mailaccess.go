package collection

import (
	"bytes"
	"slices"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics/baseline"
	"redshank/analytics/collection/behaviour"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/window"
)

// mailAccess judges how mail is read, and how much.
type mailAccess struct {
	policy   *policy.Policy
	subjects *subjects
	networks *networks
	evidence *evidence
	sessions *sessions
	apps     *applications
	requests *window.Seen // ids of requests that were counted as items
}

// observe records signals of programmatic access and of unusual volume.
func (c *mailAccess) observe(d *profile, ev *event.Event) {
	if ev.Outcome == event.Failure {
		return
	}
	w := c.networks.contextOf(ev)
	c.evidence.ownProgram(ev)
	if app := c.subjects.foreignApp(d, ev); app != nil {
		box := c.subjects.mailboxOf(d, ev)
		c.apps.spread(app, ev, &w, box)
		c.apps.readThrough(app, ev, box)
	}
	c.evidence.alias(d, ev)
	script := c.program(d, ev, &w)
	program := c.apps.byApp(d, ev) || script
	w.program = program || d.kind == anApp
	c.sessions.observe(d, ev, &w)
	if !program {
		d.Opened.Add(ev.Time.UnixMilli(), clientOf(ev))
		c.ordinary(d, ev, &w)
		c.apps.overGraph(d, ev)
	}
	c.accessType(d, ev, program)
	repeated := program && c.counted(ev)
	if script && !repeated {
		c.checkBeaconing(d, ev, &w) // not for applications: every mail client polls at regular intervals
	}
	if d.kind != anApp {
		impersonates := c.impersonates(d, ev, &w)
		if program || impersonates {
			c.apps.manyMailboxes(d, ev, c.subjects.mailboxOf(d, ev))
		}
		if (script || impersonates) && d.MailboxesWithin(event.Day, ev.Time.UnixMilli(), minMailboxes) {
			c.evidence.raise(d, ev, accessMailboxes, firstOf(ev.AgentText(), ev.Client)) // however slowly they are read
		}
	}
	c.volume(d, ev, &w, program, repeated)
	c.evidence.updateItems(d, ev)
}

// opened records that a person's client has a mailbox open.
func (c *mailAccess) opened(d *profile, ev *event.Event) {
	w := c.networks.contextOf(ev)
	d.Opened.Add(ev.Time.UnixMilli(), clientOf(ev))
	if ev.Service == event.OWA && !c.subjects.known.webMail.Much() && !opensAnother(ev) {
		c.inOddSession(d, ev, oddSession&^ofPlace)
		return
	}
	c.ordinary(d, ev, &w)
}

// ofPlace are the signals of a session whose network or location is abnormal.
var ofPlace = setOf(signInRented, impossibleTravel)

// accessType records signals of the type of access. Search and synchronisation count
// only for programs; an export always counts.
func (c *mailAccess) accessType(d *profile, ev *event.Event, program bool) {
	if ev.Throttled {
		c.evidence.raise(d, ev, accessThrottled, ev.Mailbox)
	}
	switch {
	case ev.Access == event.Export:
		n := c.evidence.observationOf(ev, mailExport)
		n.half = complianceSearch(ev.Operation)
		c.evidence.record(d, n, ev.Operation, ev)
	case ev.Access == event.Search && program:
		c.evidence.raise(d, ev, mailSearch, ev.Operation)
	case ev.Access == event.Sync && program:
		c.evidence.raise(d, ev, accessSync, ev.Mailbox)
	}
}

// program records the signals of a program that reads mail, unless the program
// usually reads it from this network, and reports whether it recorded any.
func (c *mailAccess) program(d *profile, ev *event.Event, w *networkContext) bool {
	family := ev.Family
	if family == event.FamilyNone || family == event.FamilyOther {
		family, _ = c.policy.Agent(firstOf(ev.Model, ev.Client))
	}
	var kind signalKind
	agent := ev.Operation
	switch {
	case family == event.Tool:
		c.evidence.raise(d, ev, accessTool, firstOf(ev.AgentText(), ev.Client))
		return true
	case c.exports(ev):
		c.evidence.raise(d, ev, accessTool, ev.App)
		return true
	case family == event.Scripting && ev.Service != event.PowerShell, browserOverEWS(ev):
		kind, agent = accessScript, firstOf(ev.AgentText(), firstOf(ev.Model, ev.Client))
	case nameless(ev):
		kind = accessNoAgent
	default:
		c.unknownProgram(d, ev)
		return false
	}
	reader := readerKey(ev, ev.AgentText(), w)
	n := c.evidence.observationOf(ev, kind)
	// An application is a program anyway.
	n.feature, n.half = reader, d.kind == anApp || d.Baseline.KnewBefore(readerKey(ev, ev.AgentText(), &networkContext{}), n.first, c.policy.Collection.Baseline)
	c.evidence.record(d, n, agent, ev)
	c.apps.learnReader(d, ev, reader)
	return !d.Baseline.KnewBefore(reader, ev.Time.UnixMilli()-event.Day, c.policy.Collection.Baseline)
}

// exports reports whether the application that reads mail is known to take mailboxes away.
func (c *mailAccess) exports(ev *event.Event) bool {
	if !foreign(c.policy, ev) {
		return false
	}
	family, _ := c.policy.Agent(ev.App)
	return family == event.Tool
}

// unknownProgram records the signal of a program over EWS that is neither a known mail
// program nor a script, until the account has long used it anywhere. On a private
// address it is one of the organisation's, such as that of a help desk.
func (c *mailAccess) unknownProgram(d *profile, ev *event.Event) {
	if d.kind != aUser || !unknownOverEWS(ev) {
		return
	}
	program := readerKey(ev, ev.AgentText(), &networkContext{})
	if d.Baseline.IsMature(ev.Time.UnixMilli()) && !ev.IP.IsPrivate() {
		c.evidence.raiseUnless(program, d, ev, accessForeignApp, ev.AgentText())
	}
	c.apps.learnReader(d, ev, program)
}

// unknownOverEWS reports whether a request over EWS names a program that is not known.
func unknownOverEWS(ev *event.Event) bool {
	return requestLog(ev.Source) && ev.Service == event.EWSService && len(ev.Agent) > 0 && (ev.Family == event.FamilyNone || ev.Family == event.FamilyOther)
}

// browserOverEWS reports whether a request over EWS calls itself a browser. Browsers do
// not speak EWS.
func browserOverEWS(ev *event.Event) bool {
	return requestLog(ev.Source) && ev.Service == event.EWSService && ev.Family == event.Browser
}

// impersonates reports whether a program that is not known by its agent reads the
// mailbox of somebody else over EWS, unless the account usually reads mail with that
// program from this network.
func (c *mailAccess) impersonates(d *profile, ev *event.Event, w *networkContext) bool {
	overEWS := ev.Service == event.EWSService || bytes.Contains(ev.Client, webServices)
	if !overEWS || len(ev.Mailbox) == 0 || string(ev.Mailbox) == d.subject {
		return false
	}
	agent := firstOf(ev.AgentText(), ev.Client)
	if family, _ := c.policy.Agent(agent); family != event.FamilyNone && family != event.FamilyOther {
		return false
	}
	reader := readerKey(ev, agent, w)
	c.apps.learnReader(d, ev, reader)
	return !d.Baseline.KnewBefore(reader, ev.Time.UnixMilli()-event.Day, c.policy.Collection.Baseline)
}

var webServices = []byte("Client=WebServices")

// readerKey returns the feature of a program together with its network: the same
// script in another network is a different feature.
func readerKey(ev *event.Event, agent []byte, w *networkContext) uint64 {
	const maxAgent = 160
	var space [5 + maxAgent]byte
	b := append(space[:0], byte(ev.Family), byte(w.network), byte(w.network>>8), byte(w.network>>16), byte(w.network>>24))
	return baseline.Key(baseline.Reader, append(b, agent[:min(len(agent), maxAgent)]...))
}

// nameless reports whether an EWS request has no user agent, which is rare among
// legitimate programs. A log without user agents says nothing about that.
func nameless(ev *event.Event) bool {
	return requestLog(ev.Source) && ev.Service == event.EWSService && len(ev.Agent) == 0 && !ev.NoAgents
}

// ordinary raises a signal for mail that a person's client opens: in a network that
// is new to the account, or in the session or from the address of an abnormal
// sign-in. After the sign-in of a named attack tool, any access counts.
func (c *mailAccess) ordinary(d *profile, ev *event.Event, w *networkContext) {
	if d.kind != aUser || ev.Access == event.Send {
		return
	}
	at := ev.Time.UnixMilli()
	if !w.usual && w.network != 0 && d.Baseline.IsNew(w.network, at, c.policy.Collection.Baseline) {
		c.evidence.raiseUnless(w.network, d, ev, accessOrdinary, nil)
		syncs := ev.Access == event.Sync || ev.Service == event.MAPI || ev.Service == event.RPC
		if syncs && c.networks.rented(ev.IP) {
			c.evidence.raiseUnless(w.network, d, ev, accessSync, ev.Mailbox)
		}
		c.evidence.readsOfOthers(d, ev, w, c.subjects.mailboxOf(d, ev))
	}
	c.inOddSession(d, ev, oddSession)
}

// inOddSession raises access.ordinary in the session or from the address of a sign-in
// with one of the given signals.
func (c *mailAccess) inOddSession(d *profile, ev *event.Event, odd kindSet) {
	if d.kind != aUser || len(d.observations) == 0 {
		return
	}
	n := c.evidence.observationOf(ev, accessOrdinary)
	for i := range d.observations {
		o := &d.observations[i]
		if !odd.has(o.kind) || !o.near(&n, c.evidence.window) || c.evidence.weights.of(d, o) == 0 {
			continue
		}
		if o.half && o.links[0] != n.links[0] {
			continue // a script of the account's own in a usual network
		}
		if o.links.shared(&n.links) || o.kind == signInTool {
			c.evidence.record(d, n, nil, ev)
			return
		}
	}
}

// checkBeaconing records a signal for requests at regular intervals, and for a run
// of item requests without a user agent.
func (c *mailAccess) checkBeaconing(d *profile, ev *event.Event, w *networkContext) {
	if d.Requests == nil {
		d.Requests = &behaviour.Beacon{}
	}
	c.subjects.changed(d)
	if d.Requests.Add(ev.Time.UnixMilli()) {
		c.evidence.raise(d, ev, accessRegular, ev.Operation)
	}
	if nameless(ev) && (ev.Access == event.Bind || ev.Access == event.AccessNone) && d.Requests.Run(ev.Time.UnixMilli()) {
		c.evidence.raiseUnless(readerKey(ev, nil, w), d, ev, accessItems, ev.Operation)
	}
}

// volume records a signal if far more items are read in a day than usual for the
// account. Until the usual volume is known, which takes days rather than sign-ins,
// the limit is ten times the minimum. Folders synchronised by interactive clients are not
// counted.
func (c *mailAccess) volume(d *profile, ev *event.Event, w *networkContext, program, repeated bool) {
	items, at := ev.Items, ev.Time.UnixMilli()
	if items == 0 && ev.Access == event.Bind && (requestLog(ev.Source) || program) && !repeated {
		items = 1
	}
	if items == 0 || ev.Access == event.Sync && !program || ev.Access == event.Send {
		return
	}
	d.Volumes()
	c.subjects.changed(d)
	v, sum, least := d.Mail, d.Mail.Read(at, items), behaviour.LeastVolume
	switch h := at / event.Hour; {
	case d.kind == anApp:
	case program || !w.usual && !d.Baseline.Knows(w.network, at, c.policy.Collection.Baseline):
		v, sum = d.Taken, d.Taken.Read(at, items)
	default:
		sum -= d.Taken.Between(h-23, h+23) // a thief's
	}
	if d.kind == aUser && !program && (d.Baseline.IsNew(w.network, at, c.policy.Collection.Baseline) || d.gave(scripted)) && withinTwoHours(d.Taken, at) >= manyMails {
		c.readMuch(d, ev, w)
	}
	if d.Baseline.Days < c.policy.Collection.Baseline.Days {
		least *= 10
	}
	if !program && c.muchElsewhere(d, ev, w) || sum < d.Mail.Much(least) || d.kind == anApp && d.Baseline.IsMature(at) {
		return
	}
	if !program && (c.takenElsewhere(d, ev, w, event.Day) || c.newTelephone(d, ev, w)) {
		return
	}
	c.recordVolume(d, ev, v, 0)
}

// readMuch records the signal for many mails that a person opens in a network that is
// new to the account, or where a program has signed in.
func (c *mailAccess) readMuch(d *profile, ev *event.Event, w *networkContext) {
	switch isNew := d.Baseline.IsNew(w.network, ev.Time.UnixMilli(), c.policy.Collection.Baseline); {
	case !isNew:
		n := c.evidence.observationOf(ev, accessMany)
		n.feature = w.network
		c.evidence.readAfterScript(d, &n, ev)
	case !c.newTelephone(d, ev, w) && !c.takenElsewhere(d, ev, w, 2*event.Hour):
		c.evidence.raiseUnless(w.network, d, ev, accessMany, ev.Mailbox)
		c.withoutSignIn(d, ev, w)
	}
}

// newTelephone reports whether a telephone reads mail in a network that is new to the
// account, in a country that is not, and that nobody rents servers in: a new one fills
// its mailbox there.
func (c *mailAccess) newTelephone(d *profile, ev *event.Event, w *networkContext) bool {
	at, period := ev.Time.UnixMilli(), c.policy.Collection.Baseline
	return d.kind == aUser && d.Baseline.IsNew(w.network, at, period) && !c.networks.rented(ev.IP) &&
		d.Baseline.Knows(baseline.Key(baseline.Country, w.country), at, period) && c.sessions.byTelephone(ev)
}

// takenElsewhere reports whether mail that was read in the hours before or after is part
// of an incident from another network. The next mail that the person opens is not.
func (c *mailAccess) takenElsewhere(d *profile, ev *event.Event, w *networkContext, span int64) bool {
	n := c.evidence.observationOf(ev, accessVolume)
	return slices.ContainsFunc(d.observations, func(o observation) bool {
		return o.kind.isAccess() && o.theft != nil && max(n.first-o.last, o.first-n.first) <= span && !o.links.shared(&n.links) && c.networks.networkOf(o.client) != w.network
	})
}

// muchElsewhere records the signal for a person who reads far more than usual in
// networks that are new to the account, where the limit is lower, and reports whether
// that is so.
func (c *mailAccess) muchElsewhere(d *profile, ev *event.Event, w *networkContext) bool {
	h := ev.Time.UnixMilli() / event.Hour
	if !c.hasUsualVolume(d, ev, w) {
		return false
	}
	if !d.Baseline.IsNew(w.network, ev.Time.UnixMilli(), c.policy.Collection.Baseline) {
		c.burst(d, ev, w)
		return false
	}
	if d.Taken.Between(h-23, h) < d.Mail.Much(volumeElsewhere) || c.takenElsewhere(d, ev, w, event.Day) || c.newTelephone(d, ev, w) {
		return false
	}
	c.recordVolume(d, ev, d.Taken, w.network)
	return true
}

// hasUsualVolume reports whether it is known how much an account reads, and an event is
// from a network that the policy does not call usual for everybody.
func (c *mailAccess) hasUsualVolume(d *profile, ev *event.Event, w *networkContext) bool {
	return d.kind == aUser && d.Mail != nil && !w.usual && w.network != 0 &&
		d.Baseline.IsMature(ev.Time.UnixMilli()) && d.Baseline.Days >= c.policy.Collection.Baseline.Days
}

// burst records the signal for a person who reads far more than usual within two hours,
// in a session that was not begun with the account's own device. The log of sign-ins can
// arrive later than that of mail.
func (c *mailAccess) burst(d *profile, ev *event.Event, w *networkContext) {
	if readsBurst(d, ev.Time.UnixMilli()) && c.hasUsualVolume(d, ev, w) && !c.newTelephone(d, ev, w) && c.sessions.ofUnknownDevice(ev, w) {
		c.evidence.raiseUnless(event.SaltedHash('s', ev.Session), d, ev, accessVolume, nil)
	}
}

// readsBurst reports whether far more than usual was read within two hours around a time.
func readsBurst(d *profile, at int64) bool {
	return withinTwoHours(d.Mail, at) >= max(volumeElsewhere, burstOf*d.Mail.Mean())
}

// withinTwoHours returns the most items of two hours of the clock around a time.
func withinTwoHours(v *behaviour.Volume, at int64) int {
	h := at / event.Hour
	return max(v.Between(h-1, h), v.Between(h, h+1))
}

// volumeElsewhere is the least number of items a day that is far above what an account
// reads, if they are read in networks that are new to the account; burstOf is how many
// times the items of a usual day are read within two hours by somebody else.
const volumeElsewhere, burstOf = 150, 10

// recordVolume records access.volume for what was read in the day before an event. The
// signal counts while a feature is not usual; 0: always.
func (c *mailAccess) recordVolume(d *profile, ev *event.Event, v *behaviour.Volume, feature uint64) {
	at := ev.Time.UnixMilli()
	n := c.evidence.observationOf(ev, accessVolume)
	n.first, n.last, n.feature = v.Begin(at), max(at, min(v.Last(), at+event.Day)), feature
	c.evidence.record(d, n, nil, ev)
}

// manyMails is the number of mails, opened within two hours, from which a person reads
// much in a network that is new to the account.
const manyMails = 40

// counted reports whether a program's request was already counted. The same request can
// appear in the logs of both IIS and HttpProxy, up to a second apart.
func (c *mailAccess) counted(ev *event.Event) bool {
	request := requestLog(ev.Source) || ev.Items == 0 && ev.Access == event.Bind
	return request && len(ev.ID) > 0 && c.requests.Before(xxhash.Sum64(ev.ID))
}
