package document

import (
	"redshank/analytics/alert"
	"redshank/plugin/text"
)

// ocsfResource is an account, application or server that is a target or affected.
type ocsfResource struct {
	Name     string           `json:"name,omitempty"`
	Hostname string           `json:"hostname,omitempty"`
	Type     string           `json:"type"`
	RoleID   int              `json:"role_id"`
	Role     string           `json:"role"`
	Labels   []string         `json:"labels,omitempty"` // privileged, service, leaked
	Data     *ocsfAccountData `json:"data,omitempty"`
}

// ocsfAccountData describes the attack on one account. OCSF does not define the
// form of data.
type ocsfAccountData struct {
	Failures   int    `json:"failures,omitempty"`
	LastReason string `json:"last_reason,omitempty"`
	At         string `json:"valid_at,omitempty"` // first use of the right password by the attacker
	How        string `json:"valid_how,omitempty"`
	IP         string `json:"valid_ip,omitempty"`
}

// The roles of a resource.
var (
	roleTarget   = caption{1, "Target"}
	roleActor    = caption{2, "Actor"}
	roleAffected = caption{3, "Affected"}
	roleRelated  = caption{4, "Related"}
)

// resourcesOf lists each account once, as affected if the attacker knows its
// password and as a target otherwise.
func resourcesOf(a *alert.Alert) []ocsfResource {
	var out []ocsfResource
	place := map[string]int{}
	account := func(name string, role caption) *ocsfResource {
		name = text.Cut(name, maxName)
		i, ok := place[name]
		if !ok {
			i = len(out)
			place[name] = i
			out = append(out, ocsfResource{Name: name, Type: "Account", RoleID: role.id, Role: role.text})
		}
		return &out[i]
	}
	for _, v := range a.Valid {
		account(v.User, roleAffected).Data = &ocsfAccountData{At: stamp(v.At), How: text.Cut(v.How, maxText), IP: addressText(v.IP)}
	}
	if s := subjectOf(a); s.is(anAccount) {
		account(s.Name, roleAffected)
	} else if s.is(anApplication) {
		out = append(out, ocsfResource{Name: s.Name, Type: "Application", RoleID: roleActor.id, Role: roleActor.text})
	}
	for i := range a.Users {
		account(a.Users[i].Name, roleTarget).tried(&a.Users[i])
	}
	for i := range a.Context {
		if at, ok := place[text.Cut(a.Context[i].Account, maxName)]; ok && len(out[at].Labels) == 0 {
			out[at].Labels = cutAll(a.Context[i].Marks, maxName)
		}
	}
	for _, h := range cutAll(a.Hosts, maxName) {
		out = append(out, ocsfResource{Hostname: h, Type: "Server", RoleID: roleRelated.id, Role: roleRelated.text})
	}
	return out
}

// tried adds the failures of an account, and its marks at the time of them.
func (r *ocsfResource) tried(u *alert.UserCount) {
	if r.Data == nil {
		r.Data = &ocsfAccountData{}
	}
	r.Data.Failures, r.Data.LastReason = u.Failures, text.Cut(u.LastReason, maxName)
	r.Labels = nil
	if u.Privileged {
		r.Labels = append(r.Labels, alert.MarkPrivileged)
	}
	if u.Leaked {
		r.Labels = append(r.Labels, alert.MarkLeaked)
	}
}
