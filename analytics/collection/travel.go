package collection

import (
	"math"

	"redshank/analytics/baseline"
	"redshank/analytics/event"
)

// checkTravel compares a sign-in with others and with preceding failures.
func (c *Detector) checkTravel(d *profile, ev *event.Event, w *networkContext) {
	k := c.clientOf(ev)
	if k == (event.ClientKey{}) || w.usual || d.kind != aUser {
		return
	}
	v := signInPoint{ev.Time.UnixMilli(), k, w.network, w.lat, w.lon, w.located}
	if kept := d.addPoint(v, func(o *signInPoint) { c.compareTravel(d, &v, o) }); kept != nil {
		c.afterFailures(d, kept)
	}
}

// compareTravel records a signal for two sign-ins more than 500 km apart at more
// than 900 km/h. Two networks usual for the account are taken for its VPN.
func (c *Detector) compareTravel(d *profile, v, o *signInPoint) {
	const least, airliner = 500, 900
	if !v.located || !o.located || v.network == o.network {
		return
	}
	far := v.kilometres(o)
	hours := float64(max(v.at-o.at, o.at-v.at)) / event.Hour
	if far < least || far < airliner*hours {
		return
	}
	early, late := o, v
	if o.at > v.at {
		early, late = v, o
	}
	knew := d.baseline.KnewBefore(late.network, late.at, c.policy.Collection.Baseline)
	if knew || c.others(d, impossibleTravel, early.network, early.at) < c.others(d, impossibleTravel, late.network, late.at) {
		late = early // the one that is not the account's, or that fewer others use
	}
	c.record(d, c.pointObservation(impossibleTravel, late), nil, nil)
}

// pointObservation returns an observation that counts only while its network is not
// usual.
func (c *Detector) pointObservation(kind signalKind, v *signInPoint) observation {
	return observation{kind: kind, first: v.at, last: v.at, client: v.client, links: links{1: c.linkOf(v.client)}, feature: v.network}
}

// afterFailures records a signal for a sign-in that follows three failures within
// half an hour.
func (c *Detector) afterFailures(d *profile, v *signInPoint) {
	const soon, enough = 30 * 60 * 1000, 3
	before := 0
	for _, f := range d.failed {
		if f != 0 && f <= v.at && f >= v.at-soon {
			before++
		}
	}
	if before >= enough && !d.baseline.KnewBefore(v.network, v.at, c.policy.Collection.Baseline) {
		c.record(d, c.pointObservation(signInAfterFailures, v), nil, nil)
	}
}

// failed stores the time of a failure and checks the sign-ins that follow it.
func (c *Detector) failed(d *profile, at int64) {
	place := 0
	for place < len(d.failed) && d.failed[place] > at {
		place++
	}
	if place < len(d.failed) && d.failed[place] != at {
		copy(d.failed[place+1:], d.failed[place:])
		d.failed[place] = at
	}
	for i := range d.points {
		if v := &d.points[i]; v.at >= at {
			c.afterFailures(d, v)
		}
	}
}

// signInPoint is one sign-in, for the travel check.
type signInPoint struct {
	at       int64
	client   event.ClientKey
	network  uint64
	lat, lon float32
	located  bool
}

// addPoint stores a sign-in and calls f for the others. Sign-ins of one client
// within ten minutes are merged at the earlier time. It returns the stored point,
// or nil if later ones leave no room.
func (h *behaviour) addPoint(v signInPoint, f func(other *signInPoint)) *signInPoint {
	for i := range h.points {
		o := &h.points[i]
		if o.at == 0 {
			break
		}
		if o.client == v.client && max(o.at-v.at, v.at-o.at) <= baseline.SignInSpan {
			o.at = min(o.at, v.at)
			return o
		}
		f(o)
	}
	place := 0
	for place < len(h.points) && h.points[place].at > v.at {
		place++
	}
	if place == len(h.points) {
		return nil
	}
	copy(h.points[place+1:], h.points[place:])
	h.points[place] = v
	return &h.points[place]
}

// kilometres returns the great-circle distance between two points.
func (v *signInPoint) kilometres(o *signInPoint) float64 {
	const radius, degree = 6371, math.Pi / 180
	lat1, lat2 := float64(v.lat)*degree, float64(o.lat)*degree
	s1, s2 := math.Sin((lat2-lat1)/2), math.Sin(float64(o.lon-v.lon)*degree/2)
	return 2 * radius * math.Asin(math.Sqrt(min(1, s1*s1+math.Cos(lat1)*math.Cos(lat2)*s2*s2)))
}
