package collection

import (
	"bytes"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/window"
)

// signIn compares a sign-in with what is usual and then learns from it.
func (c *Detector) signIn(d *profile, ev *event.Event) {
	at := ev.Time.UnixMilli()
	if ev.Outcome == event.Failure {
		c.changed(d)
		c.failed(d, at)
		return
	}
	if ev.Outcome != event.Success || c.same(ev, at) {
		return
	}
	c.known.learned = markOf(ev, at)
	c.changed(d)
	c.alias(d, ev)
	d.addSignIn(recentSignInOf(ev))
	w := c.networkContextOf(ev)
	places := c.featuresOf(ev, &w)
	w.ownDevice = d.kind == aUser && d.baseline.KnewBefore(places[2].key, at, c.policy.Collection.Baseline)
	if w.ownDevice {
		c.compare(d, ev, places[2:]) // wherever it is
	} else {
		c.compare(d, ev, places[:])
		c.rentedNetwork(d, ev, &w)
		c.hour(d, ev)
		c.checkTravel(d, ev, &w)
	}
	c.authMethod(d, ev, &w)
	c.moved(d, ev, &w)
	c.learn(d, ev, &places)
}

// pairProfile is what was looked up for a pair of client and account.
type pairProfile struct {
	profile window.Handle[*profile]
	learned learnMark
}

// learnMark recognises a request like the one that was learned last of the same
// pair of client and account, with the same agent.
type learnMark struct {
	at       int64 // of the first such request, in Unix milliseconds
	device   uint32
	protocol event.Protocol
	script   bool // where people sign in
}

func markOf(ev *event.Event, at int64) learnMark {
	return learnMark{at, deviceHash(ev), ev.Protocol, ev.Family == event.Scripting && !forPrograms(ev)}
}

// same reports whether a request matches one learned within SignInSpan and the same
// hour of the day, the common case on an Exchange server. It uses only data cached
// with the pair.
func (c *Detector) same(ev *event.Event, at int64) bool {
	last := c.known.learned
	since := at - last.at
	if !requestLog(ev.Source) || ev.Outcome != event.Success || since < 0 || since >= baseline.SignInSpan || at/event.Hour != last.at/event.Hour {
		return false
	}
	mark := markOf(ev, last.at)
	if mark.device == 0 {
		mark.device = last.device // most requests of a telephone name it, a few do not
	}
	_, held := c.profiles.StillValid(&c.known.profile)
	return held && mark == last
}

// deviceHash is 0 where no device is named.
func deviceHash(ev *event.Event) uint32 {
	if len(ev.Device) == 0 {
		return 0
	}
	return uint32(xxhash.Sum64(ev.Device)) | 1
}

// eventFeature is one feature of an event, as a baseline stores it.
type eventFeature struct {
	key    uint64
	signal signalKind
	detail []byte
	own    bool // of the account alone: a group has no usual one
}

// said returns the detail of a feature's signal. The agent is read on demand.
func (p *eventFeature) said(ev *event.Event) []byte {
	if p.signal == newFamily {
		return ev.AgentText()
	}
	return p.detail
}

// featuresOf returns the features of a sign-in. Cloud back ends and networks that
// the policy calls usual have no network features.
func (c *Detector) featuresOf(ev *event.Event, w *networkContext) (p [6]eventFeature) {
	if !w.usual {
		p[0] = eventFeature{w.network, newNetwork, nil, false}
		p[1] = eventFeature{baseline.Key(baseline.Country, w.country), newCountry, w.country, false}
	}
	p[2] = eventFeature{baseline.Key(baseline.Device, ev.Device), newDevice, ev.Device, true}
	if ev.Family != event.FamilyNone {
		p[3] = eventFeature{baseline.Key(baseline.Family, []byte{byte(ev.Family)}), newFamily, nil, false}
	}
	p[4] = eventFeature{baseline.Key(baseline.App, ev.App), newApp, ev.App, false}
	if ev.Protocol != event.ProtocolUnknown {
		p[5] = eventFeature{key: c.methodKey(ev), signal: signalKinds} // known by manner
	}
	return p
}

func (c *Detector) methodKey(ev *event.Event) uint64 {
	return baseline.Key(baseline.Method, []byte{byte(ev.Protocol)})
}

// compare records signals for features that are new to the account or, while its
// baseline is not mature, to its groups.
func (c *Detector) compare(d *profile, ev *event.Event, places []eventFeature) {
	ripening, at := c.learning(d), ev.Time.UnixMilli()
	for i := range places {
		p := &places[i]
		if p.key == 0 || p.signal == signalKinds {
			continue
		}
		switch {
		case d.baseline.IsNew(p.key, at, ripening):
			c.raiseUnless(p.key, d, ev, p.signal, p.said(ev))
		case !d.baseline.IsMature(at) && !p.own && c.newToGroups(d, p.key, at):
			n := c.observationOf(ev, p.signal)
			n.half, n.feature = true, p.key
			c.record(d, n, p.said(ev), ev)
		}
	}
}

// rentedNetwork raises a signal for a network of servers for rent or of a VPN
// service that is new to the account. Applications live there.
func (c *Detector) rentedNetwork(d *profile, ev *event.Event, w *networkContext) {
	at := ev.Time.UnixMilli()
	if d.kind != aUser || w.usual || w.network == 0 || !d.baseline.IsNew(w.network, at, c.policy.Collection.Baseline) {
		return
	}
	if c.policy.RentedNetwork(c.geo.Locate(ev.IP)) {
		c.raiseUnless(w.network, d, ev, signInRented, nil)
	}
}

// hour records a signal for a sign-in at an unusual hour.
func (c *Detector) hour(d *profile, ev *event.Event) {
	if d.kind == aUser && d.baseline.IsNewHour(ev.Time.UnixMilli(), c.policy.Collection.Baseline) {
		c.raise(d, ev, newHour, ev.Time.UTC().AppendFormat(c.scratch[:0], "15:04 MST"))
	}
}

// newToGroups reports whether the account has a group with a mature baseline and no
// such group knows the feature.
func (c *Detector) newToGroups(d *profile, key uint64, at int64) (isNew bool) {
	for _, g := range d.groups {
		if !g.IsMature(at) {
			continue
		}
		if g.Knows(key, at, c.policy.Collection.Baseline) {
			return false
		}
		isNew = true
	}
	return isNew
}

// forPrograms reports whether a service is used only by programs. Each request
// there carries credentials, and access signals already cover programs.
func forPrograms(ev *event.Event) bool {
	return ev.Service == event.PowerShell ||
		requestLog(ev.Source) && (ev.Service == event.EWSService || ev.Service == event.Autodiscover || ev.Service == event.REST)
}

// authMethod records signals for the authentication method, unless it is usual for
// the account. Applications are programs by nature.
func (c *Detector) authMethod(d *profile, ev *event.Event, w *networkContext) {
	switch {
	case ev.Family == event.Tool:
		c.raise(d, ev, signInTool, ev.AgentText())
	case ev.Family == event.Legacy:
		c.raiseUnless(baseline.Key(baseline.Family, []byte{byte(ev.Family)}), d, ev, signInLegacy, ev.AgentText())
	case d.kind == aUser && ev.Family == event.Scripting && !forPrograms(ev):
		c.signInByScript(d, ev, w)
	}
	switch habit := c.methodKey(ev); ev.Protocol {
	case event.ROPC:
		c.raiseUnless(habit, d, ev, signInROPC, firstOf(ev.App, ev.AgentText()))
	case event.DeviceCode:
		c.raiseUnless(habit, d, ev, signInDeviceCode, firstOf(ev.App, ev.AgentText()))
	case event.LegacyAuth:
		c.raiseUnless(habit, d, ev, signInLegacy, firstOf(ev.Client, ev.AgentText()))
	}
}

// signInByScript raises a signal for a scripting agent: half in a network that is
// familiar, none for the PowerShell of an administrator there.
func (c *Detector) signInByScript(d *profile, ev *event.Event, w *networkContext) {
	n := c.observationOf(ev, signInScript)
	n.feature, n.half = c.readerKey(ev, ev.AgentText(), w), c.familiar(d, ev, w)
	if !n.half || !bytes.Contains(ev.AgentText(), []byte("PowerShell")) {
		c.record(d, n, ev.AgentText(), ev)
	}
}

// familiar reports whether the network is the account's, or one that many others
// use: people have scripts, too.
func (c *Detector) familiar(d *profile, ev *event.Event, w *networkContext) bool {
	at := ev.Time.UnixMilli()
	return w.usual || w.network != 0 && (d.baseline.KnewBefore(w.network, at, c.policy.Collection.Baseline) || float64(c.others(d, newNetwork, w.network, at)) >= c.common())
}

// credentialStolen records a successful sign-in from the client of an AN1269
// incident. AN1269 calls it at the sign-in, or when the incident opens later.
func (c *Detector) credentialStolen(account string, from event.ClientKey, at int64) {
	n := observation{kind: signInFromAttack, first: at, last: at, client: from, links: links{1: c.linkOf(from)}, feature: c.linkOf(from)}
	c.record(c.profile(aUser, []byte(account)), n, nil, nil)
}

// fromAttack reports whether an event comes from a client of another analytic's
// open incident, unless many accounts sign in from there.
func (c *Detector) fromAttack(d *profile, ev *event.Event) bool {
	at := ev.Time.UnixMilli()
	return ev.IP.IsValid() && c.tracker.OpenFor(ev.IP.As16(), at) != nil && c.rareAddress(d, ev.IP.As16(), at)
}

// learning is what makes a subject's baseline mature: days alone for an
// application, which signs in all day.
func (c *Detector) learning(d *profile) policy.LearningPeriod {
	if d.kind == anApp {
		return policyDays(c.policy.Collection.Baseline)
	}
	return c.policy.Collection.Baseline
}

// learn lets the baselines grow by a sign-in that was not itself suspicious.
func (c *Detector) learn(d *profile, ev *event.Event, places *[6]eventFeature) {
	at := ev.Time.UnixMilli()
	if ev.Family == event.Tool || d.suspicious(at) || c.fromAttack(d, ev) {
		return
	}
	if k := c.clientOf(ev); k != (event.ClientKey{}) {
		c.seen(d, ev, c.linkOf(k))
	}
	for i := range places {
		p := &places[i]
		if p.key == 0 {
			continue
		}
		if d.baseline.Use(p.key, at, baseline.MaxFeatures) && !p.own {
			c.seen(d, ev, p.key)
		}
		c.nameOf(p, ev)
		for _, g := range d.groups {
			if !p.own {
				g.Use(p.key, at, baseline.MaxGroupFeatures)
			}
		}
	}
	ripening := c.policy.Collection.Baseline
	c.countBaseline(d, -1)
	d.baseline.SignIn(at, c.learning(d), requestLog(ev.Source))
	c.countBaseline(d, 1)
	if d.kind == aUser && ev.UserKind == event.UserPerson {
		c.population.AddAccount(d.key, at)
	}
	for _, g := range d.groups {
		g.SignIn(at, policyDays(ripening), true)
		g.Changed = true
	}
	if d.baseline.Days == 2 {
		c.profiles.Protect(d.key) // an account that lives: a flood must not push it out
	}
}
