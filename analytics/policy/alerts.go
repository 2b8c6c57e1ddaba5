package policy

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"redshank/analytics/policy/strict"
)

// Mute keeps the messages of some incidents back, for a reason and for a time.
// Everything that it names must match the whole incident: an incident with one
// account, address or application more is not muted.
type Mute struct {
	Reason, Owner string
	entryScope

	rule, class string
}

// Notice is what mutes are compared with: one message about an incident. A
// list is whole or, with more members than it has room for, nil.
type Notice struct {
	Rule, Class string
	Time        time.Time
	Accounts    []string // canonical
	Addresses   []netip.Addr
	Apps        []string // ids, in any case
	Drill       bool     // of a drill, which Hits does not count
}

// selection is which messages are sent: the mutes, and alerts.classes.
type selection struct {
	mutes   []*Mute
	classes map[string]string // a class that is missing is on
}

// Mutes returns the mutes in the order of the policy.
func (s *selection) Mutes() []*Mute { return s.mutes }

// Muted returns the first mute that keeps a message back, and counts it; nil
// for none.
func (s *selection) Muted(n *Notice) *Mute {
	for _, m := range s.mutes {
		if m.matches(n) {
			if !n.Drill {
				m.hits.Add(1)
			}
			return m
		}
	}
	return nil
}

func (m *Mute) matches(n *Notice) bool {
	switch {
	case m.Expired(n.Time),
		m.rule != "" && m.rule != n.Rule,
		m.class != "" && m.class != n.Class,
		m.account != nil && !allMatch(n.Accounts, func(user string) bool { return m.account.MatchAccount([]byte(user)) }),
		len(m.networks) > 0 && !allMatch(n.Addresses, m.covers),
		m.app != "" && !allMatch(n.Apps, func(id string) bool { return strings.EqualFold(id, m.app) }):
		return false
	}
	return true
}

// Concerns reports whether the mute names an account, if it is not empty, or an
// address; a mute that names neither accounts nor networks concerns all. The other
// conditions of the mute are not checked.
func (m *Mute) Concerns(account string, addr netip.Addr) bool {
	switch {
	case m.account == nil && len(m.networks) == 0:
		return true
	case account != "":
		return m.account != nil && m.account.MatchAccount([]byte(account))
	}
	return m.covers(addr)
}

// allMatch reports whether list has members and is holds for each of them.
func allMatch[T any](list []T, is func(T) bool) bool {
	return len(list) > 0 && !slices.ContainsFunc(list, func(item T) bool { return !is(item) })
}

// readMutes reads [{reason, owner, expires, and what is muted}].
func (s *selection) readMutes(r *strict.Reader, at string, n *yaml.Node) {
	s.mutes = nil
	r.Items(at, n, func(item *yaml.Node) {
		m := &Mute{}
		m.read(r, at, item, strict.Fields{
			"reason":      strict.Text(&m.Reason),
			"owner":       strict.Text(&m.Owner),
			"rule":        strict.OneOf(&m.rule, "AN1269", "AN0131"),
			"class":       strict.OneOf(&m.class, Classes...),
			"address":     strict.Prefixes(&m.networks),
			"application": strict.Text(&m.app),
		})
		if m.complete(r, at) {
			s.mutes = append(s.mutes, m)
		}
	})
}

// complete reports whether a mute has what every mute needs.
func (m *Mute) complete(r *strict.Reader, at string) bool {
	complete := true
	for _, key := range []struct{ name, value string }{{"reason", m.Reason}, {"owner", m.Owner}, {"expires", m.ExpiresText}} {
		if key.value == "" {
			r.Fail(m.node, strict.Join(at, key.name), "missing (want reason, owner and expires)")
			complete = false
		}
	}
	if m.rule+m.class == "" && m.empty() {
		r.Fail(m.node, at, "%q: matches everything (want rule, class, account, address, network or application)", strict.Clip(m.Reason))
		return false
	}
	return complete
}

// Classes are the classes of incidents of both analytics.
var Classes = []string{
	"credential_stuffing", "password_spraying", "password_guessing", "misconfigured_client",
	"scripted_mail_access", "session_replay", "application_mail_access", "mailbox_export", "collection_tool", "mail_diversion",
}

// Values of alerts.classes.
const (
	classOn    = "on"
	classOff   = "off"
	classValid = "valid_credential" // only with a valid credential
)

// AlertsOn reports whether messages about incidents of a class are sent, for an
// incident with or without a valid credential.
func (s *selection) AlertsOn(class string, valid bool) bool {
	mode := s.classes[class]
	return mode != classOff && (mode != classValid || valid)
}

// readClasses reads {class: on, off or valid_credential}.
func (s *selection) readClasses(r *strict.Reader, at string, n *yaml.Node) {
	s.classes = map[string]string{}
	known := strict.Fields{}
	for _, class := range Classes {
		known[class] = func(r *strict.Reader, at string, n *yaml.Node) {
			mode := classOn
			strict.OneOf(&mode, classOn, classOff, classValid)(r, at, n)
			s.classes[class] = mode
		}
	}
	strict.Section(known)(r, at, n)
}
