package analytics

import (
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/policy"
)

// stolenAccount is an account with an ordinary life that is stolen at nine.
func stolenAccount(s *scene) *scene {
	s.lives(alice, 7)
	s.signsIn(act{at: 8 * time.Hour, ip: homeIP, user: alice, agent: browser, app: officeID, country: "NL", device: "laptop-1"})
	s.signsIn(act{at: 9 * time.Hour, ip: thief, user: alice, agent: python, app: rogueID, country: "BR", device: "box"})
	for n := range 10 {
		s.reads(act{at: 9*time.Hour + time.Duration(n)*time.Minute, ip: thief, user: alice, agent: python, app: rogueID, items: 50})
	}
	s.does(event.MailboxChange, "New-InboxRule", act{at: 10 * time.Hour, ip: thief, user: alice, detail: "ForwardTo=x@example.org"})
	return s.sorted()
}

func TestContextOfTheSubject(t *testing.T) {
	s := newScene(t)
	s.policy = located(t)
	a := stolenAccount(s).one()
	if len(a.Context) != 1 || a.Context[0].Account != alice {
		t.Fatalf("%+v", a.Context)
	}
	x := a.Context[0]
	for what, got := range map[string][]string{
		"AS64500 Office Net": x.Networks, "NL": x.Countries, "laptop-1": x.Devices, "browser": x.Clients,
	} {
		if len(got) != 1 || got[0] != what {
			t.Errorf("%q, want %q", got, what)
		}
	}
	if len(x.Apps) != 1 || strings.Contains(x.Apps[0], "-") {
		t.Errorf("apps %q, want one by its name", x.Apps)
	}
	if len(x.SignIns) != 2 || x.SignIns[0].IP != netip.MustParseAddr(thief) || x.SignIns[0].Usual || x.SignIns[0].Client != "script" ||
		x.SignIns[0].Network != "AS64666 Cheap Hosting" || x.SignIns[0].Country != "BR" ||
		!x.SignIns[1].Usual || !x.SignIns[1].At.Equal(midnight.Add(8*time.Hour)) {
		t.Errorf("sign-ins %+v", x.SignIns)
	}
	var codes []string
	for _, d := range x.Since {
		codes = append(codes, d.Code)
		if d.First.Before(a.Start) || d.Last.Before(d.First) {
			t.Errorf("%+v before %s", d, a.Start)
		}
	}
	for _, want := range []string{"signin.new_network", "access.scripting_agent", "rule.forwards"} {
		if !slices.Contains(codes, want) {
			t.Errorf("%s is not among %v", want, codes)
		}
	}
	if x.Items < 500 || !strings.HasPrefix(x.Baseline, "mature since") {
		t.Errorf("%d items, baseline %q", x.Items, x.Baseline)
	}
}

// TestContextOfValidCredentials checks that an attack on many accounts carries
// the context of the accounts whose passwords the attacker knows.
func TestContextOfValidCredentials(t *testing.T) {
	s := newScene(t)
	p, err := policy.Parse("p.yaml", t.TempDir(), []byte("version: 1\naccounts:\n  privileged: [user03@contoso.com]\n  groups: {finance: [user03@contoso.com]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	s.policy = p
	s.lives(person(3), 4)
	for n := range 20 {
		s.fail(9*time.Hour+time.Duration(n)*time.Second, thief, person(n))
	}
	for n := range 8 {
		s.succeed(9*time.Hour+time.Duration(30+n)*time.Second, thief, person(n))
	}
	var a *alert.Alert
	for _, one := range s.sorted().play() {
		if one.Rule.ID == "AN1269" {
			a = one
		}
	}
	if a == nil || len(a.Valid) != 8 || len(a.Context) != 5 {
		t.Fatalf("%+v", a)
	}
	at := slices.IndexFunc(a.Context, func(x alert.Context) bool { return x.Account == person(3) })
	if at < 0 {
		t.Fatalf("%+v", a.Context)
	}
	x := a.Context[at]
	if !slices.Equal(x.Marks, []string{alert.MarkPrivileged}) || !slices.Equal(x.Groups, []string{"finance"}) {
		t.Errorf("marks %q, groups %q", x.Marks, x.Groups)
	}
	if len(x.Networks) != 1 || x.Networks[0] != "192.0.0.0/16" || len(x.SignIns) != 2 || x.SignIns[0].Usual || !x.SignIns[1].Usual {
		t.Errorf("networks %q, sign-ins %+v", x.Networks, x.SignIns)
	}
	if len(x.Since) == 0 || x.Since[0].Code != "signin.from_attack" {
		t.Errorf("since %+v", x.Since)
	}
}

// An application's context is that of the account that let it in.
func TestContextOfTheGranter(t *testing.T) {
	s := newScene(t)
	s.lives(alice, 4)
	s.does(event.Consent, "Consent to application.", act{at: 9 * time.Hour, ip: homeIP, user: alice, target: rogueID, detail: "Mail.Read"})
	for n := range 10 {
		s.reads(act{at: 9*time.Hour + time.Duration(n)*time.Minute, ip: thief, app: rogueID, mailbox: person(n), items: 5,
			source: event.Graph, service: event.GraphService})
	}
	alerts := s.sorted().play()
	for _, a := range alerts {
		if len(a.Context) != 1 || a.Context[0].Account != alice {
			t.Errorf("%s: %+v", a.Message, a.Context)
		}
	}
	if len(alerts) == 0 {
		t.Error("no alert")
	}
}

// Whatever an account did, its context stays small.
func TestContextIsBounded(t *testing.T) {
	s := newScene(t)
	s.lives(alice, 4)
	long := strings.Repeat("x", 10_000)
	for n := range 300 {
		at := -time.Hour + time.Duration(n)*time.Second
		s.signsIn(act{at: at, ip: netip.AddrFrom4([4]byte{198, byte(n), 2, 1}).String(), user: alice, agent: browser, app: long, device: long + string(rune('a'+n%26)), country: "NL"})
	}
	stolenAccount(s)
	contexts := 0
	for _, a := range s.play() {
		for _, x := range a.Context {
			contexts++
			for _, list := range [][]string{x.Networks, x.Countries, x.Devices, x.Apps, x.Clients} {
				if len(list) > 5 || slices.ContainsFunc(list, func(v string) bool { return len(v) > 80 }) {
					t.Errorf("%d of up to %d bytes", len(list), len(list[0]))
				}
			}
			if len(x.Since) > 12 || len(x.SignIns) > 4 {
				t.Errorf("%d deeds, %d sign-ins", len(x.Since), len(x.SignIns))
			}
		}
	}
	if contexts == 0 {
		t.Error("no context")
	}
}

// Nothing in a message is shared with what goes on changing.
func TestContextIsTheCallers(t *testing.T) {
	s := newScene(t)
	e, err := New(Options{Policy: s.policy, MaxIPs: 100, MaxUsers: 100})
	if err != nil {
		t.Fatal(err)
	}
	stolenAccount(s)
	var ev event.Event
	var first *alert.Alert
	var before []alert.Context
	for _, a := range s.acts {
		a.event(&ev)
		e.observe(&ev)
		if out := e.tracker.Flush(); first == nil && len(out) > 0 {
			first = out[0]
			before = slices.Clone(first.Context)
		}
	}
	if first == nil || !reflect.DeepEqual(first.Context, before) {
		t.Errorf("%+v\n%+v", first, before)
	}
}
