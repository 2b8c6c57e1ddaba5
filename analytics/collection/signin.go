package collection

import (
	"bytes"

	"github.com/cespare/xxhash/v2"

	"redshank/analytics/baseline"
	"redshank/analytics/collection/behaviour"
	"redshank/analytics/event"
	"redshank/analytics/policy"
)

// signIns compares the sign-ins of a subject with its baseline, and teaches the
// baseline.
type signIns struct {
	policy   *policy.Policy
	subjects *subjects
	networks *networks
	weights  *weights
	evidence *evidence
	travel   *travel
	sessions *sessions
}

// observe compares a sign-in with what is usual and then learns from it.
func (c *signIns) observe(d *profile, ev *event.Event) {
	at := ev.Time.UnixMilli()
	if ev.Outcome == event.Failure {
		c.subjects.changed(d)
		c.travel.failed(d, at)
		return
	}
	if ev.Outcome != event.Success || c.same(ev, at) {
		return
	}
	// An incident that this sign-in opens does not keep the sign-in from being learned:
	// the order in which sign-ins and mail access arrive must not matter.
	suspicious := d.suspicious(at)
	read := c.subjects.known.learned.read || ev.Action == event.MailAccess
	c.subjects.known.learned = markOf(ev, at)
	c.subjects.known.learned.read = read
	c.subjects.changed(d)
	c.evidence.alias(d, ev)
	d.SignIns.Add(recentSignIn(ev))
	w := c.networks.contextOf(ev)
	features := featuresOf(ev, &w)
	device := features[2].key
	w.ownDevice = d.kind == aUser && device != 0 && d.Baseline.KnewBefore(device, at, c.policy.Collection.Baseline)
	if w.ownDevice {
		c.compare(d, ev, features[2:]) // wherever it is
	} else {
		c.compare(d, ev, features[:])
		c.rentedNetwork(d, ev, &w, suspicious)
		c.hour(d, ev)
		c.travel.check(d, ev, &w)
	}
	c.method(d, ev, &w)
	c.sessions.observe(d, ev, &w)
	if !suspicious {
		c.learn(d, ev, &features, w.ownDevice)
	}
}

func markOf(ev *event.Event, at int64) learnMark {
	return learnMark{at: at, device: deviceHash(ev), protocol: ev.Protocol, script: ev.Family == event.Scripting && !forPrograms(ev)}
}

// same reports whether a request matches one learned within SignInSpan and the same
// hour of the day, the common case on an Exchange server. It uses only data cached
// with the pair.
func (c *signIns) same(ev *event.Event, at int64) bool {
	last := c.subjects.known.learned
	since := at - last.at
	if !requestLog(ev.Source) || ev.Outcome != event.Success || since < 0 || since >= baseline.SignInSpan || at/event.Hour != last.at/event.Hour {
		return false
	}
	if since >= outlookSpan && (ev.Service == event.MAPI || ev.Service == event.RPC) {
		return false
	}
	mark := markOf(ev, last.at)
	mark.read = last.read || ev.Action == event.MailAccess
	if mark.device == 0 {
		mark.device = last.device // most requests of a telephone name it, a few do not
	}
	_, held := c.subjects.profiles.StillValid(&c.subjects.known.profile)
	return held && mark == last
}

// outlookSpan is the time after which a request of Outlook shows that it has a mailbox
// open, in milliseconds. A first synchronisation takes minutes.
const outlookSpan = 5 * 60 * 1000

// deviceHash returns a hash of the device, 0 if the event names none.
func deviceHash(ev *event.Event) uint32 {
	if len(ev.Device) == 0 {
		return 0
	}
	return uint32(xxhash.Sum64(ev.Device)) | 1
}

// compare records signals for features that are new to the account or, while its
// baseline is not mature, to its groups.
func (c *signIns) compare(d *profile, ev *event.Event, features []eventFeature) {
	period, at := d.learning(c.policy.Collection.Baseline), ev.Time.UnixMilli()
	for i := range features {
		p := &features[i]
		if p.key == 0 || p.signal == signalKinds {
			continue
		}
		switch {
		case d.Baseline.IsNew(p.key, at, period):
			c.evidence.raiseUnless(p.key, d, ev, p.signal, p.text(ev))
		case !d.Baseline.IsMature(at) && !p.own && d.newToGroups(p.key, at, c.policy.Collection.Baseline):
			n := c.evidence.observationOf(ev, p.signal)
			n.half, n.feature = true, p.key
			c.evidence.record(d, n, p.text(ev), ev)
		}
	}
}

// rentedNetwork raises a signal for a network of servers for rent or of a VPN
// service that is new to the account. Applications normally run in such networks.
func (c *signIns) rentedNetwork(d *profile, ev *event.Event, w *networkContext, suspicious bool) {
	at := ev.Time.UnixMilli()
	if d.kind != aUser || w.usual || w.network == 0 || !c.networks.rented(ev.IP) {
		return
	}
	if period := c.policy.Collection.Baseline; d.Baseline.IsNew(w.network, at, period) && !d.Baseline.KnewBefore(anyRented, at, period) {
		c.evidence.raiseUnless(w.network, d, ev, signInRented, nil)
	}
	if !suspicious && !c.networks.onServer(ev) && !c.evidence.fromAttack(d, ev) {
		d.Baseline.Use(anyRented, at, baseline.MaxFeatures)
	}
}

// hour records a signal for a sign-in at an unusual hour.
func (c *signIns) hour(d *profile, ev *event.Event) {
	if d.kind == aUser && d.Baseline.IsNewHour(ev.Time.UnixMilli(), c.policy.Collection.Baseline) {
		c.evidence.raise(d, ev, newHour, ev.Time.UTC().AppendFormat(nil, "15:04 MST"))
	}
}

// forPrograms reports whether a service is used only by programs. Each request
// there carries credentials, and access signals already cover programs.
func forPrograms(ev *event.Event) bool {
	return ev.Service == event.PowerShell ||
		requestLog(ev.Source) && (ev.Service == event.EWSService || ev.Service == event.Autodiscover || ev.Service == event.REST)
}

// method records signals for the authentication method, unless the method is usual
// for the account. A scripting agent is no signal for an application, which is a
// program anyway.
func (c *signIns) method(d *profile, ev *event.Event, w *networkContext) {
	switch {
	case ev.Family == event.Tool:
		c.evidence.raise(d, ev, signInTool, ev.AgentText())
	case ev.Family == event.Legacy:
		c.evidence.raiseUnless(baseline.Key(baseline.Family, []byte{byte(ev.Family)}), d, ev, signInLegacy, ev.AgentText())
	case d.kind == aUser && ev.Family == event.Scripting && !forPrograms(ev):
		c.byScript(d, ev, w)
	}
	switch key := methodKey(ev); protocolOf(ev) {
	case event.ROPC:
		c.evidence.raiseUnless(key, d, ev, signInROPC, firstOf(ev.App, ev.AgentText()))
	case event.DeviceCode:
		c.evidence.raiseUnless(key, d, ev, signInDeviceCode, firstOf(ev.App, ev.AgentText()))
	case event.LegacyAuth:
		c.evidence.raiseUnless(key, d, ev, signInLegacy, firstOf(ev.Client, ev.AgentText()))
	}
}

// byScript raises a signal for a scripting agent. In a familiar network, and for a
// program with which the account has long signed in elsewhere, the signal counts half.
// PowerShell, which administrators use, gives none in a familiar network.
func (c *signIns) byScript(d *profile, ev *event.Event, w *networkContext) {
	at, familiar := ev.Time.UnixMilli(), c.familiar(d, ev, w)
	n := c.evidence.observationOf(ev, signInScript)
	n.feature = readerKey(ev, ev.AgentText(), w)
	anywhere := readerKey(ev, ev.AgentText(), &networkContext{})
	n.half = familiar || d.Baseline.KnewBefore(anywhere, at, c.policy.Collection.Baseline)
	if !familiar || !bytes.Contains(ev.AgentText(), []byte("PowerShell")) {
		c.evidence.record(d, n, ev.AgentText(), ev)
	}
	if d.suspicious(at) || c.evidence.fromAttack(d, ev) {
		return
	}
	for _, key := range [...]uint64{n.feature, anywhere} {
		if d.Baseline.Use(key, at, baseline.MaxFeatures) {
			c.weights.seen(d, ev, key)
		}
	}
}

// familiar reports whether the network is usual for the account or for many others.
func (c *signIns) familiar(d *profile, ev *event.Event, w *networkContext) bool {
	at := ev.Time.UnixMilli()
	return w.usual || w.network != 0 && (d.Baseline.KnewBefore(w.network, at, c.policy.Collection.Baseline) || float64(c.weights.others(d, newNetwork, w.network, clientOf(ev), at)) >= c.weights.common())
}

// learn adds a sign-in to the baselines of the account and its groups, unless it was
// made by an attack tool or from the client of an attack. Those who sign in there with
// devices of their own, and those whose password the attack does not have, count
// nevertheless: an address that many of them use is an office, whose sign-ins are learned.
func (c *signIns) learn(d *profile, ev *event.Event, features *[6]eventFeature, ownDevice bool) {
	at := ev.Time.UnixMilli()
	if ev.Family == event.Tool {
		return
	}
	attack := c.evidence.attackOf(d, ev)
	if attack != nil && !ownDevice && (ev.Family == event.Scripting || attack.Valid.Has(ev.UserHash())) {
		return
	}
	if k, day := clientOf(ev), at/event.Day; k != (event.ClientKey{}) && c.subjects.known.counted != day {
		c.subjects.known.counted = day
		c.weights.seen(d, ev, linkOf(c.policy, k))
	}
	if attack != nil && c.weights.rareAddress(d, ev.IP.As16(), at) { // still
		return
	}
	for i := range features {
		p := &features[i]
		if p.key == 0 {
			continue
		}
		if d.Baseline.Use(p.key, at, baseline.MaxFeatures) {
			if !p.own {
				c.seen(d, ev, p)
			}
			c.networks.learnName(p, ev)
		}
		for _, g := range d.Groups {
			if !p.own {
				g.Use(p.key, at, baseline.MaxGroupFeatures)
			}
		}
	}
	c.subjects.countBaseline(d, -1)
	d.Baseline.SignIn(at, d.learning(c.policy.Collection.Baseline), requestLog(ev.Source))
	c.subjects.countBaseline(d, 1)
	if d.kind == aUser && ev.UserKind == event.UserPerson {
		c.weights.population.AddAccount(d.key, at)
	}
	for _, g := range d.Groups {
		g.SignIn(at, daysOnly(c.policy.Collection.Baseline), true)
		g.Changed = true
	}
	if d.Baseline.Days == 2 {
		c.subjects.profiles.Protect(d.key) // an account in use: a flood of new accounts must not evict it
	}
}

// gatewayUsers is the number of accounts from which a rented server is taken for a gateway,
// which the organisation or a provider of it runs there.
const gatewayUsers = 5

// seen counts the account of a sign-in as a user of a feature. A rented server makes it a
// user of the servers nearby, too. A program and a gateway say nothing about the other
// servers of their owner.
func (c *signIns) seen(d *profile, ev *event.Event, p *eventFeature) {
	nearby := c.networks.serversOf(clientOf(ev))
	if p.signal != newNetwork || nearby == 0 {
		c.weights.seenAs(d, ev, p.key, p.key)
		return
	}
	c.weights.seenAs(d, ev, p.key, nearby)
	switch {
	case c.networks.onServer(ev):
	case c.weights.population.Users(baseline.Feature(nearby), ev.Time.UnixMilli()) >= gatewayUsers:
		c.weights.forget(d, p.key)
	default:
		c.weights.seenAs(d, ev, p.key, p.key)
	}
}

func recentSignIn(ev *event.Event) behaviour.SignIn {
	v := behaviour.SignIn{At: ev.Time.UnixMilli(), Service: ev.Service, Family: ev.Family}
	if ev.IP.IsValid() {
		v.Client = event.ClientKey(ev.IP.As16())
	}
	return v
}
