package analytics

import (
	"fmt"
	"testing"
	"time"

	"redshank/analytics/event"
)

// idleLines are lines that concern neither analytic: anonymous requests, the first
// leg of a handshake, probes, other web sites.
func idleLines(n int) (lines [][]byte) {
	lines = append(lines, []byte(iisFields))
	forms := []string{
		"GET /owa/auth/15.2.1118/themes/resources/logo.png &cafeReqId=%08x-1;x 443 - 192.0.2.%d Mozilla/5.0+(Windows+NT+10.0)+Chrome/126.0.0.0+Safari/537.36 - 200 0 0 15 -",
		"POST /EWS/Exchange.asmx &cafeReqId=%08x-2; 443 - 192.0.2.%d Microsoft+Office/16.0+(Microsoft+Outlook+16.0.17328) - 401 2 5 15 -",
		"GET /owa/healthcheck.htm - 443 - 127.0.0.%[2]d AMProbe/Local/ClientAccess - 200 0 0 0 -",
		"GET /shop/basket id=%08x 443 - 192.0.2.%d Mozilla/5.0+(X11;+Linux)+Firefox/128.0 - 200 0 0 8 -",
	}
	for i := range n {
		form := forms[i%len(forms)]
		line := fmt.Sprintf("2026-03-10 09:%02d:%02d 10.0.0.5 ", i/60%60, i%60)
		if i%len(forms) == 2 {
			line += ("GET /owa/healthcheck.htm - 443 - 127.0.0.1 AMProbe/Local/ClientAccess - 200 0 0 0 -")
		} else {
			line += fmt.Sprintf(form, i, i%200+1)
		}
		lines = append(lines, []byte(line))
	}
	return lines
}

// withoutCollection makes an engine that has AN1269 alone: Engine.observe but
// for its last line.
func (e *Engine) withoutCollection() {
	e.emit = func(ev *event.Event) {
		e.stats.Events++
		if idle(ev) {
			e.setTime(ev)
			return
		}
		known := e.memo.Normalise(ev)
		e.watch.event(ev, e.received)
		e.setTime(ev)
		if e.repeated(ev) {
			e.stats.Duplicates++
			return
		}
		e.stuffing.observe(ev, known)
	}
}

// BenchmarkIdleRecords holds the cost of records that concern neither analytic
// with AN0131 against that without it: in turn, and the best of each, since
// others use the machine, too.
func BenchmarkIdleRecords(b *testing.B) {
	const lines = 100_000
	chunks := tailed(idleLines(lines), chunkRecords)
	size := 0
	for _, c := range chunks {
		size += len(c)
	}
	best := map[bool]time.Duration{}
	b.SetBytes(int64(2 * size))
	b.ReportAllocs()
	for b.Loop() {
		for _, collect := range []bool{false, true} {
			b.StopTimer()
			e := newBenchEngine(b, 10_000)
			if !collect {
				e.withoutCollection()
			}
			b.StartTimer()
			start := time.Now()
			for _, c := range chunks {
				e.Observe("iis", c)
			}
			if took := time.Since(start); best[collect] == 0 || took < best[collect] {
				best[collect] = took
			}
		}
	}
	b.ReportMetric(float64(best[false].Nanoseconds())/lines, "ns/record-without")
	b.ReportMetric(float64(best[true].Nanoseconds())/lines, "ns/record-with")
	b.ReportMetric(float64(best[true])/float64(best[false]), "with/without")
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
		known := new(acquaintance)
		for range 3 {
			e.collection.observe(&ev, known) // what is met the first time is remembered
		}
		if n := testing.AllocsPerRun(100, func() { e.collection.observe(&ev, known) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
