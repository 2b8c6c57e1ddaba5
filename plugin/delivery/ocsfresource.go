package delivery

import (
	"strconv"

	"redshank/analytics"
)

// ocsfResource is what was aimed at or affected: accounts, servers.
type ocsfResource struct {
	Name     string           `json:"name,omitempty"`
	Hostname string           `json:"hostname,omitempty"`
	Type     string           `json:"type"`
	RoleID   int              `json:"role_id"`
	Role     string           `json:"role"`
	Labels   []string         `json:"labels,omitempty"`
	Data     *ocsfAccountData `json:"data,omitempty"`
}

// ocsfAccountData is what an attack did to an account.
type ocsfAccountData struct {
	Failures   int    `json:"failures,omitempty"`
	LastReason string `json:"last_reason,omitempty"`
	At         string `json:"valid_at,omitempty"` // when its password was seen to be known
	How        string `json:"valid_how,omitempty"`
}

var (
	roleTarget   = caption{1, "Target"}
	roleActor    = caption{2, "Actor"}
	roleAffected = caption{3, "Affected"}
	roleRelated  = caption{4, "Related"}
)

// resourcesOf lists each account once: affected where its password is known to
// the attacker, else aimed at.
func resourcesOf(a *analytics.Alert) []ocsfResource {
	var out []ocsfResource
	place := map[string]int{}
	account := func(name string, role caption) *ocsfResource {
		name = capped(name, maxName)
		i, ok := place[name]
		if !ok {
			i = len(out)
			place[name] = i
			out = append(out, ocsfResource{Name: name, Type: "Account", RoleID: role.id, Role: role.text})
		}
		return &out[i]
	}
	for _, v := range a.Valid {
		account(v.User, roleAffected).Data = &ocsfAccountData{At: stamp(v.At), How: capped(v.How, maxText)}
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
		if at, ok := place[capped(a.Context[i].Account, maxName)]; ok && len(out[at].Labels) == 0 {
			out[at].Labels = cappedAll(a.Context[i].Marks, maxName)
		}
	}
	for _, h := range cappedAll(a.Hosts, maxName) {
		out = append(out, ocsfResource{Hostname: h, Type: "Server", RoleID: roleRelated.id, Role: roleRelated.text})
	}
	return out
}

func (r *ocsfResource) tried(u *analytics.UserCount) {
	if r.Data == nil {
		r.Data = &ocsfAccountData{}
	}
	r.Data.Failures, r.Data.LastReason = u.Failures, capped(u.LastReason, maxName)
	r.Labels = nil
	if u.Privileged {
		r.Labels = append(r.Labels, analytics.MarkPrivileged)
	}
	if u.Leaked {
		r.Labels = append(r.Labels, analytics.MarkLeaked)
	}
}

// ocsfObservable points at one value to pivot on.
type ocsfObservable struct {
	Name   string `json:"name"`
	TypeID int    `json:"type_id"`
	Type   string `json:"type"`
	Value  string `json:"value"`
}

// The types of observables. Source: the OCSF dictionary.
var (
	seenHost    = caption{1, "Hostname"}
	seenIP      = caption{2, "IP Address"}
	seenUser    = caption{4, "User Name"}
	seenMail    = caption{5, "Email Address"}
	seenID      = caption{10, "Resource UID"}
	seenSubnet  = caption{12, "Subnet"}
	seenCountry = caption{14, "Country"}
	seenAgent   = caption{16, "HTTP User-Agent"}
)

// observables are gathered with each value once.
type observables struct {
	list []ocsfObservable
	seen map[string]bool
}

func (o *observables) add(name string, kind caption, value string) {
	key := strconv.Itoa(kind.id) + value
	if value == "" || o.seen[key] {
		return
	}
	o.seen[key] = true
	o.list = append(o.list, ocsfObservable{name, kind.id, kind.text, value})
}

func (o *observables) account(name string) {
	name = capped(name, maxName)
	kind := seenUser
	if isMail(name) {
		kind = seenMail
	}
	o.add("resources.name", kind, name)
}

// observablesOf are all addresses, accounts, hosts, agents and applications,
// those that matter most first.
func observablesOf(a *analytics.Alert) []ocsfObservable {
	o := observables{seen: map[string]bool{}}
	if a.Source.IsValid() {
		o.add("evidences.src_endpoint.ip", seenIP, a.Source.String())
		o.add("evidences.src_endpoint.location.country", seenCountry, a.Geo.CountryISO)
	}
	if a.Prefix.IsValid() {
		o.add("evidences.src_endpoint.ip", seenSubnet, a.Prefix.String())
	}
	if a.User != nil {
		o.account(accountOf(a.User))
	}
	for _, v := range a.Valid {
		o.account(v.User)
	}
	for _, ip := range a.IPs {
		o.add("evidences.src_endpoint.ip", seenIP, ip.String())
	}
	for _, u := range a.Users {
		o.account(u.Name)
	}
	for _, h := range a.Hosts {
		o.add("resources.hostname", seenHost, capped(h, maxName))
	}
	for _, agent := range a.Agents {
		o.add("evidences.http_request.user_agent", seenAgent, capped(agent, maxText))
	}
	for _, app := range a.Apps {
		o.add("evidences.actor.app_uid", seenID, capped(app, maxName))
	}
	return o.list
}

// ocsfEnrichment is what is known of a value beyond the logs.
type ocsfEnrichment struct {
	Name     string `json:"name"`
	Value    string `json:"value"`
	Type     string `json:"type"`
	Provider string `json:"provider"`
	Data     any    `json:"data"`
}

// ocsfLabels are what the policy calls a network.
type ocsfLabels struct {
	Labels []string `json:"labels"`
}

func enrichmentsOf(a *analytics.Alert) []ocsfEnrichment {
	var out []ocsfEnrichment
	if len(a.Labels) > 0 && a.Source.IsValid() {
		out = append(out, ocsfEnrichment{"evidences.src_endpoint.ip", a.Source.String(), "network", "redshank", ocsfLabels{cappedAll(a.Labels, maxName)}})
	}
	for _, c := range contextsOf(a) {
		out = append(out, ocsfEnrichment{"resources.name", c.Account, "account", "redshank", c})
	}
	return out
}
