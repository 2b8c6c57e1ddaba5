package analytics

import (
	"fmt"
	"redshank/analytics/alert"
	"slices"
	"strings"
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

// signal adds a signal to an incident once, and once more for each new detail
// up to a bound.
func (i *incident) addSignal(s alert.Signal) {
	same := 0
	for n := range i.signals {
		have := &i.signals[n]
		if have.Code != s.Code {
			continue
		}
		have.Weight = max(have.Weight, s.Weight)
		if have.Detail == s.Detail {
			return
		}
		same++
	}
	if same < 3 && len(i.signals) < 2*maxListed {
		i.signals = append(i.signals, s)
	}
}

func (i *incident) addMailbox(key uint64) {
	if i.mailboxes.Add(key) {
		i.counts.Mailboxes = i.mailboxes.Count()
		i.last.upToDate = false
	}
}

// kindSet is a set of kinds of signals, a bit each.
type kindSet uint64

const _ = uint(64 - signalKinds) // no more kinds than bits

func setOf(kinds ...signalKind) (s kindSet) {
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

// has tells whether one of the kinds is in the set.
func (s kindSet) has(kinds ...signalKind) bool { return s&setOf(kinds...) != 0 }

// kindOf is the kind behind each code.
var kindOf = func() map[string]signalKind {
	kinds := map[string]signalKind{}
	for kind, code := range signalCodes {
		kinds[code] = signalKind(kind)
	}
	return kinds
}()

// kinds are those of an incident's signals. Whoever asks for several asks once:
// it is a look into a map for each signal.
func (i *incident) kinds() (s kindSet) {
	for n := range i.signals {
		if kind, ok := kindOf[i.signals[n].Code]; ok {
			s |= 1 << kind
		}
	}
	return s
}

// halves tells which halves of the chain there are.
func (s kindSet) halves() (signIn, access bool) {
	return s&(1<<accessScript-1) != 0, s>>accessScript != 0
}

// conclude names an incident by what is known of it now, and says where it
// comes from and how much it can be relied on.
func (c *collection) classify(i *incident, d *profile) {
	i.appSubject = i.account == "" && d.kind == anApp
	kinds := i.kinds()
	i.class = collectionClass(i, kinds)
	i.severity = max(i.severity, collectionSeverity(i, kinds))
	if k := c.client(d); k != (ClientKey{}) && i.client != k.addr() {
		i.client = k.addr()
		i.location, i.labels = c.policy.Locate(i.client), c.policy.NetworkLabels(i.client)
	}
	i.baseline = c.maturity(d)
	i.confidence = c.confidence(kinds, d)
}

// collectionClass names an incident by its strongest part.
func collectionClass(i *incident, kinds kindSet) string {
	switch {
	case kinds.has(scriptTool, accessTool):
		return classTool
	case kinds.has(mailExport):
		return classExport
	case kinds.has(sessionMoved):
		return classReplay
	case kinds.has(ruleHides, ruleForwards) && !kinds.has(accessScript, accessNoAgent, accessMailboxes):
		return classMailRule
	case i.appSubject, kinds.has(mailConsent) && kinds.has(accessForeignApp):
		return classApp
	}
	return classScripted
}

// collectionSeverity: both halves are a theft in progress. An application that
// reads many mailboxes with nothing else against it is a question: most are
// somebody's backup.
func collectionSeverity(i *incident, kinds kindSet) alert.Severity {
	signIn, access := kinds.halves()
	switch {
	case signIn && access && (i.privilegedSubject || kinds.has(signInFromAttack, mailExport, accessMailboxes)):
		return alert.Critical
	case signIn && access, kinds.has(scriptTool, accessTool):
		return alert.High
	case i.appSubject:
		return alert.Low
	}
	return alert.Medium
}

// certainty is how far an incident can be relied on, 0 to 1: more with both
// halves and with what needs no baseline, less where a group's baseline spoke,
// or prefixes stood in for the owners of networks.
func (c *collection) confidence(kinds kindSet, d *profile) float64 {
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
	case compared && d.baseline.mature == 0:
		sure -= 10
	case compared && d.baseline.mature != 0:
		sure += 5
	}
	if kinds.has(newNetwork, sessionMoved) && !c.policy.HasOwners() {
		sure -= 10
	}
	return float64(min(sure, 95)) / 100
}

// howRipe says how ripe the baselines are that an incident was weighed by.
func (c *collection) maturity(d *profile) string {
	if d.kind == aHost {
		return ""
	}
	ripening := c.policy.Collection.Baseline
	if d.kind == anApp {
		ripening = policyDays(ripening)
	}
	says := d.baseline.describe(ripening)
	if slices.ContainsFunc(d.groups, func(g *baseline) bool { return g.mature != 0 }) && d.baseline.mature == 0 {
		says += "; its group's is ripe and counts half"
	}
	if !c.policy.HasOwners() {
		says += "; networks by prefix, no database of their owners"
	}
	return says
}

// finish fills in what only an alert of AN0131 has.
func (i *incident) fill(a *alert.Alert) {
	// Heaviest first, here and not when they are added: weights can still change
	// while the baseline of a group gives way to the account's own.
	slices.SortStableFunc(a.Signals, func(x, y alert.Signal) int { return y.Weight - x.Weight })
	a.Baseline, a.Confidence = i.baseline, i.confidence
	a.Message = collectionSentence(a)
}

// geo is where the client of an incident is.
func (i *incident) geo() (alert.Geo, alert.AS) {
	l := &i.location
	return alert.Geo{CountryISO: l.Country, City: l.City, Lat: l.Lat, Lon: l.Lon, Located: l.Located},
		alert.AS{Number: l.ASN, Organization: l.Organization}
}

// collectionSentence says who read what and why that is remarkable.
func collectionSentence(a *alert.Alert) string {
	var b strings.Builder
	b.WriteString(strings.ToUpper(a.Class[:1]) + strings.ReplaceAll(a.Class[1:], "_", " "))
	switch {
	case a.User != nil:
		fmt.Fprintf(&b, " as %s", a.User.DisplayName())
	case slices.Contains(a.Hosts, a.Subject):
		fmt.Fprintf(&b, " on %s", a.Subject)
	default:
		fmt.Fprintf(&b, " by application %s", a.Subject)
	}
	if a.Source.IsValid() {
		fmt.Fprintf(&b, " from %s", a.Source)
	}
	if a.Counts.Items > 0 || a.Counts.Mailboxes > 1 {
		fmt.Fprintf(&b, ", %s of %s", alert.Count(a.Counts.Items, "item", "items"), alert.Count(max(a.Counts.Mailboxes, 1), "mailbox", "mailboxes"))
	}
	fmt.Fprintf(&b, " in %s: %s", alert.Elapsed(a.End.Sub(a.Start)), reasons(a.Signals))
	return b.String()
}

// reasons are the three heaviest signals in words.
func reasons(heaviest []alert.Signal) string {
	var said []string
	for _, s := range heaviest {
		if !slices.Contains(said, s.Says) && len(said) < 3 {
			said = append(said, s.Says)
		}
	}
	return strings.Join(said, "; ")
}
