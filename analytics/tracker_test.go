package analytics

import (
	"fmt"
	"testing"
	"time"

	"redshank/analytics/alert"
	"redshank/analytics/event"
)

func TestAStormStaysReadable(t *testing.T) {
	s := newScene(t).under("alerts: {per_minute: 60}")
	for n := 1; n <= 200; n++ { // two hundred attackers in one minute that share nothing
		for k := range 6 {
			s.add(act{at: time.Duration(k) * time.Second, ip: fmt.Sprintf("%d.113.199.9", n), user: fmt.Sprintf("u%d-%d@contoso.com", n, k),
				agent: fmt.Sprintf("agent-%c%c", 'a'+n/26, 'a'+n%26), outcome: event.Failure, reason: event.WrongPassword})
		}
	}
	s.succeed(10*time.Second, "199.113.199.9", "u199-0@contoso.com") // a known credential raises an alert regardless of the limit per minute
	sent, closing := s.messages()
	var critical, suppressed int
	incidents := map[string]bool{}
	for _, a := range sent {
		if a.Severity == alert.Critical {
			critical++
		}
	}
	for _, a := range append(sent, closing...) {
		incidents[a.ID] = true
		suppressed += a.Suppressed
	}
	if len(sent)-critical > 60 || critical != 1 {
		t.Errorf("%d messages in one minute, %d of them critical, want at most 60 and 1", len(sent), critical)
	}
	if len(incidents) != 199 || suppressed < 139 {
		t.Errorf("%d incidents sent in the end, %d messages said to be suppressed, want 199 (127.0.0.0/8 is no client) and at least 139", len(incidents), suppressed)
	}
}

func TestHeldMessagesFollowInTheNextMinute(t *testing.T) {
	s := newScene(t).under("alerts: {per_minute: 1}")
	for n := range 3 {
		for k := range 6 {
			s.add(act{at: time.Duration(n*10+k) * time.Second, ip: fmt.Sprintf("100.%d.7.9", 64+n), user: fmt.Sprintf("u%d-%d@contoso.com", n, k), outcome: event.Failure})
		}
	}
	for n := range 4 {
		s.succeed(minutes(2+n), "192.0.2.1", person(n)) // time goes on
	}
	sent, _ := s.messages()
	if len(sent) != 3 || sent[1].Suppressed != 1 {
		t.Errorf("%d messages, want the three openings, one a minute", len(sent))
	}
}

func TestGrowthIsToldTenfoldAndAfterTheCooldown(t *testing.T) {
	s := newScene(t)
	for n := range 400 { // one every 15 seconds: 100 minutes
		s.fail(time.Duration(n)*15*time.Second, attacker, person(n%30))
	}
	sent, closing := s.messages()
	var phases []string
	for _, a := range append(sent, closing...) {
		phases = append(phases, fmt.Sprintf("%s/%d", a.Phase, a.Counts.Failures))
	}
	if len(phases) < 3 || len(phases) > 6 || phases[0] != "opened/5" || phases[len(phases)-1] != "quiet/400" {
		t.Errorf("messages %v: want few, from the opening to the final figures", phases)
	}
}

func TestAnIncidentEndsWithItsFinalFigures(t *testing.T) {
	s := newScene(t)
	for n := range 8 {
		s.fail(minutes(n), attacker, person(n))
	}
	s.succeed(72*time.Hour, "192.0.2.1", person(1)) // quiet time and lateness are over
	sent, closing := s.messages()
	if n := len(sent); n != 2 || sent[1].Phase != alert.PhaseQuiet || sent[1].Counts.Failures != 8 || len(closing) != 0 {
		t.Errorf("%d messages and %d at the end, want the opening and the final figures", n, len(closing))
	}
}

func TestATimeInTheFuturePushesNothingOut(t *testing.T) {
	s := newScene(t)
	e, err := New(Options{Policy: s.policy, MaxIPs: 100, MaxUsers: 100})
	if err != nil {
		t.Fatal(err)
	}
	var ev event.Event
	for n := range 8 {
		at := time.Duration(n) * 2 * time.Hour
		e.received = midnight.Add(at)
		if n == 4 { // a forged record from the year 2040
			act{at: 14 * 365 * 24 * time.Hour, ip: attacker, user: person(99), outcome: event.Failure}.event(&ev)
			e.observe(&ev)
		}
		act{at: at, ip: attacker, user: person(n), outcome: event.Failure}.event(&ev)
		e.observe(&ev)
	}
	for n := range 3 {
		act{at: 15*time.Hour + minutes(n), ip: attacker, user: person(20 + n), outcome: event.Failure}.event(&ev)
		e.received = ev.Time
		e.observe(&ev)
	}
	alerts := e.Close()
	if len(alerts) != 1 || alerts[0].End.Year() != 2026 || e.Stats().Future != 1 {
		t.Errorf("%d incidents, %d records from the future: the slow attack must stand", len(alerts), e.Stats().Future)
	}
}
