package collection

import (
	"net/netip"
	"strconv"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/state"
	"redshank/analytics/window"
)

// networkContext is the network and location of an event's client.
type networkContext struct {
	network uint64 // feature of the network: by owner (ASN), else by prefix; 0: none
	usual   bool   // the policy calls it usual for everybody
	v6      bool   // an IPv6 network without a known owner, which cannot be compared with IPv4
	country []byte
	// ownDevice: the sign-in was made with a device that the account has long used.
	ownDevice bool
	program   bool // mail is read by a program
	located   bool // latitude and longitude are known
	lat       float32
	lon       float32
}

// networks locates clients and keeps the names of networks and other features.
type networks struct {
	policy       *policy.Policy
	geo          *policy.GeoCache
	featureNames baseline.Names
	country      []byte // reused
}

// usualNetwork are the marks of a network that the policy calls usual for everybody.
const usualNetwork = event.AllowedNetwork | event.CorporateEgress | event.KnownLocation

// contextOf returns the context of an event. It is empty for cloud back
// ends and the server's own addresses.
func (c *networks) contextOf(ev *event.Event) (w networkContext) {
	w.country, w.usual = ev.Country, ev.Marks&usualNetwork != 0
	if clientOf(ev) == (event.ClientKey{}) {
		return w
	}
	l := c.geo.Locate(ev.IP)
	w.v6 = ev.IP.Is6() && l.ASN == 0
	w.network = baseline.NetworkKey(ev.IP, l.ASN)
	if len(w.country) == 0 && l.Country != "" {
		w.country = c.spell(l.Country)
	}
	w.located, w.lat, w.lon = l.Located, float32(l.Lat), float32(l.Lon)
	return w
}

// usualFor reports whether a client is in a network that was usual for an account
// before a time.
func (c *networks) usualFor(d *profile, k event.ClientKey, at int64) bool {
	network := c.networkOf(k)
	return network != 0 && d.Baseline.KnewBefore(network, at, c.policy.Collection.Baseline)
}

// networkOf returns the feature of the network of a client, 0 for no client.
func (c *networks) networkOf(k event.ClientKey) uint64 {
	if k == (event.ClientKey{}) {
		return 0
	}
	ip := k.Addr()
	return baseline.NetworkKey(ip, c.geo.Locate(ip).ASN)
}

// spell returns a country as bytes, for hashing, without allocating. The bytes are
// valid until the next call.
func (c *networks) spell(country string) []byte {
	c.country = append(c.country[:0], country...)
	return c.country
}

// rented reports whether an address is in a network of servers for rent or of a VPN
// service.
func (c *networks) rented(ip netip.Addr) bool { return c.geo.Rented(ip) }

// learnName stores the name of a feature. It allocates only for an unknown name.
func (c *networks) learnName(p *eventFeature, ev *event.Event) {
	if c.featureNames.Contains(p.key) { // cheaper than Get, which moves the entry
		return
	}
	n := baseline.Name{Text: string(p.detail[:min(len(p.detail), baseline.MaxFeatureName)])}
	switch p.signal {
	case newNetwork:
		n = baseline.Name{Kind: baseline.Network, Text: c.networkName(ev.IP)}
	case newCountry:
		n.Kind = baseline.Country
	case newDevice:
		n.Kind = baseline.Device
	case newFamily:
		if n.Kind = baseline.Family; p.detail == nil {
			n.Text = ev.Family.String()
		}
	case newApp:
		n.Kind = baseline.App
		if name := c.policy.AppName(ev.App); name != "" {
			n.Text = name
		}
	default:
		return
	}
	c.featureNames.Add(p.key, n)
}

// networkName returns the owner of an address, or the prefix that stands for one.
func (c *networks) networkName(ip netip.Addr) string {
	if l := c.policy.Locate(ip); l.ASN != 0 {
		return ownerName(l.ASN, l.Organization)
	}
	bits := 32
	if ip.Is4() {
		bits = 16
	}
	return netip.PrefixFrom(event.ClientKey(ip.As16()).Network().Addr(), bits).String()
}

// ownerName returns a network owner as "AS8075 Microsoft".
func ownerName(asn uint32, organization string) string {
	name := "AS" + strconv.FormatUint(uint64(asn), 10)
	if organization != "" {
		name += " " + organization
	}
	return name
}

// savedFeatureName is the saved form of the name of a feature.
type savedFeatureName struct {
	Turn uint64
	Kind baseline.Kind
	Text string
}

// table returns the table of the names of features.
func (c *networks) table() state.Table {
	names := c.featureNames
	return state.Table{
		Name: "features", Track: names.Track, Loaded: names.Loaded,
		Changes: func(w *state.Writer) {
			names.Changes(func(d window.Dated[baseline.Name], present bool) {
				w.Encode("features", &savedFeatureName{d.At, d.Value.Kind, d.Value.Text})
				w.Put("features", w.Number(d.Key), present)
			})
		},
		Restore: func(key, value []byte) error {
			var in savedFeatureName
			k, err := state.Unmarshal(key, value, &in)
			if err == nil {
				names.Load(window.Dated[baseline.Name]{Key: k, At: in.Turn, Value: baseline.Name{Kind: in.Kind, Text: in.Text}})
			}
			return err
		},
	}
}

// linksOf returns the links of an event.
func linksOf(p *policy.Policy, ev *event.Event) (l links) {
	switch {
	case len(ev.Session) > 0:
		l[0] = event.SaltedHash('s', ev.Session)
	case len(ev.Token) > 0:
		l[0] = event.SaltedHash('t', ev.Token)
	}
	if k := clientOf(ev); k != (event.ClientKey{}) {
		l[1] = linkOf(p, k)
	}
	if foreign(p, ev) {
		l[2] = event.SaltedHash('a', ev.App) // everybody uses Microsoft's
	} else if len(ev.App) == 0 && len(ev.Target) == len(appID) {
		l[2] = event.SaltedHash('a', ev.Target)
	}
	return l
}

// linkOf returns the link of a client: of its prefix, as the policy cuts addresses.
func linkOf(p *policy.Policy, k event.ClientKey) uint64 {
	k = p.ClientOf(k)
	return event.SaltedHash('i', k[:])
}

// clientOf returns the address of an event's client. The address is zero if unknown
// or if it belongs to the cloud or the server itself.
func clientOf(ev *event.Event) (k event.ClientKey) {
	if ev.IP.IsValid() && ev.Marks&(event.ServerItself|event.MicrosoftRange) == 0 {
		return ev.IP.As16()
	}
	return k
}

// firstOf returns a, or b if a is empty.
func firstOf(a, b []byte) []byte {
	if len(a) > 0 {
		return a
	}
	return b
}

// requestLog reports whether the source logs requests rather than sign-ins.
func requestLog(s event.Source) bool {
	return s == event.IIS || s == event.HTTPProxy || s == event.EWS
}

// eventFeature is one feature of an event, as a baseline stores it.
type eventFeature struct {
	key    uint64
	signal signalKind
	detail []byte
	own    bool // compared with the account alone, not with its groups
}

// text returns the detail of a feature's signal. The agent is read on demand.
func (p *eventFeature) text(ev *event.Event) []byte {
	if p.signal == newFamily && p.detail == nil {
		return ev.AgentText()
	}
	return p.detail
}

// featuresOf returns the features of a sign-in. Cloud back ends and networks that
// the policy calls usual have no network features.
func featuresOf(ev *event.Event, w *networkContext) (p [6]eventFeature) {
	if !w.usual {
		p[0] = eventFeature{w.network, newNetwork, nil, false}
		p[1] = eventFeature{baseline.Key(baseline.Country, w.country), newCountry, w.country, false}
	}
	p[2] = eventFeature{baseline.Key(baseline.Device, ev.Device), newDevice, ev.Device, true}
	switch {
	case len(ev.Model) > 0:
		p[3] = eventFeature{baseline.Key(baseline.Family, ev.Model[:min(len(ev.Model), baseline.MaxFeatureName)]), newFamily, ev.Model, false}
	case ev.Family != event.FamilyNone:
		p[3] = eventFeature{baseline.Key(baseline.Family, []byte{byte(ev.Family)}), newFamily, nil, false}
	}
	p[4] = eventFeature{baseline.Key(baseline.App, ev.App), newApp, ev.App, false}
	if protocolOf(ev) != event.ProtocolUnknown {
		p[5] = eventFeature{key: methodKey(ev), signal: signalKinds} // compared by method, below
	}
	return p
}

func methodKey(ev *event.Event) uint64 {
	return baseline.Key(baseline.Method, []byte{byte(protocolOf(ev))})
}

// protocolOf returns how a sign-in was made. IMAP and POP are legacy protocols, however
// their servers log the sign-in.
func protocolOf(ev *event.Event) event.Protocol {
	if ev.Service == event.IMAPService || ev.Service == event.POPService {
		return event.LegacyAuth
	}
	return ev.Protocol
}

// anyRented is the feature of an account that uses servers for rent or a VPN service,
// whichever.
var anyRented = baseline.Key(baseline.Network, []byte("rented"))

// appID has the length of an application id.
const appID = "00000000-0000-0000-0000-000000000000"
