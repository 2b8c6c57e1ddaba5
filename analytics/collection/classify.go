package collection

import (
	"slices"

	"redshank/analytics/alert"
	"redshank/analytics/baseline"
	"redshank/analytics/collection/theft"
	"redshank/analytics/event"
	"redshank/analytics/policy"
)

// classify sets the class, severity, source, maturity and confidence of an
// incident from its current signals.
func classify(p *policy.Policy, i *theft.Theft, d *profile) {
	i.AppSubject = i.Account == "" && d.kind == anApp
	kinds := kindsOf(i)
	i.Class = collectionClass(i, kinds)
	if i.Joined > 0 {
		kinds = kindsFrom(i, d) // the signals of several people make no theft together
	}
	i.Severity = max(i.Severity, severity(i, d, kinds))
	if k := sourceOf(i, d); k != (event.ClientKey{}) && i.Client != k.Addr() && i.Joined == 0 {
		i.Client = k.Addr()
		i.Location, i.Labels = p.Locate(i.Client), p.NetworkLabels(i.Client)
	}
	i.Baseline = maturity(p, d)
	i.Confidence = confidence(p, kinds, d)
}

// kindsOf returns the kinds of an incident's signals. It takes a map look-up per
// signal.
func kindsOf(i *theft.Theft) (s kindSet) {
	for n := range i.Signals {
		if kind, ok := kindOf[i.Signals[n].Code]; ok {
			s |= 1 << kind
		}
	}
	return s
}

// kindsFrom returns the kinds of the signals that a subject has in an incident.
func kindsFrom(i *theft.Theft, d *profile) (s kindSet) {
	for n := range d.observations {
		if o := &d.observations[n]; o.theft == i && o.weight > 0 {
			s |= 1 << o.kind
		}
	}
	return s
}

// collectionClass returns the class of an incident, which is that of its strongest
// signals.
func collectionClass(i *theft.Theft, kinds kindSet) string {
	switch {
	case kinds.has(scriptTool, accessTool):
		return theft.ClassTool
	case kinds.has(mailExport):
		return theft.ClassExport
	case i.AppSubject:
		return theft.ClassApp
	case kinds.has(sessionMoved), i.Account == "" && i.Subject == "" && i.Joined == 0:
		return theft.ClassReplay
	case kinds.has(accessOrdinary) && kinds&^(everyday|ofTravel|readByHand|setOf(signInFromAttack, signInAfterFailures)) == 0:
		return theft.ClassReplay
	case kinds.has(ruleHides, ruleForwards) && !kinds.has(accessScript, accessNoAgent, accessMailboxes):
		return theft.ClassMailRule
	case kinds.has(mailConsent) && kinds.has(accessForeignApp):
		return theft.ClassApp
	}
	return theft.ClassScripted
}

// byProgram are the signals that legitimate programs give, too: a backup, a
// migration.
var byProgram = setOf(accessMailboxes, accessScript, accessNoAgent, accessItems, accessForeignApp, accessNewApp, accessSync, accessVolume, accessRegular, accessBulk, accessOrdinary, accessMany, accessGraph)

// severity returns the severity of an incident. Signals of both halves mean a theft
// in progress. A program that reads many mailboxes, without any other signal, is
// only a question: most such programs are a backup or a new product.
func severity(i *theft.Theft, d *profile, kinds kindSet) alert.Severity {
	if kinds.has(accessMailboxes) && !d.Baseline.IsMature(i.Start) {
		kinds &^= setOf(signInROPC, signInLegacy, mailSearch) // how a new service account signs in and lists mail
	}
	signIn, access := kinds.halves()
	program := kinds&accessKinds&^byProgram == 0
	switch {
	case d.kind == anApp && program && kinds&^(accessKinds|letIn(kinds)) == 0 && !phished(d, kinds):
		return alert.Low
	case signIn && access && (i.Privileged || kinds.has(signInFromAttack, mailExport, accessMailboxes)):
		return alert.Critical
	case signIn && access && kinds&^ofTravel == 0 && i.OfCloud():
		return alert.Low
	case signIn && access && kinds&^(ofTravel|setOf(accessSync)) == 0 && i.OfCloud():
		return alert.Medium
	case signIn && access && kinds&oddSession == 0 && kinds&accessKinds&^(readByHand&^setOf(accessVolume)) == 0:
		return alert.Medium // abroad, with something new beside: a theft, or a journey
	case signIn && access, kinds.has(scriptTool, accessTool, exportToWeb), kinds.has(accessVolume) && kinds.has(ruleHides, ruleForwards):
		return alert.High
	case d.kind == anApp, program && kinds.has(accessMailboxes) && !d.Baseline.IsMature(i.Start):
		return alert.Low
	}
	return alert.Medium
}

// ofTravel are the signals of a person who travels, or begins to use a VPN service, and
// looks at mail with the usual client. In the logs of a server, mail that was opened with
// a browser counts only once there are many requests.
var ofTravel = setOf(newNetwork, newCountry, newHour, impossibleTravel, signInRented, accessOrdinary)

// readByHand are the signals of mail that was opened with a browser.
var readByHand = setOf(accessOrdinary, accessMany, accessNewApp, accessVolume)

// letIn returns the signals of the sign-in half that an application gives which somebody
// let in at work. In a small tenant nobody else uses a new product, its programs are
// scripts, and the administrator who lets it in moves between networks.
func letIn(kinds kindSet) kindSet {
	if !kinds.has(mailConsent) {
		return 0
	}
	return everyday | setOf(mailConsent, newNetwork, sessionMoved, signInScript)
}

// phished reports whether an application looks like one that a phished account
// consented to: the application reads the account's mailbox through, or is a script,
// hardly anybody else uses it, and it reads the mail of few others than those who let
// it in.
func phished(d *profile, kinds kindSet) bool {
	if d.kind != anApp || !kinds.has(mailConsent) || d.Accounts.Full() || d.PerDay.Most() > max(fewMailboxes, d.Accounts.Count()) {
		return false
	}
	return kinds.has(accessScript) || slices.ContainsFunc(d.observations, func(n observation) bool { return n.kind == accessBulk && !n.half })
}

// confidence returns the confidence in an incident, 0 to 1. It is higher with
// both halves and with signals that need no baseline, and lower if a group's
// baseline was used or networks were identified by prefix.
func confidence(p *policy.Policy, kinds kindSet, d *profile) float64 {
	signIn, access := kinds.halves()
	// The confidence only orders alerts; no decision depends on it.
	percent := 50
	if signIn && access {
		percent += 20
	}
	if kinds.has(sessionMoved, signInFromAttack, signInTool, accessTool, scriptTool, impossibleTravel) {
		percent += 20
	}
	compared := kinds.has(newNetwork, newCountry, newDevice, newFamily, newApp, newHour, accessVolume)
	switch {
	case compared && d.Baseline.Mature == 0:
		percent -= 10
	case compared && d.Baseline.Mature != 0:
		percent += 5
	}
	if kinds.has(newNetwork, sessionMoved) && !p.HasOwners() {
		percent -= 10
	}
	return float64(min(percent, 95)) / 100
}

// maturity describes the maturity of the baselines used for an incident.
func maturity(p *policy.Policy, d *profile) string {
	if d.kind == aHost || d.kind == anAddress {
		return ""
	}
	period := p.Collection.Baseline
	if d.kind == anApp {
		period = daysOnly(period)
	}
	text := d.Baseline.Describe(period)
	if slices.ContainsFunc(d.Groups, func(g *baseline.Baseline) bool { return g.Mature != 0 }) && d.Baseline.Mature == 0 {
		text += "; the group's baseline is mature and counts half"
	}
	if !p.HasOwners() {
		text += "; networks by prefix, no database of their owners"
	}
	return text
}

// sourceOf returns the client from which mail was read: the one whose access weighs
// most or, without access, the one whose sign-ins weigh most; the earlier of two
// equals. The client of an account that let an application in, or gave it a key,
// comes last.
func sourceOf(i *theft.Theft, d *profile) (from event.ClientKey) {
	heaviest, earliest := 0, int64(0)
	part, done := d.partOf(i), indexSet(0)
	for at := range part.all() {
		n := &d.observations[at]
		if n.client == (event.ClientKey{}) || done&(1<<at) != 0 {
			continue
		}
		done |= n.beside
		weight, first := against(d, part&n.beside)
		if weight > heaviest || weight == heaviest && first < earliest {
			from, heaviest, earliest = n.client, weight, first
		}
	}
	return from
}

// against returns the weight of observations of one client, and the time of the first.
// Access counts before all sign-ins.
func against(d *profile, list indexSet) (weight int, first int64) {
	var s correlation
	granted := 0
	for at := range list.all() {
		n := &d.observations[at]
		if first == 0 || n.first < first {
			first = n.first
		}
		if n.grant || grants.has(n.kind) {
			granted = 1
		} else {
			s.add(n.kind, n.weight)
		}
	}
	return 100_000*s.access + 10*s.signIn + granted, first
}

// fewMailboxes is the number of mailboxes up to which the incident of an application
// is about the account that let the application in.
const fewMailboxes = 2
