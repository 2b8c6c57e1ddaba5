package collection

import (
	"redshank/analytics/alert"
	"redshank/analytics/baseline"
	"redshank/analytics/event"
)

// recentSignIn is one successful sign-in. It takes 32 bytes; a profile has four.
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

// addSignIn stores a sign-in among the newest, replacing an older one of the same
// kind, so that a busy mail client does not evict one from elsewhere. The result
// does not depend on the order of arrival.
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
