package analytics

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"redshank/analytics/alert"
	"redshank/analytics/collection"
	"redshank/analytics/event"
	"redshank/analytics/policy"
)

// TestGroupBaseline scores a new colleague, whose own baseline is still learning,
// against the mature baseline of the group: a feature new to the group has half weight.
func TestGroupBaseline(t *testing.T) {
	p, err := policy.Parse("p.yaml", "", []byte("version: 1\naccounts: {groups: {finance: [\"*@contoso.com\"]}}"))
	if err != nil {
		t.Fatal(err)
	}
	build := func(p *policy.Policy) *scene {
		s := newScene(t)
		s.policy = p
		for n := range 5 {
			s.lives(person(n), 7)
		}
		s.signsIn(act{at: 9 * time.Hour, ip: thief, user: "new@contoso.com", agent: browser, app: officeID, country: "BR", protocol: event.DeviceCode})
		s.reads(act{at: 9*time.Hour + time.Minute, ip: thief, user: "new@contoso.com", app: rogueID, client: "Client=REST;;", items: 5})
		return s.sorted()
	}
	build(standard()).quiet()
	a := only(t, build(p).play(), "scripted_mail_access", alert.High, "signin.new_network", "signin.new_country")
	for _, s := range a.Signals {
		if s.Code == "signin.new_country" && s.Weight != 20 {
			t.Errorf("%+v: want half", s)
		}
	}
	if !strings.Contains(a.Baseline, "group") {
		t.Errorf("baseline %q", a.Baseline)
	}
}

// TestCollectionUnderFlood checks that a flood of names leaves the state bounded
// and does not evict an account with a mature baseline.
func TestCollectionUnderFlood(t *testing.T) {
	e, err := New(Options{Policy: standard(), MaxIPs: 1000, MaxUsers: 1000})
	if err != nil {
		t.Fatal(err)
	}
	s := newScene(t)
	s.lives(alice, 7)
	for n := range 3_000 { // the tables hold 1,000
		a := act{at: time.Duration(n) * time.Second, ip: fmt.Sprintf("203.%d.%d.%d", n>>16, n>>8&255, n&255), user: fmt.Sprintf("u%d@contoso.com", n), agent: python, app: fmt.Sprintf("app-%d", n),
			session: fmt.Sprintf("s-%d", n), token: fmt.Sprintf("t-%d", n), protocol: event.ROPC}
		s.signsIn(a)
		a.user = "bob@contoso.com"
		s.reads(a)
		a.mailbox = fmt.Sprintf("box%d@contoso.com", n)
		s.reads(a)
	}
	s.acts = s.sorted().acts
	kept := memory{}
	e.Track()
	var ev event.Event
	for _, a := range s.acts {
		a.event(&ev)
		e.observe(&ev)
		e.tracker.Flush()
	}
	if err := e.Changes(kept.put); err != nil {
		t.Fatal(err)
	}
	for table, most := range map[string]int{"profiles": 1000, "sessions": 1000, "names": 2000} {
		if n := len(kept[table]); n == 0 || n > most {
			t.Errorf("%s: %d entries, want at most %d", table, n, most)
		}
	}
	signals, alive := 0, false
	e.collection.EachSignal(func(o collection.Observed) {
		alive = alive || o.Subject == alice
		if o.Subject == "bob@contoso.com" {
			signals++
		}
	})
	if signals == 0 || signals > 48 || !alive {
		t.Errorf("%d signals of bob, alice is there: %v", signals, alive)
	}
}
