package collection

import (
	"time"

	"redshank/analytics/alert"
	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/explain"
	"redshank/analytics/incident"
	"redshank/analytics/policy"
	"redshank/analytics/window"
)

var ruleCollection = alert.Rule{ID: "AN0131", Name: "Mail collected with stolen credentials or tokens", Version: "1", Kind: alert.Behaviour,
	Category: []string{"email", "intrusion_detection"}, Reference: "https://attack.mitre.org/detectionstrategies/DET0048/"}

// maxRequests bounds the ids of requests that were counted as items.
const maxRequests = 1 << 15

// Detector runs AN0131: a mail system is reached with stolen credentials or
// tokens, and then mailbox contents are read by a program.
//
// Read the package from Observe down. signin.go compares sign-ins, mailaccess.go
// and mailboxchange.go record access to mail and changes of mailboxes. An event
// may add observations to the entity profile of its subject; most events add none.
// Observations that are near each other, in any order of arrival, are correlated
// (correlate.go). A correlation whose score is high enough opens an incident,
// which classify.go names.
//
// A Detector is not safe for concurrent use.
type Detector struct {
	explain        explain.Observer // nil if there is no observer
	policy         *policy.Policy
	tracker        *incident.Tracker
	emptyBehaviour *behaviour // shared by the profiles without behaviour, read-only
	pairs          *window.PairCache[pairProfile]
	known          *pairProfile // of the current event
	profiles       *window.Table[uint64, *profile]
	sessions       *window.Recent[session]
	requests       *window.Seen                  // ids of those counted
	names          *window.Recent[uint64]        // session, token or object id -> dossier of the account
	groups         map[string]*baseline.Baseline // of the policy's groups
	signals        [signalKinds]policy.Signal    // with their weights
	window         int64                         // milliseconds

	// How many accounts of the tenant use a feature.
	population *baseline.Population

	geo          *policy.GeoCache
	featureNames baseline.Names
	scratch      []byte // for keys and addresses
	country      []byte

	// Accounts with a baseline, and those whose baseline is mature.
	allBaselines, matureBaselines int
}

// New returns a Detector for up to maxUsers accounts that reports to t.
func New(p *policy.Policy, t *incident.Tracker, geo *policy.GeoCache, maxUsers int) *Detector {
	c := &Detector{
		policy:         p,
		tracker:        t,
		geo:            geo,
		profiles:       window.NewTable[uint64, *profile](maxUsers, window.Spread),
		requests:       window.NewSeen(maxRequests),
		pairs:          &window.PairCache[pairProfile]{},
		emptyBehaviour: &behaviour{},
		groups:         map[string]*baseline.Baseline{},
		signals:        signalsOf(p),
		window:         p.Collection.TimeWindow.Milliseconds(),
		scratch:        make([]byte, 0, 256),
	}
	size := max(maxUsers, 1)
	c.sessions, c.names = window.NewRecent[session](size), window.NewRecent[uint64](2*size)
	c.featureNames = baseline.NewNames(maxUsers)
	c.population = baseline.NewPopulation(max(maxUsers/usersPerFeature, 1024))
	c.profiles.OnEvict = func(_ uint64, d *profile) { c.countBaseline(d, -1) }
	t.Register(&ruleCollection, newTheft)
	t.OnAlert(c.inform)
	t.OnCredential(c.credentialStolen)
	return c
}

// Observe implements analytics.Analytic.
func (c *Detector) Observe(ev *event.Event) {
	const ignored = event.IgnoredAccount | event.KnownAutomation
	c.known = c.pairs.Get(ev.Pair)
	at := ev.Time.UnixMilli()
	switch {
	case at < event.Day, // before there was mail: a broken clock
		ev.Action == event.ActionNone, ev.Marks&ignored != 0, ev.Family == event.Probe,
		ev.Outcome == event.Challenge, ev.Outcome == event.Noise,
		ev.UserKind == event.UserMachine && ev.Source != event.WinEvent, ev.UserKind == event.UserHealth, ofTheCloud(ev):
		return
	}
	program := programOverEWS(ev)
	if (ev.Action == event.SignIn || synchronises(ev)) && !program && c.same(ev, at) {
		return
	}
	d := c.subject(ev)
	if d == nil {
		return
	}
	if ev.Outcome != event.Failure || ev.Action != event.SignIn && ev.Action != event.MailAccess {
		c.ownBehaviour(d)
	}
	switch ev.Action {
	case event.SignIn:
		// The first request of a client may be no more than a guess that was right.
		again := c.known.learned.at != 0 && distance(c.known.learned.at, at) >= 1000
		c.signIn(d, ev)
		if program && again {
			c.access(d, ev)
		}
	case event.MailAccess:
		if requestLog(ev.Source) {
			c.signIn(d, ev) // each request there brings its credentials
		}
		c.access(d, ev)
	case event.MailboxChange, event.Consent, event.DirectoryChange:
		c.change(d, ev)
	case event.Script:
		c.script(d, ev)
	case event.Network:
		c.network(d, ev)
	}
}

// synchronises reports whether an event is a routine synchronisation request of a
// mail client. Most access to mail is of this kind, and it is not evidence.
func synchronises(ev *event.Event) bool {
	people := ev.Family == event.Mobile || ev.Family == event.Outlook || ev.Family == event.Browser
	return ev.Action == event.MailAccess && ev.Access == event.Sync && people && ev.Items == 0 && !ev.Throttled &&
		len(ev.App)+len(ev.Client)+len(ev.Session)+len(ev.Token)+len(ev.UserID) == 0
}

// programOverEWS reports whether a program made a request over EWS. The logs of
// Exchange 2013 and later have no SoapAction, the operation of such a request, so
// each request counts as access.
func programOverEWS(ev *event.Event) bool {
	return ev.Action == event.SignIn && ev.Outcome == event.Success && ev.Service == event.EWSService && requestLog(ev.Source) &&
		(len(ev.Agent) == 0 || ev.Family == event.Scripting || ev.Family == event.Tool)
}

// requestLog reports whether the source logs requests rather than sign-ins.
func requestLog(s event.Source) bool {
	return s == event.IIS || s == event.HTTPProxy || s == event.EWS
}

// Incidents implements analytics.Analytic.
func (c *Detector) Incidents(ev *event.Event, list []*incident.Incident) []*incident.Incident {
	for kind, id := range [...][]byte{aUser: ev.User, anApp: ev.App, aHost: ev.Host} {
		if len(id) == 0 {
			continue
		}
		if d, ok := c.profiles.Peek(subjectKey(subjectKind(kind), id)); ok && d.incident != nil {
			list = append(list, d.incident.Incident)
		}
	}
	return list
}

// Baselines returns how many accounts have a mature baseline, and how many have
// a baseline at all.
func (c *Detector) Baselines() (mature, all int) { return c.matureBaselines, c.allBaselines }

// countBaseline adds by to the counts of baselines that an account's is among.
func (c *Detector) countBaseline(d *profile, by int) {
	if d.kind != aUser || d.baseline.SignIns == 0 {
		return
	}
	c.allBaselines += by
	if d.baseline.Mature != 0 {
		c.matureBaselines += by
	}
}

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
	c.profiles.Each(func(_ uint64, d *profile) {
		if len(d.observations) == 0 {
			f(Observed{Subject: d.subject, App: d.kind == anApp})
		}
		for _, n := range d.observations {
			o := Observed{Subject: d.subject, App: d.kind == anApp, Code: signalCodes[n.kind], Detail: n.detail, First: event.UnixTime(n.first), Last: event.UnixTime(n.last),
				Weight: c.weightOf(d, &n), Core: n.core, Seen: c.seenBy(d, &n)}
			if n.client != (event.ClientKey{}) {
				o.IP = n.client.Addr().String()
			}
			f(o)
		}
	})
}
