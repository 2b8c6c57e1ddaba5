package analytics

import (
	"net/netip"
	"slices"
	"time"

	"redshank/analytics/event"
)

// SignIn is one successful sign-in of an account.
type SignIn struct {
	At      time.Time
	IP      netip.Addr // invalid: not known
	Country string     // ISO 3166, by the policy's database
	Network string     // its owner likewise
	Labels  []string   // of the policy
	Usual   bool       // the account used that network before the incident
	Service string
	Client  string // kind of agent
}

// came is one sign-in that went well. 32 bytes, four of them a dossier.
type came struct {
	at      int64
	client  clientKey // zero: not known
	service event.Service
	family  event.Family
}

func cameOf(ev *event.Event) came {
	v := came{at: ev.Time.UnixMilli(), service: ev.Service, family: ev.Family}
	if ev.IP.IsValid() {
		v.client = clientKey(ev.IP.As16())
	}
	return v
}

// cameIn remembers a sign-in among the newest, in place of an older one of the
// same kind: a busy mail client must not push out the one from elsewhere. What
// is kept does not depend on the order.
func (h *habits) cameIn(v came) {
	at := len(h.came) - 1
	for i := range h.came {
		if o := &h.came[i]; o.client == v.client && o.service == v.service && o.family == v.family {
			at = i
			break
		}
	}
	if v.at <= h.came[at].at {
		return
	}
	for ; at > 0 && h.came[at-1].at < v.at; at-- {
		h.came[at] = h.came[at-1]
	}
	h.came[at] = v
}

func (c *collection) lastSignIns(d *dossier, start int64) []SignIn {
	var list []SignIn
	for _, v := range d.came {
		if v.at == 0 {
			break
		}
		s := SignIn{At: at(v.at), Service: v.service.String(), Client: v.family.String()}
		if v.client != (clientKey{}) {
			s.IP = v.client.addr()
			l := c.policy.Locate(s.IP)
			s.Country, s.Labels = l.Country, c.policy.NetworkLabels(s.IP)
			if l.ASN != 0 {
				s.Network = ownerName(l.ASN, l.Organization)
			}
			s.Usual = d.baseline.usedBefore(networkKey(s.IP, l.ASN), start)
		}
		list = append(list, s)
	}
	return list
}

// usedBefore tells whether a place was used before a time, ripe or not.
func (b *baseline) usedBefore(key uint64, at int64) bool {
	return slices.ContainsFunc(b.places, func(p place) bool { return p.key == key && p.first < at })
}
