package collection

import (
	"net/netip"
	"strconv"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
)

// nameOf records the name of a feature. It allocates only for an unknown name.
func (c *Detector) nameOf(p *eventFeature, ev *event.Event) {
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
		n = baseline.Name{Kind: baseline.Family, Text: ev.Family.String()}
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

// networkName is the owner of an address, or the prefix that stands for one.
func (c *Detector) networkName(ip netip.Addr) string {
	if l := c.policy.Locate(ip); l.ASN != 0 {
		return ownerName(l.ASN, l.Organization)
	}
	bits := 32
	if ip.Is4() {
		bits = 16
	}
	return netip.PrefixFrom(event.ClientKey(ip.As16()).Network().Addr(), bits).String()
}

func ownerName(asn uint32, organization string) string {
	name := "AS" + strconv.FormatUint(uint64(asn), 10)
	if organization != "" {
		name += " " + organization
	}
	return name
}
