package collection

import (
	"github.com/cespare/xxhash/v2"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
)

// profile returns the profile of a subject, for writing, creating it if necessary.
func (c *Detector) profile(kind subjectKind, id []byte) *profile {
	d := c.find(kind, id)
	c.ownBehaviour(d)
	return d
}

// find returns the profile of a subject, creating it if necessary. It may share
// emptyBehaviour.
func (c *Detector) find(kind subjectKind, id []byte) *profile {
	key := subjectKey(kind, id)
	d, ok := c.profiles.Get(key)
	if !ok {
		d = &profile{key: key, kind: kind, subject: string(id[:min(len(id), event.MaxText)]), behaviour: c.emptyBehaviour}
		c.profiles.Add(key, d)
	}
	return d
}

// ownBehaviour gives a profile a behaviour of its own.
func (c *Detector) ownBehaviour(d *profile) {
	if d.behaviour != c.emptyBehaviour {
		return
	}
	d.behaviour = &behaviour{}
	if d.kind == aUser {
		d.groups = c.groupsOf([]byte(d.subject))
	}
}

// changed marks a profile as needing to be saved.
func (c *Detector) changed(d *profile) { c.profiles.MarkDirty(d.key) }

// subjectKey returns the key of a subject. That of an application is also the link
// between its observations.
func subjectKey(kind subjectKind, id []byte) uint64 { return event.SaltedHash("uah"[kind], id) }

// groupsOf are the baselines of an account's groups. There are at most 64.
func (c *Detector) groupsOf(user []byte) (list []*baseline.Baseline) {
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
func (c *Detector) subject(ev *event.Event) *profile {
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

// actsFor remembers the account that an application acts for.
func (c *Detector) actsFor(app *profile, ev *event.Event) {
	if len(ev.User) == 0 || ev.UserKind != event.UserPerson {
		return
	}
	account, at := subjectKey(aUser, ev.User), ev.Time.UnixMilli()
	c.population.Add(baseline.Feature(baseline.Key(baseline.App, ev.App)), account, at)
	if app.accounts.add(account) {
		c.find(aUser, ev.User)
		c.changed(app)
	}
}

// namesOf are the other names an account goes by in an event.
func namesOf(ev *event.Event) (keys [4]uint64) {
	for i, id := range [4][]byte{ev.Token, ev.Session, ev.UserID, ev.User} {
		if len(id) > 0 {
			keys[i] = event.SaltedHash("tsoo"[i], id)
		}
	}
	return keys
}

// alias stores the other names of an account and merges the observations recorded
// under its object id before the account was known.
func (c *Detector) alias(d *profile, ev *event.Event) {
	if d.kind != aUser || ev.UserKind != event.UserPerson || len(ev.Token)+len(ev.Session)+len(ev.UserID) == 0 {
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
		if i == 2 {
			c.merge(d, ev.UserID)
		}
	}
}

// merge moves the observations of an object id to its account.
func (c *Detector) merge(d *profile, id []byte) {
	old, ok := c.profiles.Get(subjectKey(aUser, id))
	if !ok || old == d {
		return
	}
	c.ownBehaviour(old)
	c.changed(old)
	c.changed(d)
	if old.mail != nil {
		d.count()
		d.mail.join(old.mail)
		d.taken.join(old.taken)
		old.mail, old.taken = nil, nil
	}
	for _, t := range old.mailboxes.Take() {
		if t.Key == xxhash.Sum64String(old.subject) {
			t.Key = xxhash.Sum64String(d.subject)
		}
		d.reads(t)
	}
	notes := old.observations
	old.observations = nil
	for _, n := range notes {
		n.inIncident = false
		c.record(d, n, []byte(n.detail), nil)
	}
}

// mailboxOf returns a hash of the mailbox that an event is about, 0 where it cannot be known.
func (c *Detector) mailboxOf(d *profile, ev *event.Event) uint64 {
	switch {
	case len(ev.Mailbox) > 0:
		if account, ok := c.names.Peek(event.SaltedHash('o', ev.Mailbox)); ok {
			if owner, ok := c.profiles.Peek(account); ok {
				return xxhash.Sum64String(owner.subject) // known by its object id
			}
		}
		return xxhash.Sum64(ev.Mailbox)
	case d.kind == aUser:
		return xxhash.Sum64String(d.subject)
	case len(ev.User) > 0:
		return xxhash.Sum64(ev.User)
	}
	return 0
}

// firstOf returns a, or b if a is empty.
func firstOf(a, b []byte) []byte {
	if len(a) > 0 {
		return a
	}
	return b
}
