package policy

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.yaml.in/yaml/v3"

	"redshank/analytics/event"
	"redshank/analytics/policy/strict"
)

// Automation is a program known to read mail: a backup, a migration, an eDiscovery
// tool. All conditions given must match; a missing condition matches anything.
type Automation struct {
	Name    string
	Expires time.Time // zero: never
	Line    int       // in the policy

	ExpiresText string // as written: a day counts to its end in UTC

	app      string // application id, lower case
	account  *accountPattern
	networks []netip.Prefix
	hits     atomic.Uint64

	accountText string // as written, until the domains are known
	accountNode *yaml.Node
}

// Expired reports whether the declaration has expired at a time.
func (a *Automation) Expired(at time.Time) bool { return !a.Expires.IsZero() && !at.Before(a.Expires) }

// Hits returns how many events have matched since the policy was loaded.
func (a *Automation) Hits() uint64 { return a.hits.Load() }

// readAutomation reads [{name, app, account, network, expires}].
func (p *Policy) readAutomation(r *strict.Reader, at string, n *yaml.Node) {
	p.automation = nil
	r.Items(at, n, func(item *yaml.Node) {
		a := &Automation{Line: item.Line, accountNode: item}
		strict.Section(strict.Fields{
			"name":    strict.Text(&a.Name),
			"app":     strict.Text(&a.app),
			"account": strict.Text(&a.accountText),
			"network": strict.Prefixes(&a.networks),
			"expires": strict.Expiry(&a.Expires, &a.ExpiresText),
		})(r, at, item)
		a.app = strings.ToLower(a.app)
		switch {
		case a.Name == "":
			r.Fail(item, strict.Join(at, "name"), "missing")
		case a.app == "" && a.accountText == "" && len(a.networks) == 0:
			r.Fail(item, at, "%q: matches everything (want app, account or network)", strict.Clip(a.Name))
		default:
			p.automation = append(p.automation, a)
		}
	})
}

// finish parses the account.
func (a *Automation) finish(r *strict.Reader, d *event.Domains) {
	if a.accountText == "" {
		return
	}
	account, err := parseAccount(d, a.accountText)
	if err != nil {
		r.Fail(a.accountNode, "automation.account", "%q: %v", strict.Clip(a.accountText), err)
	}
	a.account = &account
}

// matches reports whether an event with canonical fields was caused by the program.
func (a *Automation) matches(ev *event.Event) bool {
	switch {
	case a.app != "" && !equalFold(ev.App, a.app):
		return false
	case a.account != nil && !a.account.MatchAccount(ev.User):
		return false
	case len(a.networks) > 0 && !slices.ContainsFunc(a.networks, func(p netip.Prefix) bool { return p.Contains(ev.IP) }):
		return false
	}
	return !a.Expired(ev.Time)
}

// automated reports whether any declared program caused the event. They are few, and
// most differ at the first comparison.
func (p *Policy) automated(ev *event.Event) bool {
	for _, a := range p.automation {
		if a.matches(ev) {
			if !ev.Marks.Has(event.OfDrill) {
				a.hits.Add(1)
			}
			return true
		}
	}
	return false
}

// equalFold compares an id with one in lower case.
func equalFold(b []byte, lower string) bool {
	return len(b) == len(lower) && bytes.EqualFold(b, []byte(lower))
}
