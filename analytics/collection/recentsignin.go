package collection

import (
	"redshank/analytics/alert"
	"redshank/analytics/baseline"
	"redshank/analytics/event"
)

// came is one sign-in that went well. 32 bytes, four of them a dossier.
type recentSignIn struct {
	at      int64
	client  event.ClientKey // zero: not known
	service event.Service
	family  event.Family
}

func recentSignInOf(ev *event.Event) recentSignIn {
	v := recentSignIn{at: ev.Time.UnixMilli(), service: ev.Service, family: ev.Family}
	if ev.IP.IsValid() {
		v.client = event.ClientKey(ev.IP.As16())
	}
	return v
}

// cameIn remembers a sign-in among the newest, in place of an older one of the
// same kind: a busy mail client must not push out the one from elsewhere. What
// is kept does not depend on the order.
func (h *behaviour) addSignIn(v recentSignIn) {
	at := len(h.recentSignIns) - 1
	for i := range h.recentSignIns {
		if o := &h.recentSignIns[i]; o.client == v.client && o.service == v.service && o.family == v.family {
			at = i
			break
		}
	}
	if v.at <= h.recentSignIns[at].at {
		return
	}
	for ; at > 0 && h.recentSignIns[at-1].at < v.at; at-- {
		h.recentSignIns[at] = h.recentSignIns[at-1]
	}
	h.recentSignIns[at] = v
}

func (c *Detector) lastSignIns(d *profile, start int64) []alert.SignIn {
	var list []alert.SignIn
	for _, v := range d.recentSignIns {
		if v.at == 0 {
			break
		}
		s := alert.SignIn{At: event.UnixTime(v.at), Service: v.service.String(), Client: v.family.String()}
		if v.client != (event.ClientKey{}) {
			s.IP = v.client.Addr()
			l := c.policy.Locate(s.IP)
			s.Country, s.Labels = l.Country, c.policy.NetworkLabels(s.IP)
			if l.ASN != 0 {
				s.Network = ownerName(l.ASN, l.Organization)
			}
			s.Usual = d.baseline.UsedBefore(baseline.NetworkKey(s.IP, l.ASN), start)
		}
		list = append(list, s)
	}
	return list
}
