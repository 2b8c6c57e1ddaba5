package delivery

import (
	"net/netip"

	"redshank/analytics"
)

// ownContext is what is known of one account of an alert.
type ownContext struct {
	Account   string      `json:"account"`
	Marks     []string    `json:"marks,omitempty"`
	Groups    []string    `json:"groups,omitempty"`
	SignIns   []ownSignIn `json:"last_sign_ins,omitempty"`
	Networks  []string    `json:"usual_networks,omitempty"`
	Countries []string    `json:"usual_countries,omitempty"`
	Devices   []string    `json:"usual_devices,omitempty"`
	Apps      []string    `json:"usual_apps,omitempty"`
	Clients   []string    `json:"usual_clients,omitempty"`
	Baseline  string      `json:"baseline,omitempty"`
	Since     []ownDeed   `json:"since,omitempty"`
	Items     int         `json:"items_since,omitempty"`
	Mailboxes int         `json:"mailboxes,omitempty"`
}

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

type ownDeed struct {
	Code   string `json:"code"`
	Detail string `json:"detail,omitempty"`
	First  string `json:"first"`
	Last   string `json:"last"`
	IP     string `json:"ip,omitempty"`
}

func contextsOf(a *analytics.Alert) []ownContext {
	var out []ownContext
	for i := range a.Context {
		out = append(out, contextOf(&a.Context[i]))
	}
	return out
}

func contextOf(c *analytics.Context) ownContext {
	own := ownContext{
		Account:   capped(c.Account, maxName),
		Marks:     cappedAll(c.Marks, maxName),
		Groups:    cappedAll(c.Groups, maxName),
		Networks:  cappedAll(c.Networks, maxName),
		Countries: cappedAll(c.Countries, maxName),
		Devices:   cappedAll(c.Devices, maxName),
		Apps:      cappedAll(c.Apps, maxName),
		Clients:   cappedAll(c.Clients, maxName),
		Baseline:  capped(c.Baseline, maxText),
		Items:     c.Items,
		Mailboxes: c.Mailboxes,
	}
	for _, s := range c.SignIns {
		own.SignIns = append(own.SignIns, ownSignIn{stamp(s.At), address(s.IP), s.Country, capped(s.Network, maxName),
			cappedAll(s.Labels, maxName), s.Usual, s.Service, s.Client})
	}
	for _, d := range c.Since {
		own.Since = append(own.Since, ownDeed{d.Code, capped(d.Detail, maxText), stamp(d.First), stamp(d.Last), address(d.IP)})
	}
	return own
}

// address is "" for one that is not known.
func address(ip netip.Addr) string {
	if !ip.IsValid() {
		return ""
	}
	return ip.String()
}
