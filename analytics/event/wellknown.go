package event

import (
	"bytes"

	"redshank/analytics/ascii"
)

// wellKnown are names without a domain that name no person, in lower case.
// Seen in the unified audit log, Entra exports, IIS and Windows events.
var wellKnown = map[string]UserKind{
	"":              UserUnknown,
	"-":             UserUnknown,
	"not available": UserUnknown,
	"unknown":       UserUnknown,
	"not-found":     UserUnknown,
	"<null>":        UserUnknown,
	"(null)":        UserUnknown,
	"null":          UserUnknown,
	"n/a":           UserUnknown,
	"anonymous":     UserUnknown,

	"certificate":           UserSystem,
	"system":                UserSystem,
	"local service":         UserSystem,
	"network service":       UserSystem,
	"ffoservicepartneruser": UserSystem,
	"airinvestigation":      UserSystem,
	"threatintel":           UserSystem,
}

// authorities are domains of the operating system itself, as Windows in some
// languages spells them, folded, and of services that act in no person's name.
var authorities = map[string]UserKind{
	"nt authority":       UserSystem,
	"nt-autorit\u00e4t":  UserSystem,
	"autorite nt":        UserSystem,
	"autorit\u00e9 nt":   UserSystem,
	"nt service":         UserSystem,
	"iis apppool":        UserSystem,
	"window manager":     UserSystem,
	"font driver host":   UserSystem,
	"nt virtual machine": UserSystem,
	"sharepoint":         UserService, // app@sharepoint, SHAREPOINT\system
}

// authorityOf returns the kind of the accounts of a well-known domain. No well-known
// domain has a dot, and nearly every domain of an organisation has one.
func authorityOf(domain []byte) (UserKind, bool) {
	if bytes.IndexByte(domain, '.') >= 0 {
		return UserUnknown, false
	}
	kind, ok := authorities[string(domain)]
	return kind, ok
}

// mailboxPrefixes start the names of accounts that Exchange itself makes:
// probes, arbitration and discovery mailboxes, and its test account.
var mailboxPrefixes = [...]string{"healthmailbox", "systemmailbox{", "discoverysearchmailbox", "migration.8f3e7716-", "federatedemail.4c1f4d8b-", "extest_"}

// servicePrefix starts the name of a service principal in the audit log.
const servicePrefix = "serviceprincipal_"

// nobody reports whether a name is a placeholder for a missing name.
func nobody(name []byte) bool {
	return len(name) == 0 || string(name) == "-" || string(name) == "anonymous logon"
}

// kindOf returns the kind of an account by its name alone. An attacker gains nothing
// by such a name: an account that does not exist cannot be guessed.
func kindOf(name []byte) UserKind {
	if name[len(name)-1] == '$' {
		return UserMachine
	}
	for _, p := range mailboxPrefixes {
		if hasPrefix(name, p) {
			return UserHealth
		}
	}
	if hasPrefix(name, servicePrefix) {
		return UserService
	}
	if ascii.IsGUID(name) || isPUID(name) {
		return UserObject
	}
	return UserPerson
}

// identifier recognises spellings that are ids rather than names: SIDs, object
// ids and distinguished names, which must not be split at their slashes.
func identifier(text []byte) (UserKind, bool) {
	switch {
	case hasPrefix(text, "s-1-"):
		return sidKind(text), true
	case hasPrefix(text, "/o="), hasPrefix(text, "cn="), ascii.IsGUID(text):
		return UserObject, true
	}
	return UserUnknown, false
}

// sidKind distinguishes well-known SIDs from those of an account. S-1-5-7 is the
// anonymous logon, S-1-5-18 to 20 the system's services, 80 to 96 virtual
// accounts. (Microsoft, "Security identifiers")
func sidKind(sid []byte) UserKind {
	switch string(sid) {
	case "s-1-0-0", "s-1-5-7":
		return UserUnknown
	case "s-1-5-18", "s-1-5-19", "s-1-5-20":
		return UserSystem
	}
	for _, p := range [...]string{"s-1-5-80-", "s-1-5-82-", "s-1-5-83-", "s-1-5-90-", "s-1-5-96-"} {
		if hasPrefix(sid, p) {
			return UserSystem
		}
	}
	return UserObject
}

// isPUID reports a passport id, the UserKey of cloud accounts: 16 hexadecimal
// digits that begin with 1003 (work) or 0003 (consumer).
func isPUID(b []byte) bool {
	if len(b) != 16 || !hasPrefix(b, "1003") && !hasPrefix(b, "0003") {
		return false
	}
	for _, c := range b {
		if ascii.Hex(c) > 15 {
			return false
		}
	}
	return true
}

// namePrefixes stand in front of an account and say how it was found.
var namePrefixes = [...]string{"smtp:", "smtp~", "sid~", "upn~", "mailboxguid~"}

// stripPrefix cuts what stands before an account: a claim's issuer
// (i:0h.f|membership|), an address type, an anchor mailbox's kind.
func stripPrefix(text []byte) []byte {
	if hasPrefix(text, "i:0") || hasPrefix(text, "c:0") {
		text = text[bytes.LastIndexByte(text, '|')+1:]
	}
	for again := true; again; {
		again = false
		for _, p := range namePrefixes {
			if hasPrefix(text, p) {
				text, again = text[len(p):], true
			}
		}
	}
	return text
}

// hasPrefix is bytes.HasPrefix without converting the prefix.
func hasPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}
