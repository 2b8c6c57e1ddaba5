package collection

import (
	"slices"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics/baseline"
	"redshank/analytics/collection/behaviour"
	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/policy"
	"redshank/analytics/window"
)

// subjects keeps the entity profiles and finds the profile that an event is about.
type subjects struct {
	policy         *policy.Policy
	tracker        *incident.Tracker // for restored profiles
	population     *baseline.Population
	networks       *networks
	profiles       *window.Table[uint64, *profile]
	names          *window.Recent[uint64]        // hash of a session, token or object id -> key of the account's profile
	groups         map[string]*baseline.Baseline // of the policy's groups, at most 64
	firstFailures  *firstFailures
	emptyBehaviour *behaviour.Behaviour // shared by the profiles without behaviour, read-only
	pairs          *window.PairCache[pairProfile]
	known          *pairProfile // of the current event

	// Accounts with a baseline, and those whose baseline is mature.
	allBaselines, matureBaselines int
}

func newSubjects(p *policy.Policy, t *incident.Tracker, population *baseline.Population, n *networks, maxUsers int) *subjects {
	c := &subjects{
		policy:         p,
		tracker:        t,
		population:     population,
		networks:       n,
		profiles:       window.NewTable[uint64, *profile](maxUsers, window.Spread),
		names:          window.NewRecent[uint64](2 * max(maxUsers, 1)),
		groups:         map[string]*baseline.Baseline{},
		firstFailures:  &firstFailures{},
		emptyBehaviour: &behaviour.Behaviour{},
		pairs:          &window.PairCache[pairProfile]{},
	}
	c.profiles.OnEvict = func(_ uint64, d *profile) { c.countBaseline(d, -1) }
	return c
}

// pairProfile is what was looked up for a pair of client and account.
type pairProfile struct {
	profile window.Handle[*profile]
	learned learnMark
	counted int64             // day on which the account was counted for the address, since 1970; 0: not yet
	webMail behaviour.WebMail // of the pair
}

// profile returns the profile of a subject with a behaviour of its own. It creates
// the profile if necessary.
func (c *subjects) profile(kind subjectKind, id []byte) *profile {
	d := c.find(kind, id)
	c.ownBehaviour(d)
	return d
}

// find returns the profile of a subject, creating it if necessary. The profile may
// share emptyBehaviour.
func (c *subjects) find(kind subjectKind, id []byte) *profile {
	key := subjectKey(kind, id)
	d, ok := c.profiles.Get(key)
	if !ok {
		d = &profile{key: key, kind: kind, subject: string(id[:min(len(id), event.MaxText)]), Behaviour: c.emptyBehaviour}
		c.profiles.Add(key, d)
	}
	return d
}

// ownBehaviour gives a profile a behaviour of its own.
func (c *subjects) ownBehaviour(d *profile) {
	if d.Behaviour != c.emptyBehaviour {
		return
	}
	d.Behaviour = &behaviour.Behaviour{}
	if d.kind == aUser {
		d.Groups = c.groupsOf([]byte(d.subject))
	}
}

// changed marks a profile as needing to be saved.
func (c *subjects) changed(d *profile) { c.profiles.MarkDirty(d.key) }

// subjectKey returns the key of a subject. The key of an application is also the link
// of its observations.
func subjectKey(kind subjectKind, id []byte) uint64 { return event.SaltedHash("uahi"[kind], id) }

// groupsOf returns the baselines of an account's groups. There are at most 64.
func (c *subjects) groupsOf(user []byte) (list []*baseline.Baseline) {
	for _, name := range c.policy.Groups(user) {
		b := c.groups[name]
		if b == nil {
			b = &baseline.Baseline{}
			c.groups[name] = b
		}
		list = append(list, b)
	}
	return list
}

// subject returns the profile that an event is about: the host of a script; the
// account; the account of the session, token or object id; or the application.
func (c *subjects) subject(ev *event.Event) *profile {
	onHost := (ev.Action == event.Script || ev.Action == event.Network) && ev.Source == event.WinEvent
	switch {
	case onHost && len(ev.Host) > 0:
		return c.find(aHost, ev.Host)
	case c.actsAlone(ev):
		d := c.profile(anApp, ev.App)
		c.actsFor(d, ev)
		return d
	case (ev.Protocol == event.ClientCredential || ev.Protocol == event.ManagedIdentity) && len(ev.App) > 0:
		return c.find(anApp, ev.App)
	case ev.UserKind == event.UserPerson && len(ev.User) > 0:
		d, ok := c.profiles.StillValid(&c.known.profile)
		if !ok && c.failsFirst(ev) {
			return nil
		}
		if !ok {
			d = c.find(aUser, ev.User)
			c.known.profile = c.profiles.Handle(d)
		}
		return d
	}
	for _, key := range namesOf(ev) {
		if account, ok := c.names.Get(key); ok && key != 0 {
			if d, ok := c.profiles.Get(account); ok {
				return d
			}
		}
	}
	switch {
	case len(ev.User) > 0 && ev.UserKind != event.UserSystem && ev.UserKind != event.UserService:
		return c.find(aUser, ev.User)
	case len(ev.App) > 0:
		return c.find(anApp, ev.App)
	}
	return nil
}

// maxAppNetworks is the number of networks up to which an application is taken to
// run on servers of its own. An application that is used from more networks runs
// where its users are.
const maxAppNetworks = 4

// actsAlone reports whether an event is the act of an application that runs on
// servers of its own, for itself or for accounts that let it in. Such an event is
// about the application. An application that a single account uses, without a recorded
// consent, may be the account's own or a thief's, and does not act alone. Neither does
// an application that a person signs in to, or that others let in and that reads mail on
// a rented server where it reads nobody else's, which may be a thief's.
func (c *subjects) actsAlone(ev *event.Event) bool {
	cloud := ev.Source == event.UAL || ev.Source == event.Entra || ev.Source == event.Graph
	if !cloud || ev.Outcome != event.Success || ev.Action != event.SignIn && ev.Action != event.MailAccess || !foreign(c.policy, ev) {
		return false
	}
	app, ok := c.profiles.Get(subjectKey(anApp, ev.App))
	if ev.UserKind != event.UserPerson || len(ev.User) == 0 {
		return !ok || app.Networks <= maxAppNetworks
	}
	if !ok || app.Networks > maxAppNetworks || ev.Action == event.SignIn && byPerson(ev) {
		return false
	}
	account, at := subjectKey(aUser, ev.User), ev.Time.UnixMilli()
	if d, ok := c.profiles.Peek(account); app.has(mailConsent) && (slices.Contains(app.Accounts[:], account) || ok && d.letIn(app.key)) {
		return true
	}
	if !app.has(mailConsent) && c.population.Users(baseline.Feature(baseline.Key(baseline.App, ev.App)), at) <= 1 {
		return false
	}
	if ev.Action == event.SignIn || !c.networks.rented(ev.IP) {
		return true
	}
	network := c.networks.networkOf(clientOf(ev))
	return network == 0 || c.population.UsersBesides(serverOf(ev.App, network), account, at) > 0
}

// serverOf returns the feature of an application that reads mail in a network.
func serverOf(app []byte, network uint64) baseline.Feature {
	return baseline.NewFeature('s', event.SaltedHash('a', app)^network)
}

// byPerson reports whether a browser or a mail client made an event.
func byPerson(ev *event.Event) bool {
	return ev.Family == event.Browser || ev.Family == event.Mobile || ev.Family == event.Outlook
}

// actsFor stores the account that an application acts for.
func (c *subjects) actsFor(app *profile, ev *event.Event) {
	if len(ev.User) == 0 || ev.UserKind != event.UserPerson {
		return
	}
	account, at := subjectKey(aUser, ev.User), ev.Time.UnixMilli()
	c.population.Add(baseline.Feature(baseline.Key(baseline.App, ev.App)), account, at)
	if app.Accounts.Add(account) {
		c.find(aUser, ev.User)
		c.changed(app)
	}
}

// foreign reports whether the application of an event is not known as Microsoft's.
func foreign(p *policy.Policy, ev *event.Event) bool {
	return len(ev.App) > 0 && p.AppName(ev.App) == ""
}

// foreignApp returns the profile of the application that reads mail, or nil for an
// application of Microsoft's.
func (c *subjects) foreignApp(d *profile, ev *event.Event) *profile {
	switch {
	case d.kind == anApp:
		return d
	case foreign(c.policy, ev):
		return c.profile(anApp, ev.App)
	}
	return nil
}

// appIsKnown reports whether an application has been reading mail here for days.
func (c *subjects) appIsKnown(ev *event.Event, at int64) bool {
	app, ok := c.profiles.Get(subjectKey(anApp, ev.App))
	return ok && app.Baseline.IsMature(at) && !app.has(mailConsent)
}

// namesOf returns the keys of the names that an account has in an event: token,
// session, object id, and an account name that may be an object id.
func namesOf(ev *event.Event) (keys [4]uint64) {
	for i, id := range [4][]byte{ev.Token, ev.Session, ev.UserID, ev.User} {
		if len(id) > 0 {
			keys[i] = event.SaltedHash("tsoo"[i], id)
		}
	}
	return keys
}

// alias stores the other names of an account, and reports whether its object id is
// a new one.
func (c *subjects) alias(d *profile, ev *event.Event) (newID bool) {
	if d.kind != aUser || ev.UserKind != event.UserPerson || len(ev.Token)+len(ev.Session)+len(ev.UserID) == 0 {
		return false
	}
	for i, key := range namesOf(ev) {
		if key == 0 || i == 3 {
			continue
		}
		if known, ok := c.names.Get(key); ok && known == d.key {
			continue
		}
		c.names.Add(key, d.key)
		newID = newID || i == 2
	}
	return newID
}

// mailboxOf returns a hash of the mailbox that an event is about, 0 if unknown.
func (c *subjects) mailboxOf(d *profile, ev *event.Event) uint64 {
	if len(ev.Mailbox) == 0 && d.kind == aUser {
		return xxhash.Sum64String(d.subject)
	}
	name := firstOf(ev.Mailbox, ev.User)
	if len(name) == 0 {
		return 0
	}
	if owner := c.ownerByID(name); owner != nil {
		return xxhash.Sum64String(owner.subject)
	}
	return xxhash.Sum64(name)
}

// ownerOf returns the account of the mailbox that mailboxOf returns the hash of.
func (c *subjects) ownerOf(d *profile, ev *event.Event) string {
	if len(ev.Mailbox) == 0 && d.kind == aUser {
		return d.subject
	}
	name := firstOf(ev.Mailbox, ev.User)
	if owner := c.ownerByID(name); owner != nil {
		return owner.subject
	}
	return string(name)
}

// ownerByID returns the account with an object id, or nil.
func (c *subjects) ownerByID(id []byte) *profile {
	account, _ := c.names.Peek(event.SaltedHash('o', id))
	owner, _ := c.profiles.Peek(account)
	return owner
}

// nameOwner gives the read of a mailbox by an object id the name of the account, if
// that has become known.
func (c *subjects) nameOwner(read *window.Attempt) {
	if owner := c.ownerByID([]byte(read.Name)); owner != nil {
		read.Key, read.Name = xxhash.Sum64String(owner.subject), owner.subject
	}
}

// countBaseline adds by, 1 or -1, to the counts that include the baseline of a
// profile.
func (c *subjects) countBaseline(d *profile, by int) {
	if d.kind != aUser || d.Baseline.SignIns == 0 {
		return
	}
	c.allBaselines += by
	if d.Baseline.Mature != 0 {
		c.matureBaselines += by
	}
}

// learnMark identifies the last request that was learned for a pair of client and
// account. The agent is part of the pair.
type learnMark struct {
	at       int64 // of the first such request, in Unix milliseconds
	device   uint32
	protocol event.Protocol
	script   bool // a scripting agent where people sign in
	read     bool // mail was read, then or before: a telephone signs in to read it
}
