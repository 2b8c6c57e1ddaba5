package analytics

import (
	"fmt"
	"testing"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/policy"
)

const (
	chrome  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0.0.0"
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:60.0) Firefox/60.0"
)

// town plays five ordinary days of sixty people: an office that forty share,
// and a home line each.
func (s *scene) town() *scene {
	for d := -5; d < 0; d++ {
		for n := range 60 {
			at := time.Duration(d)*24*time.Hour + 8*time.Hour + minutes(n)
			if n < 40 {
				s.add(act{at: at, ip: office, user: person(n), agent: chrome, outcome: event.Success})
				s.add(act{at: at + 3*time.Hour, ip: office, user: person(n), agent: chrome, outcome: event.Success})
			}
			s.add(act{at: at + 11*time.Hour, ip: fmt.Sprintf("100.%d.7.9", 70+n), user: person(n), agent: chrome, outcome: event.Success})
		}
	}
	return s
}

func proxy(n int) string { return fmt.Sprintf("%d.%d.3.7", 20+n, 10+n) }

// The situations that detection.md names, on top of ordinary days.
func TestMixedTraffic(t *testing.T) {
	attacks := map[string]struct {
		play      func(s *scene)
		class     string
		addresses int
		valid     []string
	}{
		"twelve addresses with one tool and three accounts each": {func(s *scene) {
			for n := range 36 {
				s.add(act{at: 9*time.Hour + minutes(5*n), ip: proxy(n % 12), user: person(n), agent: firefox, outcome: event.Failure, reason: event.WrongPassword})
			}
			s.add(act{at: 11 * time.Hour, ip: proxy(3), user: person(50), agent: firefox, outcome: event.Success})
		}, "credential_stuffing", 12, []string{person(50)}},
		"fifty proxies with the browser of the tenant": {func(s *scene) {
			for n := range 50 {
				s.add(act{at: 2*time.Hour + minutes(n), ip: proxy(n), user: person(n), agent: chrome, outcome: event.Failure, reason: event.WrongPassword})
			}
		}, "credential_stuffing", 50, nil},
		"eight accounts a day for a week": {func(s *scene) {
			for n := range 56 {
				s.add(act{at: time.Duration(n) * 3 * time.Hour, ip: attacker, user: person(n % 8), agent: firefox, outcome: event.Failure, reason: event.WrongPassword})
			}
		}, "password_spraying", 1, nil},
		"a privileged account, once an hour": {func(s *scene) {
			for n := range 30 {
				s.add(act{at: time.Duration(n) * time.Hour, ip: attacker, user: "admin@contoso.com", agent: firefox, outcome: event.Failure, reason: event.WrongPassword})
			}
		}, "password_guessing", 1, nil},
		"a script in the office": {func(s *scene) {
			for n := range 15 {
				at := 10*time.Hour + time.Duration(n)*10*time.Second
				s.add(act{at: at, ip: office, user: person(n), agent: "python-requests/2.31", outcome: event.Failure, reason: event.WrongPassword})
				s.add(act{at: at + time.Second, ip: office, user: person(20 + n), agent: chrome, outcome: event.Success})
			}
			s.add(act{at: 10*time.Hour + minutes(3), ip: office, user: person(39), agent: "python-requests/2.31", outcome: event.Success})
		}, "credential_stuffing", 1, []string{person(39)}},
	}
	for name, c := range attacks {
		t.Run(name, func(t *testing.T) {
			s := privileged(newScene(t)).town()
			c.play(s)
			a := s.sorted().one()
			if a.Class != c.class || a.Counts.DistinctIPs != c.addresses || len(a.Valid) != len(c.valid) {
				t.Errorf("got %s of %d addresses, valid %v; want %s of %d, %v: %s", a.Class, a.Counts.DistinctIPs, a.Valid, c.class, c.addresses, c.valid, a.Message)
			}
			for n, v := range a.Valid {
				if v.User != c.valid[n] || !v.IP.IsValid() || v.Agent == "" || v.Record == "" {
					t.Errorf("credential %+v, want one of %s with address, agent and record", v, c.valid[n])
				}
			}
		})
	}
	for name, play := range map[string]func(s *scene){
		"a conference where some mistype": func(s *scene) {
			for n := range 30 {
				at, agent := 9*time.Hour+time.Duration(n)*20*time.Second, chrome
				if n%3 == 0 {
					s.add(act{at: at, ip: "203.0.113.80", user: person(n), agent: agent, outcome: event.Failure, reason: event.WrongPassword})
				}
				if n%9 != 0 {
					s.add(act{at: at + 20*time.Second, ip: "203.0.113.80", user: person(n), agent: agent, outcome: event.Success})
				}
			}
		},
		"an old telephone on fourteen mobile addresses": func(s *scene) {
			for n := range 80 {
				s.add(act{at: minutes(12 * n), ip: fmt.Sprintf("100.64.%d.9", n%14), user: person(1), agent: "Apple-iPhone15C2/2107.102", service: event.EAS,
					outcome: event.Failure, reason: event.WrongPassword})
			}
		},
		"a morning in the office after passwords expired": func(s *scene) {
			for n := range 40 {
				at := 8*time.Hour + time.Duration(n)*30*time.Second
				s.add(act{at: at, ip: office, user: person(n), agent: chrome, outcome: event.Failure, reason: event.WrongPassword})
				s.add(act{at: at + 5*time.Second, ip: office, user: person(n), agent: chrome, outcome: event.Accepted, reason: event.Expired})
				s.add(act{at: at + minutes(2), ip: office, user: person(n), agent: chrome, outcome: event.Success})
			}
		},
		"three leaked accounts among the typos of an office": func(s *scene) {
			for n := range 3 {
				s.fail(9*time.Hour+minutes(n), office, person(n))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := privileged(newScene(t)).town()
			play(s)
			s.sorted().quiet()
		})
	}
}

func privileged(s *scene) *scene {
	p, err := policy.Parse("policy.yaml", "", []byte("accounts: {privileged: [admin@contoso.com]}"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.policy = p
	return s
}
