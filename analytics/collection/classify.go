package collection

import (
	"slices"

	"redshank/analytics/alert"
	"redshank/analytics/baseline"
	"redshank/analytics/event"
)

// The classes of AN0131.
const (
	classScripted = "scripted_mail_access"
	classReplay   = "session_replay"
	classApp      = "application_mail_access"
	classExport   = "mailbox_export"
	classTool     = "collection_tool"
	classMailRule = "mail_diversion"
)

// kindSet is a set of kinds of signals, a bit each.
type kindSet uint64

const _ = uint(64 - signalKinds) // no more kinds than bits

func setOf(kinds ...signalKind) (s kindSet) {
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

// has reports whether the set contains any of the kinds.
func (s kindSet) has(kinds ...signalKind) bool { return s&setOf(kinds...) != 0 }

// kindOf maps each signal code to its kind.
var kindOf = func() map[string]signalKind {
	kinds := map[string]signalKind{}
	for kind, code := range signalCodes {
		kinds[code] = signalKind(kind)
	}
	return kinds
}()

// halves reports which halves of the chain are present.
func (s kindSet) halves() (signIn, access bool) {
	return s&^accessKinds != 0, s&accessKinds != 0
}

// classify sets the class, severity, source, maturity and confidence of an
// incident from its current signals.
func (c *Detector) classify(i *theft, d *profile) {
	i.appSubject = i.Account == "" && d.kind == anApp
	kinds := i.kinds()
	i.Class = collectionClass(i, kinds)
	i.Severity = max(i.Severity, c.severity(i, d, kinds))
	if k := c.client(d); k != (event.ClientKey{}) && i.Client != k.Addr() {
		i.Client = k.Addr()
		i.Location, i.Labels = c.policy.Locate(i.Client), c.policy.NetworkLabels(i.Client)
	}
	i.baseline = c.maturity(d)
	i.confidence = c.confidence(kinds, d)
}

// collectionClass names an incident by its strongest part.
func collectionClass(i *theft, kinds kindSet) string {
	switch {
	case kinds.has(scriptTool, accessTool):
		return classTool
	case kinds.has(mailExport):
		return classExport
	case i.appSubject:
		return classApp
	case kinds.has(sessionMoved):
		return classReplay
	case kinds.has(ruleHides, ruleForwards) && !kinds.has(accessScript, accessNoAgent, accessMailboxes):
		return classMailRule
	case i.appSubject, kinds.has(mailConsent) && kinds.has(accessForeignApp):
		return classApp
	}
	return classScripted
}

// byProgram are the signals that honest programs give, too: a backup, a migration.
var byProgram = setOf(accessMailboxes, accessScript, accessNoAgent, accessItems, accessForeignApp, accessNewApp, accessSync, accessVolume, accessRegular, accessBulk, accessOrdinary)

// severity returns the severity of an incident. Signals of both halves mean a theft
// in progress. A program that reads many mailboxes, without any other signal, is
// only a question: most such programs are a backup or a new product.
func (c *Detector) severity(i *theft, d *profile, kinds kindSet) alert.Severity {
	signIn, access := kinds.halves()
	program := kinds&accessKinds&^byProgram == 0
	switch {
	case d.kind == anApp && program && kinds&^(accessKinds|setOf(mailConsent)) == 0 && !c.phished(d, kinds):
		return alert.Low
	case signIn && access && (i.privileged || kinds.has(signInFromAttack, mailExport, accessMailboxes)):
		return alert.Critical
	case signIn && access, kinds.has(scriptTool, accessTool):
		return alert.High
	case d.kind == anApp, program && kinds.has(accessMailboxes) && !d.baseline.IsMature(i.Start):
		return alert.Low
	}
	return alert.Medium
}

// phished reports whether an application looks like one that a phished account
// let in: it reads one mailbox through, and hardly anybody else uses it.
func (c *Detector) phished(d *profile, kinds kindSet) bool {
	return d.kind == anApp && kinds.has(mailConsent) && kinds.has(accessBulk, accessScript) && d.mailboxCount() <= 2
}

// confidence returns the confidence in an incident, 0 to 1. It is higher with
// both halves and with signals that need no baseline, and lower if a group's
// baseline was used or networks were identified by prefix.
func (c *Detector) confidence(kinds kindSet, d *profile) float64 {
	signIn, access := kinds.halves()
	// The figures only order alerts among each other; nothing is decided by them.
	sure := 50
	if signIn && access {
		sure += 20
	}
	if kinds.has(sessionMoved, signInFromAttack, signInTool, accessTool, scriptTool, impossibleTravel) {
		sure += 20
	}
	compared := kinds.has(newNetwork, newCountry, newDevice, newFamily, newApp, newHour, accessVolume)
	switch {
	case compared && d.baseline.Mature == 0:
		sure -= 10
	case compared && d.baseline.Mature != 0:
		sure += 5
	}
	if kinds.has(newNetwork, sessionMoved) && !c.policy.HasOwners() {
		sure -= 10
	}
	return float64(min(sure, 95)) / 100
}

// maturity describes the maturity of the baselines used for an incident.
func (c *Detector) maturity(d *profile) string {
	if d.kind == aHost {
		return ""
	}
	ripening := c.policy.Collection.Baseline
	if d.kind == anApp {
		ripening = policyDays(ripening)
	}
	says := d.baseline.Describe(ripening)
	if slices.ContainsFunc(d.groups, func(g *baseline.Baseline) bool { return g.Mature != 0 }) && d.baseline.Mature == 0 {
		says += "; the group's baseline is mature and counts half"
	}
	if !c.policy.HasOwners() {
		says += "; networks by prefix, no database of their owners"
	}
	return says
}

// classTechniques are the ATT&CK ids of the classes.
var classTechniques = map[string]string{
	classScripted: "T1114.002",
	classReplay:   "T1114.002",
	classApp:      "T1114.002",
	classExport:   "T1114.002",
	classTool:     "T1114.002",
	classMailRule: "T1114.003",
}
