package collection

import (
	"bytes"
	"strings"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/policy"
)

// mailboxChanges judges changes of mailboxes, applications and the directory.
type mailboxChanges struct {
	policy   *policy.Policy
	subjects *subjects
	networks *networks
	weights  *weights
	evidence *evidence
	signIns  *signIns
}

// observe records signals of changes to mailboxes, applications and the directory.
func (c *mailboxChanges) observe(d *profile, ev *event.Event) {
	if ev.Outcome == event.Failure {
		return
	}
	group := c.policy.OperationGroup(ev.Operation)
	if group == "" {
		group = c.policy.CmdletGroup(ev.Operation)
	}
	meaning, ok := changes[group]
	if !ok {
		return
	}
	kind := meaning(c.policy, ev)
	if kind == signalKinds {
		return
	}
	c.evidence.alias(d, ev)
	w := c.networks.contextOf(ev)
	features := featuresOf(ev, &w)
	c.signIns.compare(d, ev, features[:2]) // agent and application there are often the portal's own
	c.signIns.rentedNetwork(d, ev, &w, d.suspicious(ev.Time.UnixMilli()))
	detail := firstOf(chosen(ev.Detail), ev.Operation)
	if app := ev.Target; (kind == mailConsent || kind == appCredentials) && len(app) == len(appID) && d.kind == aUser {
		c.grant(d, ev, c.evidence.observationOf(ev, kind), detail)
		return
	}
	n := c.evidence.observationOf(ev, kind)
	n.half = kind == mailExport && complianceSearch(ev.Operation) || kind == ruleHides && filesAway(ev.Detail)
	c.evidence.record(d, n, detail, ev)
}

// complianceSearch reports whether an export is that of a compliance search, which
// needs a role of its own and counts half.
func complianceSearch(operation []byte) bool {
	return bytes.Contains(operation, []byte("Compliance")) || bytes.HasPrefix(operation, []byte("Search"))
}

// grant raises the signal of an application that is let in, or given a key: on the
// account and on the application. The application also gets the observations of the
// account's abnormal sign-in.
func (c *mailboxChanges) grant(d *profile, ev *event.Event, n observation, detail []byte) {
	app, target := baseline.Key(baseline.App, ev.Target), c.subjects.profile(anApp, ev.Target)
	target.Accounts.Add(d.key)
	c.subjects.changed(target)
	n.links[2] = event.SaltedHash('a', ev.Target)
	if n.kind == mailConsent {
		n.feature = app
	}
	c.evidence.record(d, n, detail, ev)
	c.evidence.record(target, n, detail, ev)
	if n.kind == mailConsent {
		c.weights.population.Add(baseline.Feature(app), d.key, ev.Time.UnixMilli())
	}
	for i := range d.observations {
		c.evidence.passOn(d, &d.observations[i], &n)
	}
}

// appID has the length of an application id.
const appID = "00000000-0000-0000-0000-000000000000"

// changes map the content's groups of operations and cmdlets to functions that return
// the signal of an event, or signalKinds for none.
var changes = map[string]func(*policy.Policy, *event.Event) signalKind{
	"mail_rule":       ruleKind,
	"mail_forward":    mailboxKind,
	"mail_permission": permissionKind,
	"mail_role":       roleKind,
	"mail_audit":      auditKind,
	"mail_export":     always(mailExport),
	"mail_search":     always(mailSearch),
	"consent":         consentKind,
	"app_credential":  always(appCredentials),
	"app_change":      appKind,
}

// always returns a function that returns kind for every event.
func always(kind signalKind) func(*policy.Policy, *event.Event) signalKind {
	return func(*policy.Policy, *event.Event) signalKind { return kind }
}

// ruleKind returns the signal of an inbox rule, signalKinds for an ordinary one
// that sorts mail into folders.
func ruleKind(_ *policy.Policy, ev *event.Event) signalKind {
	detail := bytes.ToLower(ev.Detail)
	switch {
	case forwards(detail, ev):
		return ruleForwards
	case holdsAny(detail, "deletemessage=true", `deletemessage "true`, "deletemessage $true", "deletemessage:$true", "markasread", "rss", "conversation history"),
		holdsAny(detail, "movetofolder", "destinationfolder") && holdsAny(detail, "junk", "archive", "deleted items"):
		return ruleHides
	}
	return signalKinds
}

// filesAway reports whether a rule merely moves mail that it marks as read to a folder
// of its own, as many rules for newsletters do. Such a rule counts half.
func filesAway(detail []byte) bool {
	return !holdsAny(bytes.ToLower(detail), "deletemessage", "rss", "conversation history", "junk", "archive", "deleted items")
}

// mailboxKind returns the signal of a Set-Mailbox call: forwarding, delegation or
// disabled auditing.
func mailboxKind(_ *policy.Policy, ev *event.Event) signalKind {
	detail := bytes.ToLower(ev.Detail)
	switch {
	case forwards(detail, ev):
		return ruleForwards
	case endsAuditing(detail):
		return accessThrottled
	case holdsAny(detail, "grantsendonbehalfto"):
		return mailPermission
	}
	return signalKinds
}

// auditKind returns the signal of a change that turns auditing off, for mailboxes or
// for the tenant.
func auditKind(_ *policy.Policy, ev *event.Event) signalKind {
	if endsAuditing(ev.Detail) || bytes.EqualFold(ev.Operation, []byte("Disable-UnifiedAuditLog")) {
		return accessThrottled
	}
	return signalKinds
}

// endsAuditing reports whether parameters turn auditing off. They come as
// AuditEnabled=False from the audit log, and as -AuditEnabled $false, "False" or
// :$false from cmdlets, so punctuation between name and value is removed first.
func endsAuditing(detail []byte) bool {
	plain := bytes.Map(func(r rune) rune {
		if strings.ContainsRune("\"': =$", r) {
			return -1
		}
		return r
	}, bytes.ToLower(detail))
	return holdsAny(plain, "auditenabledfalse", "auditbypassenabledtrue", "unifiedauditlogingestionenabledfalse", "adminauditlogenabledfalse", "auditdisabledtrue")
}

// forwards reports whether parameters forward mail outside the mailbox's own domain
// and its subdomains. A target without a domain counts as outside.
func forwards(detail []byte, ev *event.Event) bool {
	for _, mark := range [...]string{"forwardto", "redirectto", "redirectmessageto", `"recipients"`, "forwardasattachmentto", "blindcopyto", "copyto=", "forwardingsmtpaddress", "forwardingaddress"} {
		at := bytes.Index(detail, []byte(mark))
		if at < 0 {
			continue
		}
		target, _, _ := bytes.Cut(detail[at+len(mark):], []byte("; "))
		if target = bytes.Trim(target, ` ="':-$`); len(target) == 0 || string(target) == "null" {
			continue // the forwarding is removed
		}
		if !allWithin(target, ownDomain(ev)) {
			return true
		}
	}
	return false
}

// ownDomain returns the domain of the mailbox or, without one, of the account.
func ownDomain(ev *event.Event) []byte {
	for _, account := range [...][]byte{ev.Mailbox, ev.User} {
		if at := bytes.LastIndexByte(account, '@'); at >= 0 {
			return account[at+1:]
		}
	}
	return nil
}

// allWithin reports whether every address of a list is in a domain or a subdomain
// of it.
func allWithin(list, domain []byte) bool {
	if len(domain) == 0 || !bytes.Contains(list, []byte("@")) {
		return false
	}
	for len(list) > 0 {
		at := bytes.IndexByte(list, '@')
		if at < 0 {
			return true
		}
		list = list[at+1:]
		end := bytes.IndexFunc(list, func(r rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789.-", r) })
		if end < 0 {
			end = len(list)
		}
		host, ok := bytes.CutSuffix(list[:end], domain)
		if !ok || len(host) > 0 && host[len(host)-1] != '.' {
			return false
		}
		list = list[end:]
	}
	return true
}

// permissionKind returns the signal of a permission to read mail. Sharing a calendar
// is ordinary.
func permissionKind(_ *policy.Policy, ev *event.Event) signalKind {
	if bytes.Contains(ev.Detail, []byte(`\Calendar`)) {
		return signalKinds
	}
	return mailPermission
}

// roleKind returns the signal of a role that gives access to mailboxes.
func roleKind(_ *policy.Policy, ev *event.Event) signalKind {
	if holdsAny(bytes.ToLower(ev.Detail), "impersonation", "mailbox import export", "mailbox search", "organization management", "discovery management", "full_access_as_app", "mail.") {
		return mailPermission
	}
	return signalKinds
}

// consentKind returns the signal of scopes and roles that give access to mail. The
// OpenID scope "email" does not.
func consentKind(p *policy.Policy, ev *event.Event) signalKind {
	if p.MailScope(ev.Detail) {
		return mailConsent
	}
	return signalKinds
}

// appKind returns the signal of an application that gains access to mail or a
// credential, signalKinds for any other change.
func appKind(p *policy.Policy, ev *event.Event) signalKind {
	switch {
	case p.MailScope(ev.Detail):
		return mailConsent
	case holdsAny(ev.Detail, "KeyDescription", "PasswordCredential", "KeyCredential"):
		return appCredentials
	}
	return signalKinds
}

// holdsAny reports whether text contains any of the parts.
func holdsAny(text []byte, parts ...string) bool {
	for _, part := range parts {
		if bytes.Contains(text, []byte(part)) {
			return true
		}
	}
	return false
}
