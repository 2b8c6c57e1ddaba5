package document

import (
	"redshank/analytics/alert"
	"redshank/plugin/text"
)

// ocsfEvidence describes who acted, from where and with what. At least one of the
// attributes is set.
type ocsfEvidence struct {
	Name    string        `json:"name,omitempty"` // client or records
	Source  *ocsfEndpoint `json:"src_endpoint,omitempty"`
	Actor   *ocsfActor    `json:"actor,omitempty"`        // who acted
	User    *ocsfUser     `json:"user,omitempty"`         // the target, when that is one account
	Device  *ocsfDevice   `json:"device,omitempty"`       // on which the activity ran
	Request *ocsfRequest  `json:"http_request,omitempty"` // the first user agent; the others are observables
	Data    *ocsfRecords  `json:"data,omitempty"`
}

// ocsfEndpoint is a client. A client that is a whole prefix is among the
// observables, since OCSF has no attribute for a prefix here.
type ocsfEndpoint struct {
	IP       string        `json:"ip"`
	Location *ocsfLocation `json:"location,omitempty"`
	AS       *ocsfAS       `json:"autonomous_system,omitempty"`
}

// ocsfLocation has a country or a city. OCSF does not allow coordinates alone.
type ocsfLocation struct {
	Country string   `json:"country,omitempty"`
	City    string   `json:"city,omitempty"`
	Lat     *float64 `json:"lat,omitempty"`
	Long    *float64 `json:"long,omitempty"`
}

// ocsfAS is the owner of the network of a client.
type ocsfAS struct {
	Number uint32 `json:"number"`
	Name   string `json:"name,omitempty"`
}

// ocsfActor is an account that acted, or an application.
type ocsfActor struct {
	User   *ocsfUser `json:"user,omitempty"`
	AppUID string    `json:"app_uid,omitempty"`
}

// ocsfUser is an account with its type and groups in the policy.
type ocsfUser struct {
	Name   string      `json:"name,omitempty"`
	UID    string      `json:"uid,omitempty"`
	Domain string      `json:"domain,omitempty"`
	Email  string      `json:"email_addr,omitempty"`
	TypeID int         `json:"type_id"`
	Type   string      `json:"type"`
	Groups []ocsfGroup `json:"groups,omitempty"`
}

type ocsfGroup struct {
	Name string `json:"name"`
}

// ocsfDevice is a server. OCSF requires its type, which the logs do not contain.
type ocsfDevice struct {
	Hostname string `json:"hostname"`
	TypeID   int    `json:"type_id"`
	Type     string `json:"type"`
}

// ocsfRequest stands for all requests of an incident, of which there may be
// thousands.
type ocsfRequest struct {
	Agent string `json:"user_agent"`
}

// ocsfRecords holds the ids of log records of an incident.
type ocsfRecords struct {
	IDs []string `json:"record_ids"`
}

// evidencesOf returns the client of the incident, or every client of a campaign,
// and then the records.
func evidencesOf(a *alert.Alert) []ocsfEvidence {
	var out []ocsfEvidence
	if !a.Source.IsValid() && a.Rule.Kind == alert.Threshold {
		for _, ip := range a.IPs {
			out = append(out, ocsfEvidence{Name: "client", Source: &ocsfEndpoint{IP: ip.String()}})
		}
	}
	main := ocsfEvidence{Name: "client", Source: endpointOf(a), Actor: actorOf(a), Device: deviceOf(a)}
	if main.Actor == nil {
		main.User = targetOf(a)
	}
	if main.Source != nil || main.Actor != nil || main.User != nil || main.Device != nil {
		if len(a.Agents) > 0 {
			main.Request = &ocsfRequest{text.Cut(a.Agents[0], maxText)}
		}
		out = append(out, main)
	}
	if len(a.Evidence) > 0 {
		out = append(out, ocsfEvidence{Name: "records", Data: &ocsfRecords{cutAll(a.Evidence, maxName)}})
	}
	return out
}

// endpointOf returns nil for an incident without one client. Location and owner
// come from the databases that the policy names.
func endpointOf(a *alert.Alert) *ocsfEndpoint {
	if !a.Source.IsValid() {
		return nil
	}
	e := &ocsfEndpoint{IP: a.Source.String()}
	if g := a.Geo; g.CountryISO != "" || g.City != "" {
		e.Location = &ocsfLocation{Country: g.CountryISO, City: text.Cut(g.City, maxName)}
		if g.Located {
			e.Location.Lat, e.Location.Long = &g.Lat, &g.Lon
		}
	}
	if a.AS.Number != 0 {
		e.AS = &ocsfAS{a.AS.Number, text.Cut(a.AS.Organization, maxName)}
	}
	return e
}

// actorOf returns the account or application that acted. It returns nil for an
// incident whose accounts are targets.
func actorOf(a *alert.Alert) *ocsfActor {
	switch s := subjectOf(a); {
	case s.is(anAccount):
		return &ocsfActor{User: targetOf(a)}
	case s.is(anApplication):
		return &ocsfActor{AppUID: s.Name}
	}
	return nil
}

// targetOf returns the account that an incident is about, or nil.
func targetOf(a *alert.Alert) *ocsfUser {
	u := a.User
	if u == nil || u.Name == "" && u.ID == "" {
		return nil
	}
	out := &ocsfUser{Name: text.Cut(u.Name, maxName), UID: text.Cut(u.ID, maxName), Domain: text.Cut(u.Domain, maxName), TypeID: 1, Type: "User"}
	if mail := text.Cut(accountOf(u), maxName); isMail(mail) {
		out.Email = mail
	}
	for i := range a.Context {
		if c := &a.Context[i]; c.Account == accountOf(u) {
			out.TypeID, out.Type = userType(c.Marks)
			for _, g := range c.Groups {
				out.Groups = append(out.Groups, ocsfGroup{text.Cut(g, maxName)})
			}
		}
	}
	return out
}

// userType returns the OCSF type of an account with these marks.
func userType(marks []string) (int, string) {
	for _, m := range marks {
		switch m {
		case alert.MarkPrivileged:
			return 2, "Admin"
		case alert.MarkService:
			return 4, "Service"
		}
	}
	return 1, "User"
}

// deviceOf returns the host that an incident is about, or nil. Servers that logged
// an incident are resources.
func deviceOf(a *alert.Alert) *ocsfDevice {
	if s := subjectOf(a); s.is(aHost) {
		return &ocsfDevice{s.Name, 0, "Unknown"}
	}
	return nil
}

// isMail reports whether OCSF accepts text as a mail address: ASCII, with a dot in
// the domain. Other texts are user names.
func isMail(text string) bool {
	at, dot := -1, false
	for i := range len(text) {
		switch c := text[i]; {
		case c == '@' && at < 0:
			at = i
		case c == '.' && at >= 0:
			dot = dot || i > at+1
		case at < 0 && mailByte(c, "!#$%&'*+/=?^_`{|}~.-"), at >= 0 && mailByte(c, "-"):
		default:
			return false
		}
	}
	return at > 0 && dot && text[len(text)-1] != '.'
}

func mailByte(c byte, more string) bool {
	if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' {
		return true
	}
	for i := range len(more) {
		if more[i] == c {
			return true
		}
	}
	return false
}
