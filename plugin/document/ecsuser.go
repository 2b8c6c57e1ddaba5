package document

import (
	"strings"

	"redshank/analytics/alert"
	"redshank/plugin/text"
)

// ecsUser is the one account that an incident is about. Accounts that were
// merely tried are in related.user.
type ecsUser struct {
	Name   string    `json:"name,omitempty"`
	Domain string    `json:"domain,omitempty"`
	Email  string    `json:"email,omitempty"`
	ID     string    `json:"id,omitempty"`
	Roles  []string  `json:"roles,omitempty"` // what the policy calls the account
	Group  *ecsGroup `json:"group,omitempty"` // where the policy has it in just one: ECS has no list
}

type ecsGroup struct {
	Name string `json:"name"`
}

// ecsHost is the host that an incident is about. Servers that logged one are in
// related.hosts.
type ecsHost struct {
	Name string `json:"name"`
}

type ecsRelated struct {
	IP    []string `json:"ip,omitempty"`
	User  []string `json:"user,omitempty"`
	Hosts []string `json:"hosts,omitempty"`
}

// userOf gives an email only where the domain is one of mail, not a NetBIOS
// name.
func userOf(a *alert.Alert) *ecsUser {
	u := a.User
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

// accountOf is the canonical spelling of a user.
func accountOf(u *alert.User) string {
	if u.Domain == "" {
		return u.Name
	}
	return u.Name + "@" + u.Domain
}

// ecsHostOf is nil but for an incident of AN0131 about a host.
func ecsHostOf(a *alert.Alert) *ecsHost {
	if s := subjectOf(a); s.is(aHost) {
		return &ecsHost{s.Name}
	}
	return nil
}

// relatedOf is what an analyst pivots on. The lists are capped by the engine;
// redshank.counts has the true figures.
func relatedOf(a *alert.Alert) *ecsRelated {
	r := &ecsRelated{Hosts: cutAll(a.Hosts, maxName)}
	for _, ip := range a.IPs {
		r.IP = append(r.IP, ip.String())
	}
	for _, u := range a.Users {
		r.User = append(r.User, text.Cut(u.Name, maxName))
	}
	if r.IP == nil && r.User == nil && r.Hosts == nil {
		return nil
	}
	return r
}
