package day

import (
	"net/netip"
	"time"

	"redshank/test/world/lines"
)

// clock returns a time of the day.
func clock(hour, minute int) time.Time {
	return Date.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}

// midnight is the end of the day; no event has this or a later time.
var midnight = clock(24, 0)

// client returns the source of a request.
func client(ip, agent string) lines.Client {
	return lines.Client{IP: netip.MustParseAddr(ip), Agent: agent}
}

// often draws the interval between events with the given mean at pace 1.
func (m *maker) often(every time.Duration) time.Duration {
	return m.Wait(time.Duration(float64(every) / m.pace))
}

// during calls do at random times from start to end, with a mean interval of every.
func (m *maker) during(start, end time.Time, every time.Duration, do func(time.Time)) {
	for t := start.Add(m.often(every)); t.Before(end) && t.Before(midnight); t = t.Add(m.often(every)) {
		do(t)
	}
}
