package policy

import (
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.yaml.in/yaml/v3"

	"redshank/analytics/event"
	"redshank/analytics/policy/strict"
)

// entryScope is what an entry of automation or of the mutes names: an account, networks and
// an application, until a time. A condition that is not given matches anything.
type entryScope struct {
	Expires     time.Time // zero: never
	ExpiresText string    // as written: a day counts to its end in UTC
	Line        int       // in the policy

	account  *accountPattern
	networks []netip.Prefix
	app      string // application id, lower case
	hits     atomic.Uint64

	accountText string // as written, until the domains are known
	node        *yaml.Node
}

// Expired reports whether the entry has expired at a time.
func (s *entryScope) Expired(at time.Time) bool { return !s.Expires.IsZero() && !at.Before(s.Expires) }

// Hits returns how many events or messages have matched since the policy was loaded.
func (s *entryScope) Hits() uint64 { return s.hits.Load() }

// read reads an item with the keys of a scope and those of fields.
func (s *entryScope) read(r *strict.Reader, at string, item *yaml.Node, fields strict.Fields) {
	s.Line, s.node = item.Line, item
	fields["expires"] = strict.Expiry(&s.Expires, &s.ExpiresText)
	fields["account"] = strict.Text(&s.accountText)
	fields["network"] = strict.Prefixes(&s.networks)
	strict.Section(fields)(r, at, item)
	s.app = strings.ToLower(s.app)
}

// empty reports whether the scope has no condition.
func (s *entryScope) empty() bool { return s.app == "" && s.accountText == "" && len(s.networks) == 0 }

// finish parses the account.
func (s *entryScope) finish(r *strict.Reader, at string, d *event.Domains) {
	if s.accountText == "" {
		return
	}
	account, err := parseAccount(d, s.accountText)
	if err != nil {
		r.Fail(s.node, at, "%q: %v", strict.Clip(s.accountText), err)
	}
	s.account = &account
}

// covers reports whether an address lies in one of the networks.
func (s *entryScope) covers(ip netip.Addr) bool {
	return slices.ContainsFunc(s.networks, func(p netip.Prefix) bool { return p.Contains(ip) })
}
