package analytics

import (
	"net/netip"
	"strconv"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// placeNames are the names of the places that baselines know by hash alone.
// They are shared by all accounts, as most places are, and bounded: about 150
// bytes each. The oldest goes first; what is still in use comes back with the
// next sign-in from that place.
type featureNames struct {
	*window.Recent[featureName]
}

type featureName struct {
	kind featureKind
	text string
}

// usersPerName: only devices are an account's own, and few sources log them.
const usersPerName = 4

// maxPlaceName caps what is kept of a device or an application, in bytes.
const maxFeatureName = 80

func newFeatureNames(users int) featureNames {
	return featureNames{window.NewRecent[featureName](max(users/usersPerName, 1024))}
}

// nameOf remembers what a place of an event is called. It allocates only for a
// name that is not known yet.
func (c *collection) nameOf(p *eventFeature, ev *event.Event) {
	if c.featureNames.Contains(p.key) { // cheaper than Get, which moves the entry
		return
	}
	n := featureName{text: string(p.detail[:min(len(p.detail), maxFeatureName)])}
	switch p.signal {
	case newNetwork:
		n = featureName{featureNetwork, c.networkName(ev.IP)}
	case newCountry:
		n.kind = featureCountry
	case newDevice:
		n.kind = featureDevice
	case newFamily:
		n = featureName{featureFamily, ev.Family.String()}
	case newApp:
		n.kind = featureApp
		if name := c.policy.AppName(ev.App); name != "" {
			n.text = name
		}
	default:
		return
	}
	c.featureNames.Add(p.key, n)
}

// networkName is the owner of an address, or the prefix that stands for one.
func (c *collection) networkName(ip netip.Addr) string {
	if l := c.policy.Locate(ip); l.ASN != 0 {
		return ownerName(l.ASN, l.Organization)
	}
	bits := 32
	if ip.Is4() {
		bits = 16
	}
	return netip.PrefixFrom(ClientKey(ip.As16()).network().addr(), bits).String()
}

func ownerName(asn uint32, organization string) string {
	name := "AS" + strconv.FormatUint(uint64(asn), 10)
	if organization != "" {
		name += " " + organization
	}
	return name
}
