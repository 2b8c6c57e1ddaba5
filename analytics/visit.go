package analytics

import (
	"math"

	"redshank/analytics/event"
)

// visited weighs a sign-in against those around it and against the failures
// before it.
func (c *collection) visited(d *dossier, ev *event.Event, w *whereabouts) {
	k := c.clientOf(ev)
	if k == (clientKey{}) || w.usual || d.kind != aUser {
		return
	}
	v := visit{ev.Time.UnixMilli(), k, w.network, w.lat, w.lon, w.located}
	if kept := d.called(v, func(o *visit) { c.travelled(d, &v, o) }); kept != nil {
		c.afterFailures(d, kept)
	}
}

// travelled notes two sign-ins that nobody makes who travels between them: more
// than 500 km apart, at more than 900 km/h. Networks that the account is used
// to on both sides are its own VPN.
func (c *collection) travelled(d *dossier, v, o *visit) {
	const least, airliner = 500, 900
	if !v.located || !o.located || v.network == o.network {
		return
	}
	far := v.kilometres(o)
	hours := float64(max(v.at-o.at, o.at-v.at)) / hour
	if far < least || far < airliner*hours {
		return
	}
	early, late := o, v
	if o.at > v.at {
		early, late = v, o
	}
	if d.baseline.knewBefore(late.network, late.at, c.policy.Collection.Baseline) {
		late = early
	}
	c.enter(d, c.visitNote(impossibleTravel, late), nil, nil)
}

// visitNote counts only while the network of the visit is not usual.
func (c *collection) visitNote(kind signalKind, v *visit) note {
	return note{kind: kind, first: v.at, last: v.at, client: v.client, links: links{1: c.linkOf(v.client)}, place: v.network}
}

// afterFailures notes a sign-in that three failures came before within half an
// hour.
func (c *collection) afterFailures(d *dossier, v *visit) {
	const soon, enough = 30 * 60 * 1000, 3
	before := 0
	for _, f := range d.failed {
		if f != 0 && f <= v.at && f >= v.at-soon {
			before++
		}
	}
	if before >= enough && !d.baseline.knewBefore(v.network, v.at, c.policy.Collection.Baseline) {
		c.enter(d, c.visitNote(signInAfterFailures, v), nil, nil)
	}
}

// failed remembers the time of a failure, among the latest few, and looks at
// the sign-ins it may have come before.
func (c *collection) failed(d *dossier, at int64) {
	place := 0
	for place < len(d.failed) && d.failed[place] > at {
		place++
	}
	if place < len(d.failed) && d.failed[place] != at {
		copy(d.failed[place+1:], d.failed[place:])
		d.failed[place] = at
	}
	for i := range d.visits {
		if v := &d.visits[i]; v.at != 0 {
			c.afterFailures(d, v)
		}
	}
}

// visit is one sign-in, as far as those around it are weighed against it.
type visit struct {
	at       int64
	client   clientKey
	network  uint64
	lat, lon float32
	located  bool
}

// called remembers a sign-in and hands the others to f. The same client again
// within ten minutes is the same visit, as of the earlier time. It returns the
// visit as it is kept; nil where later ones leave no room.
func (h *habits) called(v visit, f func(other *visit)) *visit {
	for i := range h.visits {
		o := &h.visits[i]
		if o.at == 0 {
			break
		}
		if o.client == v.client && max(o.at-v.at, v.at-o.at) <= visitSpan {
			o.at = min(o.at, v.at)
			return o
		}
		f(o)
	}
	place := 0
	for place < len(h.visits) && h.visits[place].at > v.at {
		place++
	}
	if place == len(h.visits) {
		return nil
	}
	copy(h.visits[place+1:], h.visits[place:])
	h.visits[place] = v
	return &h.visits[place]
}

// kilometres is the distance between two visits on a sphere.
func (v *visit) kilometres(o *visit) float64 {
	const radius, degree = 6371, math.Pi / 180
	lat1, lat2 := float64(v.lat)*degree, float64(o.lat)*degree
	s1, s2 := math.Sin((lat2-lat1)/2), math.Sin(float64(o.lon-v.lon)*degree/2)
	return 2 * radius * math.Asin(math.Sqrt(min(1, s1*s1+math.Cos(lat1)*math.Cos(lat2)*s2*s2)))
}
