package document

import (
	"strconv"

	"redshank/analytics/alert"
	"redshank/plugin/text"
)

// ocsfObservable is one value to pivot on.
type ocsfObservable struct {
	Name   string `json:"name"` // of the attribute that has the value
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

// observables collects values, each once. The subject of an incident is usually
// among its accounts too.
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

// account adds an account, as a mail address if OCSF accepts it as one.
func (o *observables) account(name string) {
	name = text.Cut(name, maxName)
	kind := seenUser
	if isMail(name) {
		kind = seenMail
	}
	o.add("resources.name", kind, name)
}

// observablesOf returns all addresses, accounts, hosts, agents and applications,
// the most important first.
func observablesOf(a *alert.Alert) []ocsfObservable {
	o := observables{seen: map[string]bool{}}
	if a.Source.IsValid() {
		o.add("evidences.src_endpoint.ip", seenIP, a.Source.String())
		o.add("evidences.src_endpoint.location.country", seenCountry, a.Geo.CountryISO)
	}
	if a.Prefix.IsValid() {
		o.add("evidences.src_endpoint.ip", seenSubnet, a.Prefix.String())
	}
	for _, name := range a.RelatedUsers() {
		o.account(name)
	}
	for _, ip := range a.RelatedIPs() {
		o.add("evidences.src_endpoint.ip", seenIP, ip.String())
	}
	for _, h := range a.Hosts {
		o.add("resources.hostname", seenHost, text.Cut(h, maxName))
	}
	for _, agent := range a.Agents {
		o.add("evidences.http_request.user_agent", seenAgent, text.Cut(agent, maxText))
	}
	for _, app := range a.Apps {
		o.add("evidences.actor.app_uid", seenID, text.Cut(app, maxName))
	}
	return o.list
}
