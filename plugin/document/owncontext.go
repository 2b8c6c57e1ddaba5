package document

import (
	"net/netip"
	"time"

	"redshank/analytics/alert"
	"redshank/plugin/text"
)

// ownContext describes one account of an alert. Its names are independent of those
// in the engine, so that searches of a SIEM keep working.
type ownContext struct {
	Account   string           `json:"account"`
	Marks     []string         `json:"marks,omitempty"`
	Groups    []string         `json:"groups,omitempty"`
	SignIns   []ownSignIn      `json:"last_sign_ins,omitempty"`
	Networks  []string         `json:"usual_networks,omitempty"`
	Countries []string         `json:"usual_countries,omitempty"`
	Devices   []string         `json:"usual_devices,omitempty"`
	Apps      []string         `json:"usual_apps,omitempty"`
	Clients   []string         `json:"usual_clients,omitempty"`
	Baseline  string           `json:"baseline,omitempty"`
	Since     []ownObservation `json:"since,omitempty"`
	Items     int              `json:"items_since,omitempty"`
	Mailboxes int              `json:"mailboxes,omitempty"`
}

// ownSignIn is one of the last successful sign-ins, among them those of the
// attacker.
type ownSignIn struct {
	At      string   `json:"at"`
	IP      string   `json:"ip,omitempty"`
	Country string   `json:"country,omitempty"`
	Network string   `json:"network,omitempty"`
	Labels  []string `json:"labels,omitempty"`
	Usual   bool     `json:"usual"` // the account used that network before the incident
	Service string   `json:"service,omitempty"`
	Client  string   `json:"client,omitempty"`
}

// ownObservation is one signal since the incident began, part of it or not.
type ownObservation struct {
	Code   string `json:"code"`
	Detail string `json:"detail,omitempty"`
	First  string `json:"first"`
	Last   string `json:"last"`
	IP     string `json:"ip,omitempty"`
}

// contextsOf returns the contexts of an alert.
func contextsOf(a *alert.Alert) []ownContext {
	var out []ownContext
	for i := range a.Context {
		out = append(out, contextOf(&a.Context[i], a.Time))
	}
	return out
}

// contextOf returns a context with all strings cut: see maxMessage. Sign-ins and
// signals later than at, the time of the alert, are left out: an incident may close
// hours after its last event.
func contextOf(c *alert.Context, at time.Time) ownContext {
	own := ownContext{
		Account:   text.Cut(c.Account, maxName),
		Marks:     cutAll(c.Marks, maxName),
		Groups:    cutAll(c.Groups, maxName),
		Networks:  cutAll(c.Networks, maxName),
		Countries: cutAll(c.Countries, maxName),
		Devices:   cutAll(c.Devices, maxName),
		Apps:      cutAll(c.Apps, maxName),
		Clients:   cutAll(c.Clients, maxName),
		Baseline:  text.Cut(c.Baseline, maxText),
		Items:     c.Items,
		Mailboxes: c.Mailboxes,
	}
	for _, s := range c.SignIns {
		if s.At.After(at) {
			continue
		}
		own.SignIns = append(own.SignIns, ownSignIn{stamp(s.At), addressText(s.IP), s.Country, text.Cut(s.Network, maxName),
			cutAll(s.Labels, maxName), s.Usual, s.Service, s.Client})
	}
	for _, d := range c.Since {
		if d.First.After(at) {
			continue
		}
		own.Since = append(own.Since, ownObservation{d.Code, text.Cut(d.Detail, maxText), stamp(d.First), stamp(d.Last), addressText(d.IP)})
	}
	return own
}

// addressText returns the text of ip, and "" for an unknown address.
func addressText(ip netip.Addr) string {
	if !ip.IsValid() {
		return ""
	}
	return ip.String()
}
