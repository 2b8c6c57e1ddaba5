package collection

import (
	"net/netip"
	"testing"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/policy"
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

// What a program reads after its incident was closed is another incident.
func TestReadAfterClose(t *testing.T) {
	p := policy.Default()
	p.Alerts.Quiet, p.State.Lateness = time.Hour, time.Hour
	tracker := incident.NewTracker(p)
	c := New(p, tracker, policy.NewGeoCache(p), 100)
	d := c.subjects.profile(aUser, []byte("user01@contoso.com"))
	read := func(at int64) (sent int) {
		ip := netip.AddrFrom4([4]byte{100, 64, 3, 7})
		o := observation{kind: accessTool, first: at, last: at, client: ip.As16(), agent: 1}
		o.links[1] = linkOf(p, o.client)
		c.evidence.record(d, o, nil, nil)
		tracker.Advance(at)
		return len(tracker.Flush())
	}
	if read(tuesday) == 0 {
		t.Error("no alert")
	}
	tracker.Advance(tuesday + 6*event.Hour)
	tracker.Flush()
	if read(tuesday+7*event.Hour) == 0 {
		t.Error("no alert after the incident was closed")
	}
}
