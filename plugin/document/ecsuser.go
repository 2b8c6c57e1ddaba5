package document

import (
	"strings"

	"redshank/analytics/alert"
	"redshank/plugin/text"
)

// ecsUser is the account that an incident is about, or else the first account
// whose password the attacker knows. Other accounts are in related.user.
type ecsUser struct {
	Name   string    `json:"name,omitempty"`
	Domain string    `json:"domain,omitempty"`
	Email  string    `json:"email,omitempty"`
	ID     string    `json:"id,omitempty"`
	Roles  []string  `json:"roles,omitempty"` // privileged, service, leaked
	Group  *ecsGroup `json:"group,omitempty"` // of an account in one group only, since ECS has no list here
}

type ecsGroup struct {
	Name string `json:"name"`
}

// ecsHost is the host that an incident is about. Servers that logged an incident
// are in related.hosts.
type ecsHost struct {
	Name string `json:"name"`
}

type ecsRelated struct {
	IP    []string `json:"ip,omitempty"`
	User  []string `json:"user,omitempty"`
	Hosts []string `json:"hosts,omitempty"`
}

// userOf returns nil for an incident without a principal account. The email is
// set for a mail domain only, and not for a NetBIOS name.
func userOf(a *alert.Alert) *ecsUser {
	u := a.Principal()
	if u == nil {
		return nil
	}
	out := &ecsUser{Name: text.Cut(u.Name, maxName), Domain: text.Cut(u.Domain, maxName), ID: text.Cut(u.ID, maxName)}
	if out.Name != "" && strings.Contains(out.Domain, ".") {
		out.Email = out.Name + "@" + out.Domain
	}
	if len(a.Context) > 0 && a.Context[0].Account == accountOf(u) {
		out.Roles = cutAll(a.Context[0].Marks, maxName)
		if groups := a.Context[0].Groups; len(groups) == 1 {
			out.Group = &ecsGroup{text.Cut(groups[0], maxName)}
		}
	}
	return out
}

// accountOf returns the canonical name of an account.
func accountOf(u *alert.User) string {
	if u.Domain == "" {
		return u.Name
	}
	return u.Name + "@" + u.Domain
}

// ecsHostOf returns nil unless the incident is about a host.
func ecsHostOf(a *alert.Alert) *ecsHost {
	if s := subjectOf(a); s.is(aHost) {
		return &ecsHost{s.Name}
	}
	return nil
}

// relatedOf returns the values an analyst pivots on, compromised accounts and the
// addresses that used them first. The engine bounds the lists; redshank.counts has
// the true numbers.
func relatedOf(a *alert.Alert) *ecsRelated {
	r := &ecsRelated{Hosts: cutAll(a.Hosts, maxName)}
	for _, ip := range a.RelatedIPs() {
		r.IP = append(r.IP, ip.String())
	}
	for _, name := range a.RelatedUsers() {
		r.User = append(r.User, text.Cut(name, maxName))
	}
	if r.IP == nil && r.User == nil && r.Hosts == nil {
		return nil
	}
	return r
}
