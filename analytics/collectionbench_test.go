package analytics

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"redshank/analytics/event"
)

// BenchmarkAnalytics measures each analytic alone, on normalised events: people on their
// own lines, their failures there, and a flood of new addresses.
func BenchmarkAnalytics(b *testing.B) {
	kinds := []struct {
		name    string
		outcome event.Outcome
		flood   bool
	}{
		{"at home", event.Success, false},
		{"failure at home", event.Failure, false},
		{"flood", event.Failure, true},
	}
	for _, kind := range kinds {
		b.Run("AN1269"+"/"+kind.name, func(b *testing.B) {
			benchAnalytic(b, newBenchEngine(b, 100_000).analytics[0].Observe, kind.outcome, kind.flood)
		})
		b.Run("AN0131"+"/"+kind.name, func(b *testing.B) {
			benchAnalytic(b, newBenchEngine(b, 100_000).collection.Observe, kind.outcome, kind.flood)
		})
	}
}

// benchAnalytic shows ten events a second of a thousand people.
func benchAnalytic(b *testing.B, observe func(*event.Event), outcome event.Outcome, flood bool) {
	var events [1000]event.Event
	for n := range events {
		a := act{ip: fmt.Sprintf("198.18.%d.%d", n/250, 1+n%250), user: fmt.Sprintf("user%d@contoso.com", n), agent: outlook, outcome: event.Success}
		a.event(&events[n])
		standard().Normalise(&events[n])
		events[n].Pair = event.Pair{Hash: uint64(n) + 1, Slot: uint16(n)}
		observe(&events[n])
		events[n].Outcome = outcome
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		ev := &events[n%len(events)]
		ev.Time = midnight.Add(time.Duration(n) * 100 * time.Millisecond)
		if flood {
			ev.IP = netip.AddrFrom4([4]byte{11 + byte(n>>24), byte(n), byte(n >> 16), byte(n >> 8)})
			ev.Pair.Hash = uint64(n) + 1
		}
		observe(ev)
	}
}

// An event that is no business of AN0131, and a request like the last one,
// must not allocate in it, nor must reading as usual.
func TestCollectionAllocates(t *testing.T) {
	e := newBenchEngine(t, 1000)
	at := func(ev *event.Event, a act) *event.Event {
		a.event(ev)
		e.policy.Normalise(ev)
		return ev
	}
	s := newScene(t)
	s.lives(alice, 7)
	for _, a := range s.acts {
		var ev event.Event
		e.observe(at(&ev, a))
	}
	for name, a := range map[string]act{
		"a handshake":            {ip: homeIP, agent: outlook, outcome: event.Challenge},
		"a probe":                {ip: homeIP, agent: "AMProbe/Local/ClientAccess", outcome: event.Success, user: alice},
		"a health mailbox":       {ip: homeIP, user: "HealthMailbox0123456@contoso.com", outcome: event.Success},
		"noise":                  {ip: homeIP, user: alice, outcome: event.Noise},
		"a usual sign-in":        {ip: homeIP, user: alice, agent: browser, app: officeID, country: "NL", device: "laptop-1", outcome: event.Success, source: event.Entra},
		"a usual request":        {ip: homeIP, user: alice, agent: browser, outcome: event.Success},
		"mail read as usual":     {ip: homeIP, user: alice, agent: outlook, app: officeID, items: 1, action: event.MailAccess, access: event.Bind, outcome: event.Success, source: event.UAL},
		"a cmdlet that looks":    {user: alice, source: event.Cmdlet, action: event.Script, operation: "Get-Mailbox", outcome: event.Success, host: "ex01"},
		"a look-up by a browser": {source: event.WinEvent, action: event.Network, client: `C:\chrome.exe`, target: "outlook.office365.com", host: "pc1", outcome: event.Success},
		"an item by a Mac":       {ip: homeIP, user: alice, agent: "MacOutlook/16.80", action: event.MailAccess, access: event.Bind, service: event.EWSService, outcome: event.Success},
	} {
		var ev event.Event
		at(&ev, a)
		ev.Pair = event.Pair{Hash: 1, Slot: 1}
		for range 3 {
			e.collection.Observe(&ev) // what is met the first time is remembered
		}
		if n := testing.AllocsPerRun(100, func() { e.collection.Observe(&ev) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
