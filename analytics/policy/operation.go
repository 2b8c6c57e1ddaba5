package policy

import (
	"bytes"
	"maps"
	"slices"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
)

// maxOperation bounds the name of an operation, in bytes.
const maxOperation = 128

const enDash = "\u2013"

// foldOperation appends the name of an operation in lower case, without the
// stop and the spaces that some end with, en dashes made plain: the directory
// audit writes "Update application – Certificates and secrets management ".
func foldOperation(dst, name []byte) []byte {
	name = trimOperation(name[:min(len(name), maxOperation)])
	for i := 0; i < len(name); i++ {
		c := ascii.Lower(name[i])
		if c >= 0x80 && bytes.HasPrefix(name[i:], []byte(enDash)) {
			c = '-'
			i += len(enDash) - 1
		}
		dst = append(dst, c)
	}
	return dst
}

// trimOperation cuts stops and blanks off both ends. bytes.Trim decodes runes if
// its set has one beyond ASCII, and few names need that.
func trimOperation(name []byte) []byte {
	for len(name) > 0 && (name[0] == ' ' || name[0] == '.') {
		name = name[1:]
	}
	end := len(name)
	for end > 0 && (name[end-1] == ' ' || name[end-1] == '.') {
		end--
	}
	if name = name[:end]; end > 0 && (name[0] >= 0x80 || name[end-1] >= 0x80) {
		return bytes.Trim(name, " .\u00a0")
	}
	return name
}

// operationGroups are the meanings of the groups of content.operations. A test
// checks that each has operations, and that no other group has any.
var operationGroups = map[string]event.Operation{
	"sign_in":          {Action: event.SignIn, Outcome: event.Success},
	"sign_in_failed":   {Action: event.SignIn, Outcome: event.Failure},
	"sign_in_result":   {Action: event.SignIn},
	"mail_access":      {Action: event.MailAccess, Access: event.Bind},
	"mail_open":        {Action: event.MailAccess},
	"mail_search":      {Action: event.MailAccess, Access: event.Search},
	"mail_export":      {Action: event.MailAccess, Access: event.Export},
	"mail_send":        {Action: event.MailAccess, Access: event.Send},
	"mail_remove":      {Action: event.MailboxChange},
	"mail_rule":        {Action: event.MailboxChange},
	"mail_forward":     {Action: event.MailboxChange, Needs: forwarding},
	"mail_permission":  {Action: event.MailboxChange},
	"mail_audit":       {Action: event.MailboxChange},
	"mail_device":      {Action: event.MailboxChange},
	"mail_settings":    {Action: event.MailboxChange},
	"mail_role":        {Action: event.DirectoryChange},
	"consent":          {Action: event.Consent},
	"app_credential":   {Action: event.DirectoryChange},
	"app_change":       {Action: event.DirectoryChange},
	"directory_role":   {Action: event.DirectoryChange},
	"directory_policy": {Action: event.DirectoryChange},
	"mfa":              {Action: event.DirectoryChange},
}

// cmdletGroups are the groups of content.cmdlets. AN0131 gives each a meaning, which
// a test of package collection checks.
var cmdletGroups = map[string]bool{
	"mail_export": true, "mail_search": true, "mail_read": true, "mail_rule": true, "mail_forward": true,
	"mail_permission": true, "mail_role": true, "mail_audit": true,
}

// CmdletGroups returns the groups of cmdlets, sorted.
func CmdletGroups() []string { return slices.Sorted(maps.Keys(cmdletGroups)) }

// forwarding are the parameters of Set-Mailbox that send mail on, give it to
// others or end its auditing; provisioning sets the other parameters all day.
var forwarding = []string{
	"ForwardingSmtpAddress", "ForwardingAddress", "DeliverToMailboxAndForward",
	"GrantSendOnBehalfTo", "AuditEnabled", "AuditBypassEnabled",
}

// groupOf looks a name up that is folded on the way.
func groupOf(groups map[string]string, name []byte) string {
	var scratch [maxOperation]byte
	return groups[string(foldOperation(scratch[:0], name))]
}
