package collection

import (
	"net/netip"
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/incident"
)

// An account whose mail unrelated tools read at many addresses has maxThefts incidents at
// a time, and a further one on another day.
func TestIncidentsAtATime(t *testing.T) {
	c := newDetector()
	d := c.subjects.profile(aUser, []byte("user01@contoso.com"))
	read := func(n int, at int64) {
		ip := netip.AddrFrom4([4]byte{100, byte(64 + n), 3, 7})
		o := observation{kind: accessTool, first: at, last: at, client: ip.As16(), agent: uint32(n + 1)}
		o.links[1] = linkOf(c.subjects.policy, o.client)
		c.evidence.record(d, o, nil, nil)
	}
	incidents := func() (count int) {
		c.evidence.tracker.Each(&ruleCollection, func(*incident.Incident) { count++ })
		return count
	}
	for n := range 3 * maxThefts {
		read(n, tuesday+int64(n)*event.Hour/4)
	}
	if got := incidents(); got != maxThefts {
		t.Errorf("%d incidents on one day, want %d", got, maxThefts)
	}
	if read(0, tuesday+4*event.Day); incidents() != maxThefts+1 {
		t.Errorf("%d incidents after another day, want %d", incidents(), maxThefts+1)
	}
}
