package collection

import (
	"bytes"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/policy"
)

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
