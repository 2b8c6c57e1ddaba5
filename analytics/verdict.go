package analytics

import (
	"fmt"
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
func (i *incident) signal(s Signal) {
	same := 0
	for _, have := range i.signals {
		if have.Code == s.Code {
			if have.Detail == s.Detail {
				return
			}
			same++
		}
	}
	if same < 3 && len(i.signals) < 2*maxListed {
		i.signals = append(i.signals, s)
	}
}

func (i *incident) mailbox(key uint64) {
	if i.mailboxes.Add(key) {
		i.counts.Mailboxes = i.mailboxes.Count()
		i.told.newest = false
	}
}

func (i *incident) has(kinds ...signalKind) bool {
	return slices.ContainsFunc(i.signals, func(s Signal) bool {
		return slices.ContainsFunc(kinds, func(k signalKind) bool { return signals[k].Code == s.Code })
	})
}

// halves tells which halves of the chain an incident has.
func (i *incident) halves() (signIn, access bool) {
	for k := range signals {
		if i.has(signalKind(k)) {
			signIn = signIn || !signals[k].Access
			access = access || signals[k].Access
		}
	}
	return signIn, access
}

// collectionClass names an incident by its strongest part.
func collectionClass(i *incident, d *dossier) string {
	switch {
	case i.has(scriptTool, accessTool):
		return classTool
	case i.has(mailExport):
		return classExport
	case i.has(sessionMoved):
		return classReplay
	case d.kind == anApp, i.has(mailConsent) && i.has(accessForeignApp):
		return classApp
	case i.has(ruleHides, ruleForwards) && !i.has(accessScript, accessNoAgent):
		return classMailRule
	}
	return classScripted
}

// collectionSeverity: both halves are a theft in progress. An application that
// reads many mailboxes with nothing else against it is a question: most are
// somebody's backup.
func collectionSeverity(i *incident, d *dossier) Severity {
	signIn, access := i.halves()
	switch {
	case signIn && access && (i.privilegedSubject || i.has(signInFromAttack, mailExport, accessMailboxes)):
		return Critical
	case signIn && access, i.has(scriptTool, accessTool):
		return High
	case d.kind == anApp:
		return Low
	}
	return Medium
}

// collectionSentence says who read what and why that is remarkable.
func collectionSentence(a *Alert) string {
	var b strings.Builder
	b.WriteString(strings.ToUpper(a.Class[:1]) + strings.ReplaceAll(a.Class[1:], "_", " "))
	if a.User != nil {
		fmt.Fprintf(&b, " as %s", a.User.display())
	} else if len(a.Hosts) > 0 && a.Subject == a.Hosts[0] {
		fmt.Fprintf(&b, " on %s", a.Subject)
	} else {
		fmt.Fprintf(&b, " by application %s", a.Subject)
	}
	if a.Source.IsValid() {
		fmt.Fprintf(&b, " from %s", a.Source)
	}
	if a.Counts.Items > 0 || a.Counts.Mailboxes > 1 {
		fmt.Fprintf(&b, ", %s of %s", plural(a.Counts.Items, "item", "items"), plural(max(a.Counts.Mailboxes, 1), "mailbox", "mailboxes"))
	}
	fmt.Fprintf(&b, " in %s: %s", span(a.End.Sub(a.Start)), reasons(a))
	return b.String()
}

// reasons are the three heaviest signals in words.
func reasons(a *Alert) string {
	list := slices.Clone(a.Signals)
	slices.SortStableFunc(list, func(x, y Signal) int { return y.Weight - x.Weight })
	var said []string
	for _, s := range list {
		if text := says(s.Code); !slices.Contains(said, text) && len(said) < 3 {
			said = append(said, text)
		}
	}
	return strings.Join(said, "; ")
}

func says(code string) string {
	for k := range signals {
		if signals[k].Code == code {
			return signals[k].Says
		}
	}
	return code
}
