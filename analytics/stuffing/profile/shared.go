package profile

import (
	"slices"

	"redshank/analytics/event"
	"redshank/analytics/stuffing/attack"
)

// maxEarlier bounds the attacks at one shared address that go on beside the latest.
const maxEarlier = 4

// unitIncident is a unit with its incident.
type unitIncident struct {
	incident *attack.Attack
	unit     *attack.Unit
}

// SwitchTo makes the attack with a tool the latest one of a shared address.
func (c *Client) SwitchTo(tool uint32) {
	if c.Unit == nil || c.users == nil || slices.Contains(c.Unit.Tools, tool) {
		return
	}
	for n := range c.users.earlier {
		if e := &c.users.earlier[n]; slices.Contains(e.unit.Tools, tool) {
			*e, c.Incident, c.Unit = unitIncident{c.Incident, c.Unit}, e.incident, e.unit
			return
		}
	}
}

// SetAside keeps the latest attack at a shared address beside the one that is to begin.
func (c *Client) SetAside() {
	if c.users == nil {
		c.users = new(users)
	}
	if len(c.users.earlier) >= maxEarlier {
		c.users.earlier = slices.Delete(c.users.earlier, 0, 1)
	}
	c.users.earlier = append(c.users.earlier, unitIncident{c.Incident, c.Unit})
}

// Copy returns a copy of the client at which observed failures do not change what is usual at c.
func (c *Client) Copy() Client {
	again := *c
	if c.users != nil {
		usage := *c.users
		again.users = &usage
	}
	return again
}

// usualFailures is the decaying maximum of the accounts that fail at a shared
// address in a burst and in a day without an attack.
type usualFailures struct {
	burst, slow           float32 // of the days before
	todayBurst, todaySlow float32
	day                   int32
}

// observe updates the maximum of today, and returns the maxima of the days before.
func (u *usualFailures) observe(at int64, burst, slow int) (float32, float32) {
	if today := int32(at / event.Day); today > u.day {
		u.burst = max(u.burst*0.8, u.todayBurst)
		u.slow = max(u.slow*0.8, u.todaySlow)
		u.day, u.todayBurst, u.todaySlow = today, 0, 0
	}
	if int32(at/event.Day) == u.day {
		u.todayBurst, u.todaySlow = max(u.todayBurst, float32(burst)), max(u.todaySlow, float32(slow))
	}
	return u.burst, u.slow
}

// ObserveFailures records how many accounts fail at a shared address in a burst and in a day at a
// time, and returns how many usually did on the days before.
func (c *Client) ObserveFailures(at int64, burst, slow int) (usualBurst, usualSlow float32) {
	if c.users == nil {
		c.users = new(users)
	}
	return c.users.usual.observe(at, burst, slow)
}

// UsuallyActive returns how many people usually sign in at a shared address in the hour
// before a time.
func (c *Client) UsuallyActive(at int64) int {
	if c.users == nil {
		return 0
	}
	return int(c.users.hours.Usual(at-event.Hour, at))
}

// Quiet reports whether hardly anybody usually signs in at a shared address at a time.
func (c *Client) Quiet(at int64) bool { return c.UsuallyActive(at) <= max(1, c.KnownUsers()/50) }
