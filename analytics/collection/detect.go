package collection

import (
	"bytes"
	"time"

	"redshank/analytics/baseline"
	"redshank/analytics/collection/behaviour"
	"redshank/analytics/collection/theft"
	"redshank/analytics/event"
	"redshank/analytics/explain"
	"redshank/analytics/incident"
	"redshank/analytics/policy"
	"redshank/analytics/state"
	"redshank/analytics/window"
)

// maxRequests bounds the ids of requests that were counted as items.
const maxRequests = 1 << 15

// Detector runs AN0131: a mail system is reached with stolen credentials or
// tokens, and then mailbox contents are read. The Detector takes an event to its
// subject and to the part that judges events of its kind; see the package comment.
//
// A Detector is not safe for concurrent use.
type Detector struct {
	subjects *subjects
	networks *networks
	weights  *weights
	evidence *evidence
	signIns  *signIns
	sessions *sessions
	access   *mailAccess
	changes  *mailboxChanges
	scripts  *scripts
	webMails *behaviour.WebMails
}

// New returns a Detector for up to maxUsers accounts that reports to t.
func New(p *policy.Policy, t *incident.Tracker, geo *policy.GeoCache, maxUsers int) *Detector {
	population := baseline.NewPopulation(max(maxUsers/usersPerFeature, 1024))
	recent := window.NewRecent[behaviour.Session](max(maxUsers, 1))
	n := &networks{policy: p, geo: geo, featureNames: baseline.NewNames(maxUsers)}
	s := newSubjects(p, t, population, n, maxUsers)
	w := &weights{policy: p, networks: n, signals: signalsOf(p), population: population}
	e := &evidence{policy: p, tracker: t, subjects: s, weights: w, networks: n, sessions: recent, window: p.Collection.TimeWindow.Milliseconds()}
	moves := &sessions{policy: p, networks: n, weights: w, evidence: e, recent: recent}
	signs := &signIns{policy: p, subjects: s, networks: n, weights: w, evidence: e, travel: &travel{p, w, e}, sessions: moves}
	access := &mailAccess{policy: p, subjects: s, networks: n, evidence: e, sessions: moves, apps: &applications{p, s, w, e}, requests: window.NewSeen(maxRequests)}
	changes := &mailboxChanges{policy: p, subjects: s, networks: n, weights: w, evidence: e, signIns: signs}
	t.Register(&ruleCollection, theft.New)
	t.OnAlert((&accountContext{p, s, n, &w.signals}).addContext)
	t.OnCredential(e.credentialStolen)
	t.OnWithdrawal(e.takeBack)
	return &Detector{s, n, w, e, signs, moves, access, changes, &scripts{p, e}, behaviour.NewWebMails(maxUsers)}
}

// Observe implements analytics.Analytic.
func (c *Detector) Observe(ev *event.Event) {
	at := ev.Time.UnixMilli()
	c.subjects.known = c.subjects.pairs.Get(ev.Pair)
	if ignored(ev, at) {
		return
	}
	program := programReads(ev)
	reached := requestLog(ev.Source) && c.webMails.Add(&c.subjects.known.webMail, ev, at)
	if (ev.Action == event.SignIn || synchronises(ev)) && !program && !reached && !opensAnother(ev) && c.signIns.same(ev, at) {
		return
	}
	d := c.subjects.subject(ev)
	if d == nil {
		return
	}
	if ev.Outcome != event.Failure || ev.Action != event.SignIn && ev.Action != event.MailAccess {
		c.subjects.ownBehaviour(d)
	}
	switch ev.Action {
	case event.SignIn:
		// The first successful request of a client may be a guessed password, not access.
		learned := c.subjects.known.learned.at
		again := learned != 0 && distance(learned, at) >= 1000 || learned == 0 && d.SignIns.Before(recentSignIn(ev))
		c.signIns.observe(d, ev)
		if len(ev.Session) > 0 && d.Mail != nil && readsBurst(d, at) {
			w := c.networks.contextOf(ev)
			c.access.burst(d, ev, &w)
		}
		switch {
		case again && program:
			c.access.observe(d, ev)
		case again && opensMail(ev):
			c.access.opened(d, ev)
		}
	case event.MailAccess:
		if requestLog(ev.Source) {
			c.signIns.observe(d, ev) // each request there brings its credentials
		}
		c.access.observe(d, ev)
	case event.MailboxChange, event.Consent, event.DirectoryChange:
		c.changes.observe(d, ev)
	case event.Script:
		c.scripts.observe(d, ev)
	case event.Network:
		c.scripts.connection(d, ev)
	}
}

// ignored reports whether an event says nothing about the collection of mail.
func ignored(ev *event.Event, at int64) bool {
	return at < event.Day || // before there was mail: a broken clock
		ev.Action == event.ActionNone || ev.Marks&(event.IgnoredAccount|event.KnownAutomation) != 0 || ev.Family == event.Probe ||
		ev.Outcome == event.Challenge || ev.Outcome == event.Noise ||
		ev.UserKind == event.UserMachine && ev.Source != event.WinEvent || ev.UserKind == event.UserHealth || ofTheCloud(ev)
}

// synchronises reports whether an event is a routine synchronisation request of a
// mail client. Most access to mail is of this kind, and it is not evidence.
func synchronises(ev *event.Event) bool {
	return ev.Action == event.MailAccess && ev.Access == event.Sync && byPerson(ev) && ev.Items == 0 && !ev.Throttled &&
		len(ev.App)+len(ev.Client)+len(ev.Session)+len(ev.Token)+len(ev.UserID) == 0
}

// programReads reports whether a program made a request for mail to a server. The logs of
// Exchange 2013 and later have no SoapAction, the operation of a request over EWS, so
// each request counts as access.
func programReads(ev *event.Event) bool {
	if ev.Action != event.SignIn || ev.Outcome != event.Success || !requestLog(ev.Source) {
		return false
	}
	script := ev.Family == event.Scripting || ev.Family == event.Tool
	switch ev.Service {
	case event.EWSService:
		return script || len(ev.Agent) == 0 || browserOverEWS(ev) || unknownOverEWS(ev)
	case event.MAPI, event.RPC:
		return script // of Outlook's own protocols
	}
	return false
}

// opensMail reports whether a request is one of a person's client that has a mailbox
// open. The log does not distinguish requests that fetch mail, so a client counts only
// if it still makes requests ten minutes after its first one, or five for Outlook.
func opensMail(ev *event.Event) bool {
	return ev.Outcome == event.Success && requestLog(ev.Source) && (ev.Service == event.OWA || ev.Service == event.MAPI || ev.Service == event.RPC || ev.Service == event.EWSService)
}

// opensAnother reports whether a request to Outlook on the web opens the mailbox of
// somebody else, whose address its path has: /owa/user@domain/.
func opensAnother(ev *event.Event) bool {
	return len(ev.Mailbox) > 0 && ev.Service == event.OWA && requestLog(ev.Source) && !bytes.Equal(ev.Mailbox, ev.User)
}

// ofTheCloud reports whether a service of the cloud itself reads mail, to index it or
// to answer as Copilot. Such services come from Microsoft's addresses: as RESTSystem, or
// over Microsoft Graph, whose log has the address of the caller.
func ofTheCloud(ev *event.Event) bool {
	return ev.Action == event.MailAccess && ev.Marks.Has(event.MicrosoftRange) && (ev.Source == event.Graph || bytes.Contains(ev.Client, restSystem))
}

var restSystem = []byte("RESTSystem")

// Incidents implements analytics.Analytic.
func (c *Detector) Incidents(ev *event.Event, list []*incident.Incident) []*incident.Incident {
	for kind, id := range [...][]byte{aUser: ev.User, anApp: ev.App, aHost: ev.Host} {
		if len(id) == 0 {
			continue
		}
		if d, ok := c.subjects.profiles.Peek(subjectKey(subjectKind(kind), id)); ok {
			for _, i := range d.thefts {
				list = append(list, i.Incident)
			}
		}
	}
	return list
}

// Baselines returns how many accounts have a mature baseline, and how many have
// a baseline at all.
func (c *Detector) Baselines() (mature, all int) {
	return c.subjects.matureBaselines, c.subjects.allBaselines
}

// Tables implements analytics.Analytic.
func (c *Detector) Tables() []state.Table {
	return append(c.subjects.tables(), behaviour.SessionTable(c.sessions.recent), c.networks.table(), c.webMails.Table(), state.SeenTable("requests", c.access.requests), c.weights.table())
}

// OpensAt is the sum of weights, of both halves together, at which an incident
// opens.
const OpensAt = opensAt

// Explain makes the detector report every signal that an event gives to o.
func (c *Detector) Explain(o explain.Observer) { c.evidence.explain = o }

// Observed is one signal that a subject gave, whatever came of it.
type Observed struct {
	Subject      string
	App          bool   // the subject is an application
	Code, Detail string // empty: the subject is known and gave no signal
	First, Last  time.Time
	Weight       int // now
	Core         bool
	IP           string // empty: not known
	Seen         string // how rare it is, as in alert.Signal
}

// EachSignal calls f for every signal of every subject, in no order, and once for
// a subject without signals. It is for tests and diagnosis.
func (c *Detector) EachSignal(f func(Observed)) {
	c.subjects.profiles.Each(func(_ uint64, d *profile) {
		if len(d.observations) == 0 {
			f(Observed{Subject: d.subject, App: d.kind == anApp})
		}
		for _, n := range d.observations {
			o := Observed{Subject: d.subject, App: d.kind == anApp, Code: signalCodes[n.kind], Detail: n.text(), First: event.UnixTime(n.first), Last: event.UnixTime(n.last),
				Weight: c.weights.of(d, &n), Core: n.core, Seen: c.weights.seenBy(d, &n)}
			if n.client != (event.ClientKey{}) {
				o.IP = n.client.Addr().String()
			}
			f(o)
		}
	})
}
