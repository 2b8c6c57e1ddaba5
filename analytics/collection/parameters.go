package collection

import (
	"bytes"
	"slices"

	"redshank/analytics/ascii"
)

// maxValue bounds the value of one parameter in the detail of a signal, in bytes.
const maxValue = 80

// parameter is a parameter of a change, as views into the text of an event.
type parameter struct{ name, value []byte }

// telling are the parameters that describe the effect of a change, the most important
// first: who gets access, where mail goes, which rights, what a rule does with which
// mail, and which scopes an application gets. The others follow in their order.
var telling = ascii.NewNames(rankOf(
	"User", "Trustee", "Delegate", "GrantSendOnBehalfTo", "MemberUpn", "Member", "SecurityGroup", "RoleAssignee", "App",
	"ForwardTo", "RedirectTo", "ForwardAsAttachmentTo", "BlindCopyTo", "CopyTo", "ForwardingSmtpAddress", "ForwardingAddress",
	"AccessRights", "MemberRights", "ExtendedRights", "Role", "FilePath", "TargetMailbox",
	"DeleteMessage", "MoveToFolder", "MarkAsRead", "SubjectContainsWords", "SubjectOrBodyContainsWords", "BodyContainsWords", "From",
	"ConsentAction.Permissions", "DelegatedPermissionGrant.Scope", "AppRole.Value", "KeyDescription",
	"AuditEnabled", "AuditBypassEnabled", "UnifiedAuditLogIngestionEnabled", "AdminAuditLogEnabled",
	"Name", "Identity", "Mailbox"))

func rankOf(names ...string) map[string]int {
	ranks := map[string]int{}
	for i, name := range names {
		ranks[string(bytes.ToLower([]byte(name)))] = i + 1
	}
	return ranks
}

// chosen returns the most important parameters in text, as "Name=Value; ...", each
// value capped; text itself if it has no parameters.
func chosen(text []byte) []byte {
	list := parametersOf(text)
	if len(list) == 0 {
		return text
	}
	rank := func(p parameter) int {
		if n := telling.Find(p.name); n > 0 {
			return n
		}
		return 1 << 10
	}
	slices.SortStableFunc(list, func(a, b parameter) int { return rank(a) - rank(b) })
	var b []byte
	for _, p := range list {
		value := scopeIn(p.value)
		cut := value[:min(len(value), maxValue)]
		if len(b)+len(p.name)+len(cut)+len("; =...") > maxDetail {
			break
		}
		if len(b) > 0 {
			b = append(b, "; "...)
		}
		b = append(append(append(b, p.name...), '='), cut...)
		if len(cut) < len(value) {
			b = append(b, "..."...)
		}
	}
	return b
}

// scopeIn returns the scopes in the value of a consent, which comes as
// "[[Id: ..., Scope: Mail.Read, CreatedDateTime: ...]]"; any other value as it is.
func scopeIn(value []byte) []byte {
	if scope, ok := ascii.CutAfter(value, "Scope: "); ok {
		return bytes.TrimSpace(ascii.UpTo(scope, ",]"))
	}
	return value
}

// maxParameterCount bounds the parameters of one change that are read.
const maxParameterCount = 64

// parametersOf returns the parameters of a text as audit logs ("Name=Value; ...") or
// cmdlet logs (-Name "Value" ...) write them; nil for any other text.
func parametersOf(text []byte) []parameter {
	text = bytes.TrimSpace(text)
	if len(text) > 1 && text[0] == '-' && letter(text[1]) {
		return switchesOf(text)
	}
	var list []parameter
	for len(text) > 0 && len(list) < maxParameterCount {
		var pair []byte
		pair, text, _ = bytes.Cut(text, []byte("; "))
		name, value, ok := bytes.Cut(pair, []byte("="))
		switch {
		case ok && isParameterName(name):
			list = append(list, parameter{name, value})
		case len(list) == 0:
			return nil
		default: // of a value with a semicolon in it
			last := &list[len(list)-1]
			last.value = last.value[:min(len(last.value)+len("; ")+len(pair), cap(last.value))]
		}
	}
	return list
}

// isParameterName reports whether text can be the name of a parameter.
func isParameterName(text []byte) bool {
	return len(text) > 0 && len(text) <= 64 && !bytes.ContainsAny(text, " \t\"'@<>")
}

// switchesOf returns the parameters of a command line.
func switchesOf(text []byte) (list []parameter) {
	for len(text) > 0 && len(list) < maxParameterCount {
		end := nextSwitch(text)
		one := bytes.TrimSpace(text[:end])
		text = text[end:]
		name, value := one[1:], []byte(nil)
		if at := bytes.IndexAny(name, " :"); at >= 0 {
			name, value = name[:at], name[at+1:]
		}
		list = append(list, parameter{name, bytes.Trim(value, " \"'")})
	}
	return list
}

// nextSwitch returns where the first switch of text ends and the next one begins,
// outside of quotes.
func nextSwitch(text []byte) int {
	quote := byte(0)
	for i := 1; i+1 < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '-' && text[i-1] == ' ' && letter(text[i+1]):
			return i
		}
	}
	return len(text)
}
