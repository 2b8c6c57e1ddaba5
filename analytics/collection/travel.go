package collection

import (
	"redshank/analytics/collection/behaviour"
	"redshank/analytics/event"
	"redshank/analytics/policy"
)

// travel compares the places and times of sign-ins, and sign-ins with the failures
// before them.
type travel struct {
	policy   *policy.Policy
	weights  *weights
	evidence *evidence
}

// check compares a sign-in with others and with preceding failures. The place of a
// telephone is not known: abroad, its provider may route it through home. A mail program
// that names no agent may be one.
func (c *travel) check(d *profile, ev *event.Event, w *networkContext) {
	k := clientOf(ev)
	if k == (event.ClientKey{}) || w.usual || d.kind != aUser {
		return
	}
	v := behaviour.Point{At: ev.Time.UnixMilli(), Client: k, Network: w.network, Lat: w.lat, Lon: w.lon, Located: w.located && !mayRoam(ev)}
	if kept := d.Points.Add(v, func(o *behaviour.Point) { c.compare(d, &v, o, ev) }); kept != nil {
		c.afterFailures(d, kept, ev)
	}
}

// mayRoam reports whether a client may be a telephone.
func mayRoam(ev *event.Event) bool {
	return ev.Family == event.Mobile || ev.Service == event.IMAPService || ev.Service == event.POPService || ev.Service == event.SMTPService
}

// reachable reports whether a person can travel a distance in a time, in milliseconds: less
// than 500 km, or at 1,000 km/h, the speed of an airliner with the wind behind it.
func reachable(kilometres float64, gap int64) bool {
	const near, airliner = 500, 1000
	return kilometres < near || kilometres < airliner*float64(gap)/event.Hour
}

// compare records a signal for two sign-ins between which nobody can travel. Two networks
// that are usual for the account are taken for its VPN. v is the sign-in of ev.
func (c *travel) compare(d *profile, v, o *behaviour.Point, ev *event.Event) {
	if !v.Located || !o.Located || v.Network == o.Network || reachable(v.Kilometres(o), distance(v.At, o.At)) {
		return
	}
	early, late := o, v
	if o.At > v.At {
		early, late = v, o
	}
	knew := d.Baseline.KnewBefore(late.Network, late.At, c.policy.Collection.Baseline)
	if knew || c.weights.others(d, impossibleTravel, early.Network, early.Client, early.At) < c.weights.others(d, impossibleTravel, late.Network, late.Client, late.At) {
		late = early // the one that is not the account's, or that fewer others use
	}
	n := c.observationOf(impossibleTravel, late)
	if late == v {
		n.record = ev.RecordText()
	}
	c.evidence.record(d, n, nil, nil)
}

// observationOf returns an observation that counts only while its network is not
// usual.
func (c *travel) observationOf(kind signalKind, v *behaviour.Point) observation {
	return observation{kind: kind, first: v.At, last: v.At, client: v.Client, links: links{1: linkOf(c.policy, v.Client)}, feature: v.Network}
}

// soonAfterFailures is how long, in milliseconds, after its failures a sign-in is
// noted for them.
const soonAfterFailures = 30 * 60 * 1000

// afterFailures records a signal for a sign-in that follows three failures within
// half an hour. ev is the event of the sign-in, nil if it came earlier.
func (c *travel) afterFailures(d *profile, v *behaviour.Point, ev *event.Event) {
	const enough = 3
	before := 0
	for _, f := range d.failed {
		if f != 0 && f <= v.At && f >= v.At-soonAfterFailures {
			before++
		}
	}
	if before >= enough && !d.Baseline.KnewBefore(v.Network, v.At, c.policy.Collection.Baseline) {
		n := c.observationOf(signInAfterFailures, v)
		if ev != nil {
			n.record = ev.RecordText()
		}
		c.evidence.record(d, n, nil, nil)
	}
}

// failed stores the time of a failure and checks the sign-ins that follow it.
func (c *travel) failed(d *profile, at int64) {
	place := 0
	for place < len(d.failed) && d.failed[place] > at {
		place++
	}
	if place < len(d.failed) && d.failed[place] != at {
		copy(d.failed[place+1:], d.failed[place:])
		d.failed[place] = at
	}
	for i := 0; i < len(d.Points) && d.Points[i].At >= at; i++ {
		c.afterFailures(d, &d.Points[i], nil)
	}
}

// firstFailures holds the latest failures of accounts without a profile, each at
// the place of its account. Most guessed names fail only once and get no profile.
type firstFailures [1 << 14]struct {
	subject uint64 // key
	at      int64  // Unix milliseconds
}

// failsFirst reports whether an event is a failure of an account that has no
// profile and did not fail in the half hour before or after. A second failure
// creates the profile, which then has the times of both.
func (c *subjects) failsFirst(ev *event.Event) bool {
	if ev.Outcome != event.Failure || ev.Action != event.SignIn && ev.Action != event.MailAccess {
		return false
	}
	key, at := subjectKey(aUser, ev.User), ev.Time.UnixMilli()
	if _, ok := c.profiles.Get(key); ok {
		return false
	}
	first := &c.firstFailures[key%uint64(len(c.firstFailures))]
	if first.subject != key || distance(first.at, at) > soonAfterFailures {
		first.subject, first.at = key, at
		return true
	}
	c.find(aUser, ev.User).failed[0] = first.at
	return false
}

func distance(a, b int64) int64 { return max(a-b, b-a) }
