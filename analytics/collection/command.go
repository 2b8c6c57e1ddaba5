package collection

import (
	"bytes"

	"redshank/analytics/ascii"
	"redshank/analytics/baseline"
	"redshank/analytics/collection/change"
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
	does := change.Of(c.policy, ev)
	if does&change.ForwardsMail != 0 && c.toColleagues(ev) {
		does &^= change.ForwardsMail
	}
	kind := meaning(c.policy, ev, does)
	if kind == signalKinds {
		return
	}
	c.evidence.alias(d, ev)
	w := c.networks.contextOf(ev)
	features := featuresOf(ev, &w)
	c.signIns.compare(d, ev, features[:2]) // agent and application there are often the portal's own
	c.signIns.rentedNetwork(d, ev, &w, d.suspicious(ev.Time.UnixMilli()))
	detail := firstOf(change.Chosen(c.policy, ev.Detail), ev.Operation)
	if app := ev.Target; (kind == mailConsent || kind == appCredentials) && len(app) == len(appID) && d.kind == aUser {
		c.grant(d, ev, c.evidence.observationOf(ev, kind), detail)
		return
	}
	n := c.evidence.observationOf(ev, kind)
	n.half = kind == mailExport && complianceSearch(ev.Operation) || kind == ruleHides && does&change.DeletesMail == 0
	c.evidence.record(d, n, detail, ev)
	switch {
	case kind == mailExport && does&change.WritesProgram != 0:
		c.evidence.raise(d, ev, exportToWeb, detail)
	case (kind == ruleHides && !n.half || kind == ruleForwards) && does&change.NamesNothing != 0:
		c.evidence.raise(d, ev, ruleDisguised, detail)
	}
	if kind == mailPermission && d.kind == aUser && w.network != 0 {
		c.evidence.rightsUsed(d, ev, &w)
	}
	if does&change.OpensProtocol != 0 && len(ev.Mailbox) > 0 && string(ev.Mailbox) != d.subject {
		n.links[0] = 0 // the session is that of the administrator
		c.evidence.record(c.subjects.profile(aUser, ev.Mailbox), n, detail, ev)
	}
}

// toColleagues reports whether every address in a change is that of an account which has
// signed in here for a day, or while the tenant was learned. A change of a mailbox without a
// domain is compared with the domain of the administrator. This may be another than that of
// the mailboxes: a service provider's, or the tenant's first one.
func (c *mailboxChanges) toColleagues(ev *event.Event) bool {
	at := ev.Time.UnixMilli()
	least := at - event.Day
	if !c.weights.population.Learned(at, learningDays) {
		least = at
	}
	return change.AllAddresses(bytes.ToLower(ev.Detail), func(address []byte) bool {
		d, ok := c.subjects.profiles.Peek(subjectKey(aUser, address))
		return ok && d.Baseline.Began() != 0 && d.Baseline.Began() < least
	})
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
		n.grant = c.evidence.readsBeside(d, ev, &n)
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

// changes map the content's groups of operations and cmdlets to functions that return
// the signal of an event and its effects, or signalKinds for none.
var changes = map[string]func(*policy.Policy, *event.Event, change.Effect) signalKind{
	"mail_rule":       ruleKind,
	"mail_forward":    mailboxKind,
	"mail_permission": permissionKind,
	"mail_role":       roleKind,
	"mail_audit":      auditKind,
	"mail_device":     protocolKind,
	"mail_export":     always(mailExport),
	"mail_search":     always(mailSearch),
	"consent":         consentKind,
	"app_credential":  always(appCredentials),
	"app_change":      appKind,
}

// always returns a function that returns kind for every event.
func always(kind signalKind) func(*policy.Policy, *event.Event, change.Effect) signalKind {
	return func(*policy.Policy, *event.Event, change.Effect) signalKind { return kind }
}

// ruleKind returns the signal of an inbox rule, signalKinds for an ordinary one
// that sorts mail into folders. A rule that marks mail as read, as many rules for
// newsletters do, hides it, too, and counts half.
func ruleKind(_ *policy.Policy, _ *event.Event, does change.Effect) signalKind {
	switch {
	case does&change.ForwardsMail != 0:
		return ruleForwards
	case does&(change.DeletesMail|change.MarksRead) != 0:
		return ruleHides
	}
	return signalKinds
}

// mailboxKind returns the signal of a Set-Mailbox call: forwarding, delegation or
// disabled auditing.
func mailboxKind(_ *policy.Policy, _ *event.Event, does change.Effect) signalKind {
	switch {
	case does&change.ForwardsMail != 0:
		return ruleForwards
	case does&change.EndsAuditing != 0:
		return accessThrottled
	case does&change.Delegates != 0:
		return mailPermission
	}
	return signalKinds
}

// auditKind returns the signal of a change that turns auditing off, for mailboxes or
// for the tenant.
func auditKind(_ *policy.Policy, ev *event.Event, does change.Effect) signalKind {
	if does&change.EndsAuditing != 0 || bytes.EqualFold(ev.Operation, []byte("Disable-UnifiedAuditLog")) {
		return accessThrottled
	}
	return signalKinds
}

// protocolKind returns the signal of a protocol that is switched on for a mailbox and
// with which a program can read all of it.
func protocolKind(_ *policy.Policy, _ *event.Event, does change.Effect) signalKind {
	if does&change.OpensProtocol != 0 {
		return mailPermission
	}
	return signalKinds
}

// permissionKind returns the signal of a permission to read mail. Sharing a calendar
// is ordinary.
func permissionKind(_ *policy.Policy, ev *event.Event, _ change.Effect) signalKind {
	if bytes.Contains(ev.Detail, []byte(`\Calendar`)) {
		return signalKinds
	}
	return mailPermission
}

// roleKind returns the signal of a role that gives access to mailboxes.
func roleKind(p *policy.Policy, ev *event.Event, _ change.Effect) signalKind {
	if p.MailRole(bytes.ToLower(ev.Detail)) {
		return mailPermission
	}
	return signalKinds
}

// consentKind returns the signal of scopes and roles that give access to mail. The
// OpenID scope "email" does not.
func consentKind(p *policy.Policy, ev *event.Event, _ change.Effect) signalKind {
	if p.MailScope(ev.Detail) {
		return mailConsent
	}
	return signalKinds
}

// appKind returns the signal of an application that gains access to mail or a
// credential, signalKinds for any other change.
func appKind(p *policy.Policy, ev *event.Event, does change.Effect) signalKind {
	switch {
	case p.MailScope(ev.Detail):
		return mailConsent
	case does&change.AddsKey != 0:
		return appCredentials
	}
	return signalKinds
}

// scripts judges commands of PowerShell, and connections of the programs that run
// scripts.
type scripts struct {
	policy   *policy.Policy
	evidence *evidence
}

// observe records signals for tools and mail cmdlets logged by PowerShell: the
// command name of a pipeline (4103) or the text of a script block (4104).
func (c *scripts) observe(d *profile, ev *event.Event) {
	// The name of a tool is enough. The names of its functions add nothing, and a
	// loaded module would raise a signal for every cmdlet that it wraps.
	for _, text := range [...][]byte{ev.Detail, ev.Operation} {
		if tool := c.policy.ScriptTool(text); tool != "" {
			c.evidence.raise(d, ev, scriptTool, []byte(tool))
			return
		}
	}
	if len(ev.Operation) > 0 {
		c.cmdlet(d, ev, ev.Operation)
		return
	}
	commands(ev.Detail, func(name []byte) { c.cmdlet(d, ev, name) })
}

// scriptSignals are the signals of the groups of cmdlets that read, search or export
// mail. The other groups change mailboxes: they count where a server logs the change.
var scriptSignals = map[string]signalKind{"mail_export": mailExport, "mail_read": scriptMail, "mail_search": scriptMail}

// cmdlet records the signal of a cmdlet.
func (c *scripts) cmdlet(d *profile, ev *event.Event, name []byte) {
	if kind, ok := scriptSignals[c.policy.CmdletGroup(name)]; ok {
		c.evidence.raise(d, ev, kind, name)
	}
}

// commands calls f for each name in script text that looks like a command: Verb-Noun,
// not quoted and not being defined, since modules list all their functions.
func commands(text []byte, f func(name []byte)) {
	// A part of a script block has up to 32 KB. The bound limits the time; nothing is
	// copied.
	const maxText, maxName = 32 << 10, 64
	text = text[:min(len(text), maxText)]
	for at := 0; at < len(text); {
		if !ascii.Letter(text[at]) {
			at++
			continue
		}
		from, dash := at, false
		for at < len(text) && (ascii.Letter(text[at]) || text[at] == '-') {
			dash = dash || text[at] == '-'
			at++
		}
		if dash && at-from <= maxName && !listed(text[:from], text[at:]) {
			f(text[from:at])
		}
	}
}

// listed reports whether a name between two texts is quoted or being defined.
func listed(before, after []byte) bool {
	if len(after) > 0 && (after[0] == '\'' || after[0] == '"') {
		return true
	}
	before = bytes.TrimRight(before, " \t")
	const define = "function"
	return len(before) >= len(define) && bytes.EqualFold(before[len(before)-len(define):], []byte(define))
}

// connection records a signal for a script host that connects to a mail endpoint.
func (c *scripts) connection(d *profile, ev *event.Event) {
	if f, _ := c.policy.Agent(ev.Client); f != event.Scripting && f != event.Tool && !scriptHost(ev.Client) {
		return
	}
	if c.policy.MailHost(ev.Target) {
		c.evidence.raise(d, ev, hostLookup, ev.Target)
	}
}

// scriptHost reports whether a path names a program that runs scripts. The names are
// not content: the patterns of agents match user-agent strings, and these are files.
func scriptHost(path []byte) bool {
	name := path[bytes.LastIndexAny(path, `\/`)+1:]
	for _, host := range [...]string{"powershell.exe", "powershell_ise.exe", "pwsh.exe", "pwsh", "python.exe", "pythonw.exe", "python", "python3", "python3.exe", "cscript.exe", "wscript.exe", "node.exe", "curl.exe"} {
		if len(name) == len(host) && bytes.EqualFold(name, []byte(host)) {
			return true
		}
	}
	return false
}
