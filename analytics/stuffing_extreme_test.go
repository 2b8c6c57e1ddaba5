package analytics

import (
	"fmt"
	"testing"
	"time"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/incident"
)

// TestARecordOf2099BeforeAnAttack checks that a time that a sender made up neither
// closes the incident of the attack that follows nor keeps its figures back, also over
// restarts.
func TestARecordOf2099BeforeAnAttack(t *testing.T) {
	s := newScene(t)
	for _, restarts := range []bool{false, true} {
		kept, last := memory{}, lastAlerts{}
		e := newTracked(t, s.policy, kept)
		var ev event.Event
		observe := func(a act, received time.Duration) {
			a.event(&ev)
			e.received = midnight.Add(received)
			e.observe(&ev)
			last.keep(t, e.flush())
		}
		observe(act{at: 73 * 365 * 24 * time.Hour, ip: "198.51.100.9", user: person(90), outcome: event.Failure}, 0)
		for n := range 40 {
			observe(act{at: minutes(n), ip: attacker, user: person(n), outcome: event.Failure, id: fmt.Sprint(n)}, minutes(n))
			if restarts && n%7 == 6 {
				if err := e.Changes(kept.put); err != nil {
					t.Fatal(err)
				}
				e = newTracked(t, s.policy, kept)
			}
		}
		last.keep(t, e.Close())
		if len(last) != 1 {
			t.Fatalf("restarts %v: %d incidents, want 1", restarts, len(last))
		}
		for _, a := range last {
			if a.Counts.Failures != 40 || a.Counts.DistinctUsers != 40 || a.End.Year() != 2026 {
				t.Errorf("restarts %v: final figures %+v until %s, want 40 failures of 40 accounts", restarts, a.Counts, a.End)
			}
		}
	}
}

// TestMoreIncidentsThanAreKept checks that more attacks at one time than an engine keeps
// are all told with their figures, that those that made room are no longer enriched or
// saved, and that the others are.
func TestMoreIncidentsThanAreKept(t *testing.T) {
	const more = 100
	s := newScene(t).under("alerts: {per_minute: 1000000}")
	e, err := New(Options{Policy: s.policy, MaxIPs: 20_000, MaxUsers: 20_000})
	if err != nil {
		t.Fatal(err)
	}
	kept := memory{}
	e.Track()
	last := map[string]*alert.Alert{}
	keep := func(alerts []*alert.Alert) {
		for _, a := range alerts {
			last[a.ID] = a
		}
	}
	address := func(n int) string { return fmt.Sprintf("10.%d.%d.7", n/250, n%250) }
	var ev event.Event
	for n := range incident.MaxIncidents + more {
		for k := range 6 {
			act{at: time.Duration(n)*time.Second + time.Duration(k)*time.Millisecond*100, ip: address(n), user: person(k), outcome: event.Failure, id: fmt.Sprint(n, k),
				agent: fmt.Sprint("tool", n)}.event(&ev)
			e.observe(&ev)
		}
		keep(e.flush())
	}
	single := 0
	for _, a := range last {
		if a.Source.IsValid() {
			single++
			if a.Counts.Failures != 6 && a.Phase == alert.PhaseQuiet {
				t.Errorf("final figures of %s: %d failures, want 6", a.Source, a.Counts.Failures)
			}
		}
	}
	if single != incident.MaxIncidents+more {
		t.Errorf("%d addresses told, want %d", single, incident.MaxIncidents+more)
	}
	if err := e.Changes(kept.put); err != nil {
		t.Fatal(err)
	}
	if n := len(kept["incidents"]); n != incident.MaxIncidents {
		t.Errorf("%d incidents are saved, want %d", n, incident.MaxIncidents)
	}
	again, err := New(Options{Policy: s.policy, MaxIPs: 20_000, MaxUsers: 20_000})
	if err == nil {
		err = again.Restore(kept.each)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []*Engine{e, again} {
		for n, want := range map[int]bool{0: false, incident.MaxIncidents + more - 1: true} {
			act{at: 2 * time.Hour, ip: address(n), user: person(1), outcome: event.Success}.event(&ev)
			open := false
			for _, i := range e.analytics[0].Incidents(&ev, nil) {
				open = open || i.Client.String() == address(n) && !i.Closed()
			}
			if open != want {
				t.Errorf("address %d is part of an open incident: %v, want %v", n, open, want)
			}
		}
	}
}

// TestAHostileLogInSmall checks that a log in which a third of all requests fail, from
// random addresses and from 254 busy ones, makes few messages with true figures.
func TestAHostileLogInSmall(t *testing.T) {
	s := newScene(t)
	e, err := New(Options{Policy: s.policy, MaxIPs: 2_000, MaxUsers: 2_000})
	if err != nil {
		t.Fatal(err)
	}
	var ev event.Event
	messages, final := map[string]int{}, map[string]*alert.Alert{}
	total := 0
	keep := func(alerts []*alert.Alert) {
		for _, a := range alerts {
			total++
			messages[a.ID]++
			final[a.ID] = a
		}
	}
	failed := map[string]int{} // of the busy addresses
	const lines = 60_000
	for n := range lines {
		ip := fmt.Sprintf("203.0.113.%d", 1+n*7%254)
		if n%10 < 3 {
			ip = fmt.Sprintf("%d.%d.%d.%d", 20+n*31%180, n*17%256, n*13%256, n/256%256)
		}
		a := act{at: time.Duration(n) * 100 * time.Millisecond, ip: ip, user: fmt.Sprintf("home%d@contoso.com", n*7%254), agent: "Mozilla/5.0 Chrome/126.0.0.0", outcome: event.Success, id: fmt.Sprint(n)}
		if n%3 == 0 || n%10 < 3 {
			a.user, a.outcome = fmt.Sprintf("u%d@contoso.com", n*11%20_000), event.Failure
			if n%10 >= 3 {
				failed[ip]++
			}
		}
		a.event(&ev)
		e.observe(&ev)
		if n%500 == 499 {
			keep(e.flush())
		}
	}
	keep(e.Close())
	most := 0
	for _, n := range messages {
		most = max(most, n)
	}
	if st := e.Stats(); len(messages) > 260 || most > 6 || total > 800 || st.Clients > 2_000 {
		t.Errorf("%d incidents, %d messages, at most %d of one; %d clients", len(messages), total, most, st.Clients)
	}
	for _, a := range final {
		if want := failed[a.Source.String()]; a.Source.IsValid() && (a.Counts.Failures != want || a.Counts.DistinctUsers > want) {
			t.Errorf("%s: %d failures of %d accounts, want %d failures", a.Source, a.Counts.Failures, a.Counts.DistinctUsers, want)
		}
	}
	t.Logf("%d incidents, %d messages, at most %d of one", len(messages), total, most)
}
