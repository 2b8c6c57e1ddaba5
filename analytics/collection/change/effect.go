package change

import (
	"bytes"
	"strings"
	"unicode"

	"redshank/analytics/event"
	"redshank/analytics/policy"
)

// Effect is a set of what the parameters of a change do.
type Effect uint16

// The effects.
const (
	ForwardsMail  Effect = 1 << iota // outside the mailbox's own domain and its subdomains
	DeletesMail                      // or moves mail to a folder in which nobody looks for it
	MarksRead                        // and leaves the mail in its folder, or moves it to an ordinary one
	Delegates                        // lets somebody send for the mailbox
	EndsAuditing                     // of a mailbox or of the tenant
	AddsKey                          // to an application
	OpensProtocol                    // with which a program can read a whole mailbox
	WritesProgram                    // where a web server runs it
	NamesNothing                     // has a name of stops and blanks
)

// groupOfActions is the group of parameters whose values have parameters in them.
const groupOfActions = "actions"

// effects are the meanings of the other groups of content.parameters. Those without one
// only have their place in an alert.
var effects = map[string]func(p *policy.Policy, ev *event.Event, value []byte) Effect{
	"forward": func(_ *policy.Policy, ev *event.Event, value []byte) Effect {
		return when(sendsOutside(value, ownDomain(ev)), ForwardsMail)
	},
	"delete": whenTrue(DeletesMail), "mark_read": whenTrue(MarksRead), "protocol": whenTrue(OpensProtocol), "audit_off": whenTrue(EndsAuditing),
	"move": func(p *policy.Policy, _ *event.Event, value []byte) Effect {
		return when(p.HidingFolder(bytes.ToLower(value)), DeletesMail)
	},
	"delegate": func(_ *policy.Policy, _ *event.Event, value []byte) Effect {
		return when(!removed(value), Delegates)
	},
	"file": func(p *policy.Policy, _ *event.Event, value []byte) Effect {
		return when(p.WebPath(bytes.ToLower(value)), WritesProgram)
	},
	"name": func(_ *policy.Policy, _ *event.Event, value []byte) Effect {
		return when(!bytes.ContainsFunc(value, ofName), NamesNothing)
	},
	"credential": func(*policy.Policy, *event.Event, []byte) Effect { return AddsKey },
	"audit_on": func(_ *policy.Policy, _ *event.Event, value []byte) Effect {
		return when(is(value, "false"), EndsAuditing)
	},
}

// ofName reports whether a character of a name is neither punctuation nor a blank.
func ofName(r rune) bool { return !unicode.IsPunct(r) && !unicode.IsSpace(r) }

func when(does bool, e Effect) Effect {
	if does {
		return e
	}
	return 0
}

// whenTrue returns the meaning of a parameter that has an effect if it is true.
func whenTrue(e Effect) func(*policy.Policy, *event.Event, []byte) Effect {
	return func(_ *policy.Policy, _ *event.Event, value []byte) Effect { return when(is(value, "true"), e) }
}

// Of returns what a change does: the effects of its parameters, which are the detail of
// the event.
func Of(p *policy.Policy, ev *event.Event) (e Effect) {
	eachParameter(p, ev.Detail, func(name, value []byte) { e |= effectOf(p, ev, name, value) })
	return e
}

func effectOf(p *policy.Policy, ev *event.Event, name, value []byte) Effect {
	group := p.Parameter(name).Group
	if group == groupOfActions {
		return actionsOf(p, ev, value)
	}
	if meaning := effects[group]; meaning != nil {
		return meaning(p, ev, value)
	}
	return 0
}

// actionsOf returns what the actions of a rule of Outlook's do. The type of an action
// is a parameter without a value.
func actionsOf(p *policy.Policy, ev *event.Event, value []byte) (e Effect) {
	eachField(value, func(name, value []byte) {
		switch {
		case string(name) == "ActionType":
			e |= effectOf(p, ev, bytes.Trim(value, punctuation), []byte("true"))
		case p.Parameter(name).Group != groupOfActions: // those have no actions within
			e |= effectOf(p, ev, name, value)
		}
	})
	return e
}

// punctuation surrounds values in logs of cmdlets and in JSON.
const punctuation = " =\"':-$,[]{}()"

// is reports whether a value is a word, in any case and whatever surrounds it.
func is(value []byte, word string) bool {
	return bytes.EqualFold(bytes.Trim(value, punctuation), []byte(word))
}

// removed reports whether a value removes what a parameter sets.
func removed(value []byte) bool {
	return len(bytes.Trim(value, punctuation)) == 0 || is(value, "null")
}

// sendsOutside reports whether any address of a list is outside a domain and its
// subdomains. A target without a domain counts as outside, and so does one that was
// cut.
func sendsOutside(list, domain []byte) bool {
	return !removed(list) && !allWithin(bytes.ToLower(list), domain)
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
	return len(domain) > 0 && AllAddresses(list, func(address []byte) bool {
		host, ok := bytes.CutSuffix(address[bytes.IndexByte(address, '@')+1:], domain)
		return ok && (len(host) == 0 || host[len(host)-1] == '.')
	})
}

// AllAddresses reports whether a text in lower case has addresses of mail, and whether is
// returns true for each of them.
func AllAddresses(text []byte, is func(address []byte) bool) bool {
	from, found := 0, false
	for {
		at := bytes.IndexByte(text[from:], '@')
		if at < 0 {
			return found
		}
		at += from
		name := 1 + bytes.LastIndexFunc(text[:at], func(r rune) bool { return !ofAddress(r) && !strings.ContainsRune("_+'&", r) })
		from = len(text)
		if end := bytes.IndexFunc(text[at+1:], func(r rune) bool { return !ofAddress(r) }); end >= 0 {
			from = at + 1 + end
		}
		if !is(text[name:from]) {
			return false
		}
		found = true
	}
}

// ofAddress reports whether a character may be part of a domain.
func ofAddress(r rune) bool { return strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789.-", r) }
