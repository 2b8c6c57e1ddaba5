package event

import (
	"bytes"

	"redshank/analytics/ascii"
)

// maxAccount bounds an account name, in bytes. Directories allow 64 characters
// before the @ and 255 after it, but real names are much shorter.
const maxAccount = 256

// AccountBuffer is how many bytes Domains.Account appends at most.
const AccountBuffer = 2 * maxAccount

// Account is a canonical account: alice@contoso.com where the domain is known
// as a DNS name, contoso\alice where only a NetBIOS name is, alice where
// nothing is. User is empty where the account cannot be known.
type Account struct {
	User    []byte
	Mailbox []byte // of somebody else, where the spelling names one
	Kind    UserKind
}

// Domains maps the names of domains to one name. The zero value maps nothing. It
// is read-only once in use.
type Domains struct {
	Default string            // domain of bare names; empty leaves them bare
	Names   map[string]string // NetBIOS name or alias suffix to domain, all in lower case
}

// Account reads any spelling of an account: DOMAIN\user, user@domain,
// domain/user, a shared mailbox behind any of them, claims, URL-escaped forms,
// SIDs and object ids. The result is appended to dst and points into it; with
// AccountBuffer bytes of room nothing is allocated for ASCII names.
func (d *Domains) Account(dst, raw []byte) Account {
	var scratch [maxAccount]byte
	raw = cut(trim(raw, &quoting), maxAccount)
	if bytes.IndexByte(raw, '%') >= 0 {
		raw = ascii.AppendUnescaped(scratch[:0], raw)
	}
	text := cut(stripPrefix(fold(scratch[:0], raw)), maxAccount)
	text = trim(text, &spaces)
	if kind, id := identifier(text); id {
		return literal(dst, text, kind)
	}
	p := split(text)
	if len(p.domain) == 0 {
		if kind, known := wellKnown[string(p.name)]; known {
			return literal(dst, p.name, kind)
		}
	} else if kind, known := authorityOf(p.domain); known {
		return authority(dst, p, kind)
	}
	return d.compose(dst, p)
}

// literal returns an account that is used unchanged.
func literal(dst, text []byte, kind UserKind) Account {
	if kind == UserUnknown {
		return Account{}
	}
	start := len(dst)
	dst = append(dst, text...)
	return Account{User: dst[start:], Kind: kind}
}

// authority returns an account of the operating system, without the process that
// Exchange names behind it: NT AUTHORITY\SYSTEM (Microsoft.Exchange.ServiceHost).
func authority(dst []byte, p parts, kind UserKind) Account {
	name, _, _ := bytes.Cut(p.name, []byte(" ("))
	if nobody(name) {
		return Account{}
	}
	_, user := join(dst, name, domainName{logged: p.domain})
	return Account{User: user, Kind: kind}
}

// parts are the parts of a spelling.
type parts struct{ domain, name, mailbox []byte }

// split takes a folded spelling apart. A backslash decides first, since none
// can stand in a principal name; then an @ before any slash; then a slash.
func split(text []byte) parts {
	if bytes.IndexByte(text, '\\') >= 0 {
		return splitPath(text, '\\')
	}
	slash := bytes.IndexByte(text, '/')
	head, tail := text, []byte(nil)
	if slash >= 0 {
		head, tail = text[:slash], text[slash+1:]
	}
	if at := bytes.LastIndexByte(head, '@'); at >= 0 {
		return parts{domain: head[at+1:], name: head[:at], mailbox: tail}
	}
	if slash >= 0 {
		return splitPath(text, '/')
	}
	return parts{name: text}
}

// splitPath reads domain, user and shared mailbox. A DNS domain in front of
// slashes is a canonical name (contoso.com/Users/alice), whose last element is
// the account; IMAP and POP put a NetBIOS domain there.
func splitPath(text []byte, by byte) parts {
	var p parts
	first := bytes.IndexByte(text, by)
	p.domain = text[:first]
	p.name = bytes.TrimLeft(text[first+1:], string(by)) // some loggers escape backslashes twice
	if i := bytes.IndexByte(p.name, by); i >= 0 {
		if by == '/' && bytes.IndexByte(p.domain, '.') >= 0 {
			p.name = p.name[bytes.LastIndexByte(p.name, by)+1:]
		} else {
			p.name, p.mailbox = p.name[:i], p.name[i+1:]
		}
	}
	if at := bytes.LastIndexByte(p.name, '@'); at >= 0 {
		p.domain, p.name = p.name[at+1:], p.name[:at] // CONTOSO\alice@contoso.com
	}
	return p
}

// compose joins parts in the canonical order.
func (d *Domains) compose(dst []byte, p parts) Account {
	name := trim(p.name, &ats)
	if nobody(name) {
		return Account{}
	}
	domain := d.resolve(p.domain)
	acc := Account{Kind: kindOf(name)}
	dst, acc.User = join(dst, name, domain)
	mailbox := trim(p.mailbox, &spaces)
	if len(mailbox) == 0 {
		return acc
	}
	if at := bytes.LastIndexByte(mailbox, '@'); at >= 0 {
		mailbox, domain = mailbox[:at], d.resolve(mailbox[at+1:])
	}
	_, acc.Mailbox = join(dst, mailbox, domain)
	return acc
}

// domainName is the name of a domain, from the record or from the policy. Two
// fields, so that neither has to be converted.
type domainName struct {
	logged []byte
	mapped string
}

// resolve maps a domain by its NetBIOS name or alias. The local machine's "."
// is no domain.
func (d *Domains) resolve(name []byte) domainName {
	name = trim(name, &dots)
	if len(name) == 0 {
		return domainName{mapped: d.Default}
	}
	if mapped, ok := d.Names[string(name)]; ok {
		return domainName{mapped: mapped}
	}
	return domainName{logged: name}
}

// join appends name@domain, or domain\name where the domain is no DNS name,
// and returns dst and what was added.
func join(dst, name []byte, in domainName) (all, added []byte) {
	start := len(dst)
	switch {
	case in.mapped != "":
		dst = append(appendClean(dst, name), '@')
		dst = append(dst, in.mapped...)
	case len(in.logged) == 0:
		dst = appendClean(dst, name)
	case bytes.IndexByte(in.logged, '.') >= 0:
		dst = append(appendClean(dst, name), '@')
		dst = appendClean(dst, in.logged)
	default:
		dst = append(appendClean(dst, in.logged), '\\')
		dst = appendClean(dst, name)
	}
	added = cut(dst[start:], maxAccount)
	return dst[:start+len(added)], added
}

// appendClean appends b without the characters that split a spelling, so that
// a canonical account read again is the same account.
func appendClean(dst, b []byte) []byte {
	start := len(dst)
	dst = append(dst, b...)
	for i, c := range dst[start:] {
		switch c {
		case '\\', '/', '@', '|', ':':
			dst[start+i] = '_'
		}
	}
	return dst
}
