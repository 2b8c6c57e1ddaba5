package policy

import (
	"errors"
	"strings"

	"go.yaml.in/yaml/v3"

	"redshank/analytics/event"
	"redshank/analytics/policy/strict"
)

// accountLists are the lists of accounts of a policy.
type accountLists struct {
	privileged, service, ignored policyList[accountPattern]
	groups                       []*accountGroup
}

// accountGroup is a named group of accounts, for baselines and alerts.
type accountGroup struct {
	name    string
	members policyList[accountPattern]
}

// maxGroups bounds the groups of a policy: one bit of a 64-bit word for each.
const maxGroups = 64

// accountPattern is one entry of a list: an account in any spelling, made
// canonical, or a pattern of canonical accounts.
type accountPattern struct{ event.Pattern }

// standing is the information of a policy about an account.
type standing struct {
	marks  event.Marks
	groups uint64
}

func (s standing) plus(t standing) standing {
	return standing{s.marks | t.marks, s.groups | t.groups}
}

// accountTable finds an account with one lookup, and a walk over the few patterns that
// have a `*`.
type accountTable struct {
	exact  map[string]standing
	globs  []glob
	groups []string
}

type glob struct {
	event.Pattern
	standing
}

func (s *accountLists) fields() strict.Fields {
	return strict.Fields{
		"privileged": elements(&s.privileged),
		"service":    elements(&s.service),
		"ignored":    elements(&s.ignored),
		"groups":     s.readGroups,
	}
}

// readGroups reads {name: [accounts]}.
func (s *accountLists) readGroups(r *strict.Reader, at string, n *yaml.Node) {
	s.groups = nil
	r.Each(at, n, func(key *yaml.Node, at string, value *yaml.Node) {
		if len(s.groups) == maxGroups {
			r.Fail(key, at, "one group too many (at most %d)", maxGroups)
			return
		}
		g := &accountGroup{name: key.Value}
		elements(&g.members)(r, at, value)
		s.groups = append(s.groups, g)
	})
}

// finish parses the lists.
func (s *accountLists) finish(r *strict.Reader, d *event.Domains) {
	for _, l := range s.lists() {
		l.finish(r, func(text string) (accountPattern, error) { return parseAccount(d, text) })
	}
}

// parseAccount reads one entry. A pattern that names a domain is brought into
// the canonical order (CONTOSO\svc-* is svc-*@contoso.com); one that does not
// matches that name in every domain.
func parseAccount(d *event.Domains, text string) (accountPattern, error) {
	p := event.AccountPattern(text)
	switch {
	case p.Anything():
		return accountPattern{}, errors.New("matches every account")
	case !p.Literal() && !strings.ContainsAny(text, `\/@`):
		return accountPattern{p}, nil
	}
	acc := d.Account(nil, []byte(text))
	if acc.Kind == event.UserUnknown {
		return accountPattern{}, errors.New("not an account")
	}
	return accountPattern{event.AccountPattern(string(acc.User))}, nil
}

// lists returns all lists.
func (s *accountLists) lists() []*policyList[accountPattern] {
	all := []*policyList[accountPattern]{&s.privileged, &s.service, &s.ignored}
	for _, g := range s.groups {
		all = append(all, &g.members)
	}
	return all
}

// table builds the lookup table.
func (s *accountLists) table() *accountTable {
	t := &accountTable{exact: map[string]standing{}}
	t.add(&s.privileged, standing{marks: event.PrivilegedUser})
	t.add(&s.service, standing{marks: event.ServiceAccount})
	t.add(&s.ignored, standing{marks: event.IgnoredAccount})
	for i, g := range s.groups {
		t.add(&g.members, standing{groups: 1 << i})
		t.groups = append(t.groups, g.name)
	}
	return t
}

func (t *accountTable) add(l *policyList[accountPattern], s standing) {
	l.all(func(p accountPattern) {
		if p.Literal() {
			t.exact[p.String()] = t.exact[p.String()].plus(s)
			return
		}
		t.globs = append(t.globs, glob{p.Pattern, s})
	})
}

// find returns the information about a canonical account.
func (t *accountTable) find(user []byte) standing {
	if len(user) == 0 {
		return standing{}
	}
	s := t.exact[string(user)]
	for i := range t.globs {
		if t.globs[i].MatchAccount(user) {
			s = s.plus(t.globs[i].standing)
		}
	}
	return s
}

// names returns the groups of an account, in the order of the policy.
func (t *accountTable) names(s standing) []string {
	var names []string
	for i, name := range t.groups {
		if s.groups&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}
