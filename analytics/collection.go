package analytics

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/cespare/xxhash/v2"
	"github.com/hashicorp/golang-lru/v2/simplelru"

	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/window"
)

var ruleCollection = Rule{ID: "AN0131", Name: "Mail collected with stolen credentials or tokens", Version: "1"}

// collection is AN0131: a mail system reached with stolen credentials or
// tokens, then scripted access to mailbox contents.
//
// Read it from observe down. Every event adds signals to the dossier of its
// subject, most add none. Signals of the sign-in and of the access that lie
// near each other, in whatever order they came, make a story; a story that
// weighs enough opens an incident.
type collection struct {
	policy   *policy.Policy
	desk     *desk
	attack   func(ev *event.Event) bool // is the client part of an open AN1269 incident
	dossiers *window.Table[uint64, *dossier]
	sessions *simplelru.LRU[uint64, session]
	names    *simplelru.LRU[uint64, uint64] // session, token or object id -> dossier of the account
	weight   [signalKinds]int
	window   int64 // milliseconds
}

// session is where a session or token was last seen.
type session struct {
	client clientKey
	at     int64
}

func newCollection(opts Options, d *desk, attack func(*event.Event) bool) *collection {
	c := &collection{
		policy:   opts.Policy,
		desk:     d,
		attack:   attack,
		dossiers: window.NewTable[uint64, *dossier](opts.MaxUsers),
		weight:   weights(opts.Policy.Collection.Weights),
		window:   opts.Policy.Collection.TimeWindow.Milliseconds(),
	}
	size := max(opts.MaxUsers, 1)
	c.sessions, _ = simplelru.NewLRU[uint64, session](size, nil)
	c.names, _ = simplelru.NewLRU[uint64, uint64](2*size, nil)
	return c
}

func (c *collection) observe(ev *event.Event) {
	const ignored = event.IgnoredAccount | event.KnownAutomation
	if ev.Marks&ignored != 0 || ev.Family == event.Probe || ev.Outcome == event.Challenge || ev.Outcome == event.Noise {
		return
	}
	switch ev.UserKind {
	case event.UserMachine, event.UserHealth:
		return
	}
	d := c.subject(ev)
	if d == nil {
		return
	}
	at := ev.Time.UnixMilli()
	switch ev.Action {
	case event.SignIn:
		c.signIn(d, ev, at)
	case event.MailAccess:
		if requestLog(ev.Source) {
			c.signIn(d, ev, at) // each request there brings its credentials
		}
		c.access(d, ev, at)
	case event.MailboxChange, event.Consent, event.DirectoryChange:
		c.change(d, ev, at)
	case event.Script:
		c.script(d, ev, at)
	case event.Network:
		c.network(d, ev, at)
	}
}

// requestLog tells whether the source logs requests and not sign-ins.
func requestLog(s event.Source) bool {
	return s == event.IIS || s == event.HTTPProxy || s == event.EWS
}

// signIn compares a sign-in with what is usual and then learns from it.
func (c *collection) signIn(d *dossier, ev *event.Event, at int64) {
	if ev.Outcome == event.Failure {
		copy(d.failed[1:], d.failed[:2])
		d.failed[0] = at
		return
	}
	if ev.Outcome != event.Success || c.same(d, ev, at) {
		return
	}
	c.compare(d, ev, at)
	c.manner(d, ev, at)
	c.moved(d, ev, at)
	c.learn(d, ev, at)
}

// same recognises a request like the last one of this account, within the
// minute: the common case on an Exchange server, and it says nothing new.
func (c *collection) same(d *dossier, ev *event.Event, at int64) bool {
	mark := learnMark{agent: hashText(ev.Agent), minute: at / 60_000}
	if ev.IP.IsValid() {
		mark.client = clientKey(ev.IP.As16())
	}
	if requestLog(ev.Source) && d.learned == mark {
		return true
	}
	d.learned = mark
	return false
}

// compare notes what is new for the account: network, country, device, kind of
// client, application.
func (c *collection) compare(d *dossier, ev *event.Event, at int64) {
	ripening := c.policy.Collection.Baseline
	for _, p := range c.places(ev) {
		if p.key != 0 && d.baseline.isNew(p.key, at, ripening) {
			c.note(d, ev, at, p.signal, p.detail)
		}
	}
}

// placed is one place of an event, as the baseline knows it.
type placed struct {
	key    uint64
	signal signalKind
	detail []byte
}

// places are the things of a sign-in that one gets used to. Back ends of the
// cloud and networks that the policy calls usual are no places.
func (c *collection) places(ev *event.Event) [5]placed {
	const usual = event.MicrosoftRange | event.AllowedNetwork | event.CorporateEgress | event.KnownLocation
	var p [5]placed
	if ev.IP.IsValid() && ev.Marks&usual == 0 && !ev.IP.IsLoopback() && !ev.IP.IsLinkLocalUnicast() {
		wide := clientKey(ev.IP.As16()).network()
		p[0] = placed{placeKey(atNetwork, wide[:]), newNetwork, ev.RawIP}
	}
	p[1] = placed{placeKey(atCountry, ev.Country), newCountry, ev.Country}
	p[2] = placed{placeKey(onDevice, ev.Device), newDevice, ev.Device}
	if ev.Family != event.FamilyNone {
		p[3] = placed{placeKey(byFamily, []byte{byte(ev.Family)}), newFamily, ev.Agent}
	}
	p[4] = placed{placeKey(byApp, ev.App), newApp, ev.App}
	return p
}

// placeKey is 0 for a value that is not there.
func placeKey(kind placeKind, value []byte) uint64 {
	if len(value) == 0 {
		return 0
	}
	return salted(byte(kind), value)
}

// salted hashes a value together with what kind of value it is.
func salted(kind byte, value []byte) uint64 {
	var b [9]byte
	binary.LittleEndian.PutUint64(b[:], xxhash.Sum64(value))
	b[8] = kind
	return xxhash.Sum64(b[:])
}

// manner notes how the sign-in was made.
func (c *collection) manner(d *dossier, ev *event.Event, at int64) {
	switch ev.Family {
	case event.Scripting:
		c.note(d, ev, at, signInScript, ev.Agent)
	case event.Tool:
		c.note(d, ev, at, signInTool, ev.Agent)
	case event.Legacy:
		c.note(d, ev, at, signInLegacy, ev.Agent)
	}
	switch ev.Protocol {
	case event.ROPC:
		c.note(d, ev, at, signInROPC, ev.App)
	case event.DeviceCode:
		c.note(d, ev, at, signInDeviceCode, ev.App)
	case event.LegacyAuth:
		c.note(d, ev, at, signInLegacy, ev.Client)
	}
	if c.attack(ev) {
		c.note(d, ev, at, signInFromAttack, ev.RawIP)
	}
	const soon = 30 * 60 * 1000
	if oldest := d.failed[2]; oldest != 0 && at >= oldest && at-oldest <= soon && !c.usualNetwork(d, ev, at) {
		c.note(d, ev, at, signInAfterFailures, ev.RawIP)
	}
}

func (c *collection) usualNetwork(d *dossier, ev *event.Event, at int64) bool {
	p := c.places(ev)[0]
	return p.key == 0 || d.baseline.knows(p.key, at, c.policy.Collection.Baseline)
}

// moved notes a session or token that is used from a network unrelated to the
// one before. A network that the account is used to is related: people switch
// a VPN on.
func (c *collection) moved(d *dossier, ev *event.Event, at int64) {
	if !ev.IP.IsValid() || ev.Marks&event.MicrosoftRange != 0 {
		return
	}
	here := clientKey(ev.IP.As16())
	c.movedTo(d, ev, at, here, 's', ev.Session)
	c.movedTo(d, ev, at, here, 't', ev.Token)
}

func (c *collection) movedTo(d *dossier, ev *event.Event, at int64, here clientKey, kind byte, id []byte) {
	if len(id) == 0 {
		return
	}
	key := salted(kind, id)
	before, ok := c.sessions.Get(key)
	c.sessions.Add(key, session{here, at})
	apart := max(at-before.at, before.at-at)
	if ok && apart < day && before.client.network() != here.network() && !c.usualNetwork(d, ev, at) {
		c.note(d, ev, at, sessionMoved, ev.RawIP)
	}
}

// learn lets the baseline grow by a sign-in that was not itself suspicious.
func (c *collection) learn(d *dossier, ev *event.Event, at int64) {
	c.alias(d, ev)
	if ev.Family == event.Tool || d.suspicious(at) || c.attack(ev) {
		return
	}
	for _, p := range c.places(ev) {
		if p.key != 0 {
			d.baseline.visit(p.key, at)
		}
	}
	d.baseline.signIn(at, c.policy.Collection.Baseline)
	if d.baseline.days == 2 {
		c.dossiers.Promote(d.key) // an account that lives: a flood must not push it out
	}
}

// suspicious tells whether the subject has an open incident that is more than
// a question.
func (d *dossier) suspicious(at int64) bool {
	return d.incident != nil && d.incident.severity > Low && within(d.incident, at)
}

func within(i *incident, at int64) bool { return at >= i.start-day && at <= i.end+day }

// access notes what speaks for a program, and for more than is usual.
func (c *collection) access(d *dossier, ev *event.Event, at int64) {
	if ev.Outcome == event.Failure || ofTheCloud(ev) {
		return
	}
	c.alias(d, ev)
	c.moved(d, ev, at)
	program := c.program(d, ev, at)
	if ev.Throttled {
		c.note(d, ev, at, accessThrottled, ev.Mailbox)
	}
	switch ev.Access {
	case event.Export:
		c.note(d, ev, at, mailExport, ev.Operation)
	case event.Search:
		if program {
			c.note(d, ev, at, mailSearch, ev.Operation)
		}
	case event.Sync:
		if program {
			c.note(d, ev, at, accessSync, ev.Mailbox)
		}
	}
	if program && d.requests.tick(at) {
		c.note(d, ev, at, accessRegular, ev.Operation)
	}
	if program || !requestLog(ev.Source) {
		c.volume(d, ev, at, program)
	}
	if program {
		c.manyMailboxes(d, ev, at)
	}
}

// program notes the marks of a program that reads mail, and reports whether
// there were any.
func (c *collection) program(d *dossier, ev *event.Event, at int64) (program bool) {
	family := ev.Family
	if family == event.FamilyNone || family == event.FamilyOther {
		if f, _ := c.policy.Agent(ev.Client); f == event.Scripting || f == event.Tool {
			family = f
		}
	}
	switch {
	case family == event.Tool:
		program = c.note(d, ev, at, accessTool, first(ev.Agent, ev.Client)) || true
	case family == event.Scripting:
		program = c.note(d, ev, at, accessScript, first(ev.Agent, ev.Client)) || true
	case requestLog(ev.Source) && ev.Service == event.EWSService && len(ev.Agent) == 0:
		program = c.note(d, ev, at, accessNoAgent, ev.Operation) || true
	}
	if c.foreign(ev) {
		program = true
		c.note(d, ev, at, accessForeignApp, ev.App)
		if key := placeKey(byApp, ev.App); d.kind == aUser && d.baseline.isNew(key, at, c.policy.Collection.Baseline) {
			c.note(d, ev, at, accessNewApp, ev.App)
		}
	}
	return program
}

func first(a, b []byte) []byte {
	if len(a) > 0 {
		return a
	}
	return b
}

// foreign tells whether an application that the content does not know as
// Microsoft's reads mail.
func (c *collection) foreign(ev *event.Event) bool {
	return len(ev.App) > 0 && c.policy.AppName(ev.App) == ""
}

// ofTheCloud recognises services of the cloud itself, which read mail to index
// it or to remind of it: they come from its own addresses as RESTSystem.
func ofTheCloud(ev *event.Event) bool {
	return ev.Marks.Has(event.MicrosoftRange) && bytes.Contains(ev.Client, []byte("RESTSystem"))
}

// Figures of access.volume and access.many_mailboxes.
const (
	leastVolume   = 500 // items in a day, whatever the mean
	leastBoxes    = 5
	boxesWithin   = 10 * 60 * 1000
	knownAppsDays = 3
)

func (c *collection) volume(d *dossier, ev *event.Event, at int64, program bool) {
	items := ev.Items
	if items == 0 && program && ev.Access == event.Bind {
		items = 1
	}
	if items == 0 {
		return
	}
	sum := d.baseline.read(at, items)
	if i := d.incident; i != nil && within(i, at) {
		i.counts.Items += items
		i.span(at)
		i.told.newest = false
		c.desk.touch(i)
	}
	if sum >= d.baseline.much(leastVolume) {
		c.note(d, ev, at, accessVolume, ev.Mailbox)
	}
}

// manyMailboxes watches how many mailboxes an application, or an account by
// program, reads in ten minutes. An application that has done so on three days
// without more against it is known.
func (c *collection) manyMailboxes(d *dossier, ev *event.Event, at int64) {
	box := first(ev.Mailbox, ev.User)
	if len(box) == 0 {
		return
	}
	actor := d
	if len(ev.App) > 0 && c.foreign(ev) {
		actor = c.dossier(anApp, ev.App)
	}
	t := window.Try{At: at, Key: xxhash.Sum64(box), Sources: 1 << ev.Source}
	if actor.kind == anApp && !actor.suspicious(at) {
		actor.baseline.signIn(at, policy.Ripening{Days: knownAppsDays, SignIns: 1 << 30})
	}
	if !actor.read(t) {
		return
	}
	many := actor.mailboxes.Windows(at, boxesWithin, func(run []window.Try) bool {
		return len(run) >= leastBoxes
	})
	if i := actor.incident; i != nil && within(i, at) {
		i.mailbox(t.Key)
		c.desk.touch(i)
	}
	if many && !(actor.kind == anApp && actor.baseline.ripe != 0) {
		c.note(actor, ev, at, accessMailboxes, ev.App)
	}
}

// read remembers a mailbox and reports whether it was not read in the ten
// minutes around.
func (d *dossier) read(t window.Try) bool {
	for _, have := range d.mailboxes.All() {
		if have.Key == t.Key && max(have.At-t.At, t.At-have.At) <= boxesWithin {
			return false
		}
	}
	d.mailboxes.Add(t, maxMailboxes)
	return true
}

// change notes what was done to mailboxes, applications and the directory.
func (c *collection) change(d *dossier, ev *event.Event, at int64) {
	if ev.Outcome == event.Failure {
		return
	}
	group := c.policy.OperationGroup(ev.Operation)
	if group == "" {
		group = c.policy.CmdletGroup(ev.Operation)
	}
	kind, ok := changes[group]
	switch {
	case !ok:
		return
	case kind == ruleHides:
		if kind, ok = ruleKind(ev); !ok {
			return
		}
	case kind == mailConsent && !reachesMail(ev.Detail):
		return
	}
	c.compare(d, ev, at)
	c.note(d, ev, at, kind, first(ev.Detail, ev.Operation))
	if app := ev.Target; kind == mailConsent && len(app) > 0 {
		c.note(c.dossier(anApp, app), ev, at, kind, first(ev.Detail, ev.Operation))
	}
}

// changes are the signals of the content's groups of operations and cmdlets.
var changes = map[string]signalKind{
	"mail_rule":       ruleHides, // or forwards: see ruleKind
	"mail_forward":    ruleForwards,
	"mail_permission": mailPermission,
	"mail_role":       mailPermission,
	"mail_export":     mailExport,
	"mail_search":     mailSearch,
	"consent":         mailConsent,
	"app_credential":  appCredentials,
}

// ruleKind tells what a rule does to mail; an ordinary one, which sorts it
// into folders, is no signal.
func ruleKind(ev *event.Event) (signalKind, bool) {
	detail := strings.ToLower(string(ev.Detail))
	for _, s := range []string{"forwardto", "redirectto", "forwardasattachmentto", "blindcopyto", "copyto=", "smtpforwarding"} {
		if strings.Contains(detail, s) {
			return ruleForwards, true
		}
	}
	for _, s := range []string{"deletemessage=true", "deletemessage", "markasread=true", "rss", "junk", "conversation history", "archive"} {
		if strings.Contains(detail, s) {
			return ruleHides, true
		}
	}
	return 0, false
}

// reachesMail tells whether granted scopes or roles reach mail. The OpenID
// scope "email" does not.
func reachesMail(detail []byte) bool {
	for _, s := range []string{"Mail.", "full_access_as_app", "EWS.", "IMAP.", "POP.", "MailboxSettings.", "Exchange.ManageAsApp"} {
		if bytes.Contains(detail, []byte(s)) {
			return true
		}
	}
	return false
}

// script notes tools and mail cmdlets in what PowerShell logged.
func (c *collection) script(d *dossier, ev *event.Event, at int64) {
	text := first(ev.Detail, ev.Operation)
	if tool := c.policy.ScriptTool(text); tool != "" {
		c.note(d, ev, at, scriptTool, []byte(tool))
		return
	}
	if tool := c.policy.ScriptTool(ev.Operation); tool != "" {
		c.note(d, ev, at, scriptTool, []byte(tool))
		return
	}
	switch c.policy.CmdletGroup(ev.Operation) {
	case "mail_export":
		c.note(d, ev, at, mailExport, ev.Operation)
	case "mail_read", "mail_search":
		c.note(d, ev, at, scriptMail, ev.Operation)
	}
}

// network notes a script host that calls a mail end point.
func (c *collection) network(d *dossier, ev *event.Event, at int64) {
	if f, _ := c.policy.Agent(ev.Client); f == event.Scripting || f == event.Tool {
		if c.policy.MailHost(ev.Target) {
			c.note(d, ev, at, hostLookup, ev.Target)
		}
	}
}

// note adds a signal to a dossier, opens an incident where the story it is
// part of weighs enough, and reports whether the signal was news.
func (c *collection) note(d *dossier, ev *event.Event, at int64, kind signalKind, detail []byte) bool {
	if c.weight[kind] == 0 || !d.note(kind, at, linksOf(ev), detailOf(ev, detail)) {
		return false
	}
	if i := d.incident; i != nil && within(i, at) {
		c.add(i, d, ev, at)
		return true
	}
	for n := range d.notes {
		center := &d.notes[n]
		if !center.near(&d.notes[len(d.notes)-1], c.window) {
			continue
		}
		if s := d.around(center, c.window, &c.weight); s.opens() {
			c.open(d, ev, at)
			break
		}
	}
	return true
}

func linksOf(ev *event.Event) (l links) {
	switch {
	case len(ev.Session) > 0:
		l[0] = salted('s', ev.Session)
	case len(ev.Token) > 0:
		l[0] = salted('t', ev.Token)
	}
	if ev.IP.IsValid() && !ev.IP.IsLoopback() && ev.Marks&event.MicrosoftRange == 0 {
		k := ev.IP.As16()
		l[1] = salted('i', k[:])
	}
	if app := first(ev.App, ev.Target); len(app) > 0 {
		l[2] = salted('a', app)
	}
	return l
}

// open makes an incident of a dossier.
func (c *collection) open(d *dossier, ev *event.Event, at int64) {
	start := at
	for n := range d.notes {
		if f := d.notes[n].first; f > at-day {
			start = min(start, f)
		}
	}
	i := c.desk.open(&ruleCollection, d.subject, start)
	i.span(at)
	i.opened, i.subject, d.incident = "collection", d.subject, i
	if d.kind == aUser {
		i.account = d.subject
	}
	c.dossiers.Promote(d.key)
	c.add(i, d, ev, at)
}

// add brings an incident up to its dossier.
func (c *collection) add(i *incident, d *dossier, ev *event.Event, at int64) {
	i.span(at)
	for n := range d.notes {
		if note := &d.notes[n]; note.last >= i.start-day && note.first <= i.end+day {
			i.span(note.first)
			i.signal(Signal{Code: signals[note.kind].Code, Weight: c.weight[note.kind], Detail: note.detail})
		}
	}
	for _, t := range d.mailboxes.All() {
		i.mailbox(t.Key)
	}
	i.services |= 1 << ev.Service
	i.describe(ev)
	if ev.IP.IsValid() && ev.Marks&event.MicrosoftRange == 0 {
		i.met(clientKey(ev.IP.As16()))
		if !i.client.IsValid() {
			i.client = ev.IP
		}
	}
	i.privilegedSubject = i.privilegedSubject || ev.Marks.Has(event.PrivilegedUser)
	i.class, i.severity = collectionClass(i, d), max(i.severity, collectionSeverity(i, d))
	i.told.newest = false
	c.desk.touch(i)
}

// dossier finds or makes the one of a subject.
func (c *collection) dossier(kind subjectKind, id []byte) *dossier {
	key := salted("uah"[kind], id)
	d, ok := c.dossiers.Get(key)
	if !ok {
		d = &dossier{key: key, kind: kind, subject: string(id[:min(len(id), maxKeptText)])}
		c.dossiers.Add(key, d)
	}
	return d
}

// subject is who an event is about: the host for what ran on it; the account;
// the account that the session, token or object id belongs to; or the
// application by itself.
func (c *collection) subject(ev *event.Event) *dossier {
	switch {
	case ev.Action == event.Script || ev.Action == event.Network:
		if len(ev.Host) > 0 {
			return c.dossier(aHost, ev.Host)
		}
	case ev.UserKind == event.UserPerson && len(ev.User) > 0:
		return c.dossier(aUser, ev.User)
	}
	for _, key := range namesOf(ev) {
		if key == 0 {
			continue
		}
		if account, ok := c.names.Get(key); ok {
			if d, ok := c.dossiers.Get(account); ok {
				return d
			}
		}
	}
	switch {
	case len(ev.User) > 0 && ev.UserKind != event.UserSystem && ev.UserKind != event.UserService:
		return c.dossier(aUser, ev.User)
	case len(ev.App) > 0:
		return c.dossier(anApp, ev.App)
	}
	return nil
}

// namesOf are the other names an account goes by in an event.
func namesOf(ev *event.Event) (keys [4]uint64) {
	for i, id := range [4][]byte{ev.Token, ev.Session, ev.UserID, ev.User} {
		if len(id) > 0 {
			keys[i] = salted("tsoo"[i], id)
		}
	}
	return keys
}

// alias remembers the other names of an account, and brings what was noted
// under one of them before the account was known.
func (c *collection) alias(d *dossier, ev *event.Event) {
	if d.kind != aUser || ev.UserKind != event.UserPerson {
		return
	}
	for i, key := range namesOf(ev) {
		if key == 0 || i == 3 {
			continue
		}
		if known, ok := c.names.Get(key); ok && known == d.key {
			continue
		}
		c.names.Add(key, d.key)
		if len(ev.UserID) > 0 {
			c.merge(d, ev.UserID)
		}
	}
}

// merge moves the notes of an object id to the account it turned out to be.
func (c *collection) merge(d *dossier, id []byte) {
	old, ok := c.dossiers.Get(salted('u', id))
	if !ok || old == d {
		return
	}
	d.notes = append(d.notes, old.notes...)
	d.notes = d.notes[max(0, len(d.notes)-maxNotes):]
	old.notes = nil
}
