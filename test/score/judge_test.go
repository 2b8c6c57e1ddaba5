package main

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"redshank/test/world"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// attackOf is an attack from 192.0.2.1 on some accounts, one of them valid.
func attackOf(rule string) *world.Attack {
	return &world.Attack{
		Rule: rule, Kind: "k", Start: noon, End: noon.Add(time.Hour), Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1")},
		Accounts: []string{"a@x.example", "b@x.example", "c@x.example", "d@x.example"}, Classes: []string{"right"},
		Valid: []world.Valid{{Account: "a@x.example", Address: netip.MustParseAddr("192.0.2.1")}},
	}
}

func messageAbout(rule string) message {
	return message{
		ID: "1", Rule: rule, Class: "right", Severity: "high", Source: "192.0.2.1", Time: noon.Add(5 * time.Minute), Start: noon, End: noon.Add(time.Hour),
		Users: 4, IPs: 1, Accounts: []string{"A@x.example", "b@x.example"}, Valid: []string{"a@x.example", "z@x.example"},
	}
}

func TestJudge(t *testing.T) {
	for _, tt := range []struct {
		name    string
		rule    string
		change  func(*message)
		verdict verdict
		wrong   int
	}{
		{"stuffing", "AN1269", func(*message) {}, complete, 0},
		{"stuffing, too few of the accounts", "AN1269", func(m *message) { m.Users, m.IPs, m.Source, m.Addresses = 1, 0, "", nil }, partly, 0},
		{"stuffing, other accounts", "AN1269", func(m *message) { m.Accounts, m.Valid = []string{"x@x.example", "y@x.example", "a@x.example"}, nil }, missed, 1},
		{"stuffing, other addresses", "AN1269", func(m *message) { m.Source, m.Addresses = "192.0.2.9", []string{"192.0.2.8", "192.0.2.1"} }, missed, 1},
		{"stuffing, swallowed", "AN1269", func(m *message) { m.Users = 14 }, missed, 1},
		{"stuffing, days later", "AN1269", func(m *message) { m.Start, m.End = noon.AddDate(0, 0, 3), noon.AddDate(0, 0, 4) }, missed, 1},
		{"stuffing, called by the other rule", "AN1269", func(m *message) { m.Rule, m.User = "AN0131", "a@x.example" }, missed, 0},
		{"theft", "AN0131", func(m *message) { m.Subject = "a@x.example" }, complete, 0},
		{"theft, an honest address", "AN0131", func(m *message) { m.Subject, m.Source = "a@x.example", "192.0.2.77" }, partly, 0},
		{"theft, open before it began", "AN0131", func(m *message) { m.Subject, m.Time = "a@x.example", noon.Add(-30*time.Hour) }, partly, 0},
		{"theft, somebody else", "AN0131", func(m *message) { m.Subject, m.Source = "z@x.example", "192.0.2.77" }, missed, 1},
		{"theft, the thief's address", "AN0131", func(m *message) { m.Subject = "" }, complete, 0},
		{"a question", "AN0131", func(m *message) { m.Subject, m.Source, m.Severity = "app", "", "low" }, missed, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			truth := &world.Truth{Attacks: []*world.Attack{attackOf(tt.rule)}}
			m := messageAbout(tt.rule)
			tt.change(&m)
			f := newFound()
			f.add(m)
			j := judge(truth, f)
			if j.attacks[0].verdict != tt.verdict || len(j.wrong) != tt.wrong {
				t.Errorf("verdict %d, %d wrong, want %d, %d", j.attacks[0].verdict, len(j.wrong), tt.verdict, tt.wrong)
			}
		})
	}
}

func TestCredentials(t *testing.T) {
	f := newFound()
	m := messageAbout("AN1269")
	m.Accounts = append(m.Accounts, "c@x.example")
	f.add(m)
	j := judge(&world.Truth{Attacks: []*world.Attack{attackOf("AN1269")}}, f)
	if a := j.attacks[0]; a.named != 1 || !a.class || a.delay != 5*time.Minute || j.credentials != 2 || j.believable != 1 {
		t.Errorf("named %d, class %v, delay %v, %d of %d believable", a.named, a.class, a.delay, j.believable, j.credentials)
	}
}

func TestBlame(t *testing.T) {
	f := newFound()
	m := messageAbout("AN1269")
	f.add(m)
	n := &world.Noise{Kind: "hotel", Start: noon, End: noon, Accounts: []string{"a@x.example"}, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}
	j := judge(&world.Truth{Noise: []*world.Noise{n}}, f)
	if len(j.wrong) != 1 || j.wrong[0].kind != "hotel" {
		t.Errorf("%+v", j.wrong)
	}
	kinds, groups := byKind(j.wrong, func(w *wrongful) string { return w.kind })
	if !slices.Equal(kinds, []string{"hotel"}) || len(groups["hotel"]) != 1 {
		t.Error(kinds)
	}
}
