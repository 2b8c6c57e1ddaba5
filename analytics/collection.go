package analytics

import (
	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/window"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

var ruleCollection = alert.Rule{ID: "AN0131", Name: "Mail collected with stolen credentials or tokens", Version: "1", Kind: alert.Behaviour,
	Category: []string{"email", "intrusion_detection"}, Reference: "https://attack.mitre.org/detectionstrategies/DET0048/"}

// maxRequests bounds the ids of requests that were counted as items.
const maxRequests = 1 << 15

// collection is AN0131: a mail system reached with stolen credentials or
// tokens, then scripted access to mailbox contents.
//
// Read it from observe down: signin.go is the first half, mailaccess.go and
// change.go the second. Every event may add signals to the dossier of its
// subject, most add none. Signals of both halves that lie near each other, in
// whatever order they came, make a story (story.go); a story that weighs
// enough opens an incident, which verdict.go names.
type collection struct {
	policy         *policy.Policy
	tracker        *tracker
	attack         func(ev *event.Event) bool // is the client part of an open AN1269 incident
	emptyBehaviour *behaviour                 // of those who have none
	pairs          *window.PairCache[pairProfile]
	known          *pairProfile // of the event at hand
	profiles       *window.Table[uint64, *profile]
	sessions       *window.Recent[session]
	requests       *window.Seen               // ids of those counted
	names          *window.Recent[uint64]     // session, token or object id -> dossier of the account
	groups         map[string]*baseline       // of the policy's groups
	signals        [signalKinds]policy.Signal // with their weights
	window         int64                      // milliseconds

	geoCache     *simplelru.LRU[ClientKey, policy.Location]
	geoVersion   uint64
	featureNames featureNames
	scratch      []byte // for keys and addresses
	country      []byte
}

func newCollection(opts Options, d *tracker, attack func(*event.Event) bool) *collection {
	c := &collection{
		policy:         opts.Policy,
		tracker:        d,
		attack:         attack,
		profiles:       window.NewTable[uint64, *profile](opts.MaxUsers),
		requests:       window.NewSeen(maxRequests),
		pairs:          &window.PairCache[pairProfile]{},
		emptyBehaviour: &behaviour{},
		groups:         map[string]*baseline{},
		signals:        signalsOf(opts.Policy),
		window:         opts.Policy.Collection.TimeWindow.Milliseconds(),
		scratch:        make([]byte, 0, 256),
	}
	size := max(opts.MaxUsers, 1)
	c.sessions, c.names = window.NewRecent[session](size), window.NewRecent[uint64](2*size)
	c.geoCache, _ = simplelru.NewLRU[ClientKey, policy.Location](maxGeoCache, nil)
	c.featureNames = newFeatureNames(opts.MaxUsers)
	d.addContext = c.inform
	return c
}

func (c *collection) observe(ev *event.Event) {
	const ignored = event.IgnoredAccount | event.KnownAutomation
	c.known = c.pairs.Get(ev.Pair)
	at := ev.Time.UnixMilli()
	switch {
	case at < day, // before there was mail: a broken clock
		ev.Action == event.ActionNone, ev.Marks&ignored != 0, ev.Family == event.Probe,
		ev.Outcome == event.Challenge, ev.Outcome == event.Noise,
		ev.UserKind == event.UserMachine && ev.Source != event.WinEvent, ev.UserKind == event.UserHealth:
		return
	case (ev.Action == event.SignIn || synchronises(ev)) && c.same(ev, at):
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
		c.signIn(d, ev)
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

// synchronises tells the request of a mail client that asks for what is new: most
// of all access to mail, and of itself it says nothing.
func synchronises(ev *event.Event) bool {
	people := ev.Family == event.Mobile || ev.Family == event.Outlook || ev.Family == event.Browser
	return ev.Action == event.MailAccess && ev.Access == event.Sync && people && ev.Items == 0 && !ev.Throttled &&
		len(ev.App)+len(ev.Client)+len(ev.Session)+len(ev.Token)+len(ev.UserID) == 0
}

// requestLog tells whether the source logs requests and not sign-ins.
func requestLog(s event.Source) bool {
	return s == event.IIS || s == event.HTTPProxy || s == event.EWS
}
