package analytics

import (
	"fmt"
	"testing"
	"time"

	"redshank/analytics/alert"
	"redshank/analytics/event"
)

const (
	attacker = "203.0.113.66"
	office   = "198.51.100.10"
)

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }

func check(t *testing.T, a *alert.Alert, class string, severity alert.Severity) {
	t.Helper()
	if a.Class != class || a.Severity != severity {
		t.Errorf("got %s/%s, want %s/%s: %s", a.Class, a.Severity, class, severity, a.Message)
	}
}

func TestSixAccountsInFiveMinutes(t *testing.T) {
	s := newScene(t)
	for n := range 6 {
		s.fail(9*time.Hour+time.Duration(n)*50*time.Second, attacker, person(n))
	}
	a := s.one()
	check(t, a, "credential_stuffing", alert.Medium)
	if a.Counts.DistinctUsers != 6 || a.Counts.Failures != 6 || a.Window != "burst" || a.Source.String() != attacker {
		t.Errorf("counts %+v, window %s, source %s", a.Counts, a.Window, a.Source)
	}
}

func TestTwelveAccountsOverTwentyHours(t *testing.T) {
	s := newScene(t)
	for n := range 12 {
		s.fail(time.Duration(n)*100*time.Minute, attacker, person(n))
	}
	a := s.one()
	check(t, a, "credential_stuffing", alert.High) // twice the burst threshold
	if a.Window != "slow" || a.Counts.DistinctUsers != 12 {
		t.Errorf("window %s, counts %+v", a.Window, a.Counts)
	}
}

func TestOneBelowTheThreshold(t *testing.T) {
	s := newScene(t)
	for n := range 4 {
		s.fail(minutes(n), attacker, person(n))
		s.fail(minutes(n)+5*time.Second, attacker, person(n))
	}
	s.quiet()
}

func TestGuessingOneAccount(t *testing.T) {
	s := newScene(t)
	for n := range 40 {
		s.fail(time.Duration(n)*5*time.Second, attacker, person(1))
	}
	check(t, s.one(), "password_guessing", alert.Medium)
}

func TestClockworkClientWithoutAgent(t *testing.T) {
	s := newScene(t)
	for n := range 100 {
		for burst := range 3 { // a mail client opens several connections at a time
			s.add(act{at: minutes(10*n) + time.Duration(burst)*time.Second, ip: "192.0.2.7",
				service: event.IMAPService, source: event.IMAP, outcome: event.Failure})
		}
	}
	s.quiet()
}

func TestAttackFromBehindSharedEgress(t *testing.T) {
	s := newScene(t)
	for n := range 60 {
		s.add(act{at: -72*time.Hour + minutes(n), ip: office, user: person(n), agent: "Mozilla/5.0 Edg/140", outcome: event.Success})
		s.add(act{at: -40*time.Hour + minutes(n), ip: office, user: person(n), agent: "Mozilla/5.0 Edg/140", outcome: event.Success})
	}
	for n := range 30 {
		s.add(act{at: 9*time.Hour + time.Duration(n)*4*time.Second, ip: office, user: fmt.Sprintf("list%d@contoso.com", n),
			agent: "python-requests/2.31", outcome: event.Failure, reason: event.UnknownUser})
	}
	at := 9*time.Hour + minutes(3)
	s.add(act{at: at, ip: office, user: person(7), agent: "Mozilla/5.0 Edg/140", outcome: event.Success})
	s.add(act{at: at, ip: office, user: person(8), agent: "python-requests/2.31", outcome: event.Success})
	a := s.one()
	check(t, a, "credential_stuffing", alert.Critical)
	if len(a.Valid) != 1 || a.Valid[0].User != person(8) {
		t.Errorf("valid %v, want only %s, who came with the attack's agent", a.Valid, person(8))
	}
	if len(a.Familiar) != 1 || a.Familiar[0].User != person(7) {
		t.Errorf("familiar %v, want only %s, who came with the usual agent", a.Familiar, person(7))
	}
}

func TestValidCredential(t *testing.T) {
	stuffing := func(t *testing.T) *scene {
		s := newScene(t)
		for n := range 8 {
			s.fail(9*time.Hour+minutes(n), attacker, person(n))
		}
		return s
	}
	valid := func(t *testing.T, a *alert.Alert, user string) {
		t.Helper()
		check(t, a, "credential_stuffing", alert.Critical)
		if len(a.Valid) != 1 || a.Valid[0].User != user {
			t.Errorf("valid credentials %v, want %s", a.Valid, user)
		} else if v := a.Valid[0]; !v.IP.IsValid() || v.Record == "" {
			t.Errorf("credential %+v without an address or a record", v)
		}
	}
	t.Run("after the threshold, with another agent", func(t *testing.T) {
		s := stuffing(t)
		s.add(act{at: 12 * time.Hour, ip: attacker, user: person(3), agent: "Mozilla/5.0 by hand", outcome: event.Success})
		valid(t, s.one(), person(3))
	})
	t.Run("before the threshold is crossed", func(t *testing.T) {
		s := stuffing(t).succeed(9*time.Hour+90*time.Second, attacker, person(1))
		valid(t, s.sorted().one(), person(1))
	})
	t.Run("an account that never failed", func(t *testing.T) {
		valid(t, stuffing(t).succeed(10*time.Hour, attacker, person(50)).one(), person(50))
	})
	t.Run("stopped by a second step", func(t *testing.T) {
		s := stuffing(t)
		s.add(act{at: 10 * time.Hour, ip: attacker, user: person(2), outcome: event.Accepted, reason: event.MFARequired})
		a := s.one()
		valid(t, a, person(2))
		if a.Counts.Accepted != 1 || a.Counts.Succeeded != 0 {
			t.Errorf("counts %+v", a.Counts)
		}
	})
	t.Run("a renewed session is not a password", func(t *testing.T) {
		s := stuffing(t)
		s.add(act{at: 10 * time.Hour, ip: attacker, user: person(50), outcome: event.Success, proof: event.ProofSession})
		check(t, s.one(), "credential_stuffing", alert.Medium)
	})
	t.Run("a day after it went quiet", func(t *testing.T) {
		check(t, stuffing(t).succeed(40*time.Hour, attacker, person(3)).one(), "credential_stuffing", alert.Medium)
	})
}

func TestRotationInsideAPrefix(t *testing.T) {
	s := newScene(t)
	for n := range 6 {
		s.fail(minutes(n), fmt.Sprintf("2001:db8:1:2::%x", n+1), person(n))
	}
	a := s.one()
	check(t, a, "credential_stuffing", alert.Medium)
	if a.Prefix.String() != "2001:db8:1:2::/64" || !a.Prefix.Contains(a.Source) || a.Counts.DistinctIPs != 6 {
		t.Errorf("source %s of %s, %d addresses", a.Source, a.Prefix, a.Counts.DistinctIPs)
	}
}

func TestLockoutStorm(t *testing.T) {
	s := newScene(t)
	for n := range 60 {
		s.add(act{at: time.Duration(n) * 10 * time.Second, ip: attacker, user: person(n % 20), outcome: event.Failure, reason: event.Locked})
	}
	a := s.one()
	check(t, a, "password_spraying", alert.High)
	if a.Counts.Locked != 20 {
		t.Errorf("%d locked, want 20", a.Counts.Locked)
	}
}

func TestCampaign(t *testing.T) {
	spread := func(t *testing.T, accounts int) *scene {
		s := newScene(t)
		for n := range 200 {
			s.add(act{at: time.Duration(n) * 20 * time.Second, ip: fmt.Sprintf("100.%d.%d.9", 64+n%40, n), user: person(n % accounts),
				agent: "Mozilla/5.0 Chrome/104.0.0.0", app: "d3590ed6", service: event.M365, source: event.Entra,
				outcome: event.Failure, reason: event.WrongPassword})
		}
		return s
	}
	t.Run("two hundred addresses with one try each", func(t *testing.T) {
		a := spread(t, 150).one()
		check(t, a, "credential_stuffing", alert.High)
		if a.Counts.DistinctIPs != 200 || a.Counts.Failures != 200 || a.Source.IsValid() {
			t.Errorf("counts %+v, source %s", a.Counts, a.Source)
		}
	})
	t.Run("its valid credential comes from a fresh address", func(t *testing.T) {
		s := spread(t, 150)
		for n := range 10 { // two days before: the tenant has learned what is rare
			s.add(act{at: -48*time.Hour + minutes(n), ip: office, user: person(n), agent: "Mozilla/5.0 Edg/140", app: "d3590ed6",
				service: event.M365, source: event.Entra, outcome: event.Success})
		}
		s.add(act{at: minutes(30), ip: "192.0.2.99", user: person(77), agent: "Mozilla/5.0 Chrome/104.0.0.0",
			app: "d3590ed6", service: event.M365, source: event.Entra, outcome: event.Success})
		a := s.sorted().one()
		check(t, a, "credential_stuffing", alert.Critical)
		if len(a.Valid) != 1 || a.Valid[0].User != person(77) {
			t.Errorf("valid %v", a.Valid)
		}
	})
	t.Run("one account", func(t *testing.T) {
		a := spread(t, 1).one()
		check(t, a, "password_guessing", alert.High)
		if a.User == nil || a.User.Email != person(0) {
			t.Errorf("user %+v", a.User)
		}
	})
	t.Run("an agent that everybody uses", func(t *testing.T) {
		s := newScene(t)
		for n := range 200 {
			at, ip := time.Duration(n)*20*time.Second, fmt.Sprintf("100.%d.%d.9", 64+n%40, n)
			s.add(act{at: at, ip: ip, user: person(n), agent: "Mozilla/5.0 everybody", outcome: event.Success})
			if n%5 == 0 {
				s.add(act{at: at + time.Second, ip: fmt.Sprintf("101.%d.%d.7", n, n), user: person(n + 300),
					agent: "Mozilla/5.0 everybody", outcome: event.Failure})
			}
		}
		s.quiet()
	})
}

func TestSameActInSeveralLogs(t *testing.T) {
	s := newScene(t)
	for n := range 4 { // four accounts in three logs are still four
		for k, source := range []event.Source{event.IIS, event.HTTPProxy, event.WinEvent} {
			s.add(act{at: minutes(n) + time.Duration(k)*time.Second, ip: attacker, user: person(n), source: source,
				outcome: event.Failure, reason: event.WrongPassword})
		}
	}
	s.quiet()
	s.fail(minutes(5), attacker, person(4))
	if a := s.one(); a.Counts.Failures != 5 {
		t.Errorf("%d failures, want 5", a.Counts.Failures)
	}
}

func TestOrderDoesNotMatter(t *testing.T) {
	build := func() *scene {
		s := newScene(t)
		for round := range 5 {
			for n := range 6 {
				s.fail(9*time.Hour+minutes(3*round)+time.Duration(n)*7*time.Second, attacker, person(n))
			}
		}
		return s.succeed(9*time.Hour+minutes(16), attacker, person(2)).
			succeed(11*time.Hour, attacker, person(2)).sorted()
	}
	want := build().one()
	check(t, want, "password_spraying", alert.Critical)
	same := func(t *testing.T, got *alert.Alert) {
		t.Helper()
		if got.ID != want.ID || got.Class != want.Class || got.Severity != want.Severity || got.Counts != want.Counts ||
			!got.Start.Equal(want.Start) || !got.End.Equal(want.End) || fmt.Sprint(got.Valid) != fmt.Sprint(want.Valid) {
			t.Errorf("got  %s %+v %v %v\nwant %s %+v %v %v", got.ID, got.Counts, got.Valid, got.Start, want.ID, want.Counts, want.Valid, want.Start)
		}
	}
	for seed := range uint64(20) {
		same(t, build().late(12*time.Hour, seed).one())
	}
	same(t, build().doubled().one())
}

func TestFloodDoesNotHideASlowAttack(t *testing.T) {
	s := newScene(t)
	e, err := New(Options{Policy: s.policy, MaxIPs: 500, MaxUsers: 500})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 12 {
		s.fail(time.Duration(n)*100*time.Minute, attacker, person(n))
		if n > 0 {
			for k := range 500 {
				s.add(act{at: time.Duration(n)*100*time.Minute + time.Second, ip: fmt.Sprintf("10.%d.%d.%d", n, k/250, k%250),
					user: fmt.Sprintf("x%d-%d@contoso.com", n, k), agent: fmt.Sprintf("agent %d %d", n, k), outcome: event.Failure})
			}
		}
	}
	got := s.playOn(e)
	found := false
	for _, a := range got {
		found = found || a.Source.String() == attacker
	}
	if !found {
		t.Error("the slow attack was lost in the flood")
	}
	if st := e.Stats(); st.Clients > 500 || st.Accounts > 500 || st.ClientsEvicted == 0 {
		t.Errorf("%d clients, %d accounts, %d evicted", st.Clients, st.Accounts, st.ClientsEvicted)
	}
}
