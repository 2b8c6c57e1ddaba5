package collection

import "redshank/analytics/event"

// client returns where the mail was read from: the client whose access weighs
// most; without one, the client whose sign-ins weigh most; of equals the earlier.
// The client of an account that let an application in, or gave it a key, comes
// last.
func (c *Detector) client(d *profile) (from event.ClientKey) {
	var heaviest int
	var earliest int64
	for i := range d.observations {
		n := &d.observations[i]
		if !n.inIncident || n.client == (event.ClientKey{}) {
			continue
		}
		weight := c.against(d, n.client)
		if weight > heaviest || weight == heaviest && n.first < earliest {
			from, heaviest, earliest = n.client, weight, n.first
		}
	}
	return from
}

// against returns what one client weighs in an incident; what was read from there
// counts before all sign-ins.
func (c *Detector) against(d *profile, k event.ClientKey) int {
	var s correlation
	granted := 0
	for i := range d.observations {
		n := &d.observations[i]
		switch {
		case !n.inIncident || n.client != k:
		case n.grant || grants.has(n.kind):
			granted = 1
		default:
			s.add(n.kind, n.weight)
		}
	}
	return 100_000*s.access + 10*s.signIn + granted
}
