package analytics

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/state"
)

// memory is a checkpoint in memory: the values written by Changes, by table and key.
type memory map[string]map[string][]byte

func (m memory) put(e state.Entry) {
	if m[e.Table] == nil {
		m[e.Table] = map[string][]byte{}
	}
	if e.Value == nil {
		delete(m[e.Table], string(e.Key))
	} else {
		m[e.Table][string(e.Key)] = bytes.Clone(e.Value)
	}
}

func (m memory) each(table string, do func(key, value []byte) error) error {
	for k, v := range m[table] {
		if err := do([]byte(k), v); err != nil {
			return err
		}
	}
	return nil
}

func newTracked(t *testing.T, p *policy.Policy, from memory) *Engine {
	t.Helper()
	e, err := New(Options{Policy: p, MaxIPs: 1000, MaxUsers: 1000})
	if err == nil {
		err = e.Restore(from.each)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// restarting plays a scene and replaces the engine by a new one, restored from the
// checkpoint, after the given number of acts. It also checks that each message is
// sent once.
func (s *scene) restarting(every int) map[string]*alert.Alert {
	s.t.Helper()
	kept := memory{}
	e := newTracked(s.t, s.policy, kept)
	last := lastAlerts{}
	var ev event.Event
	for n, a := range s.acts {
		a.event(&ev)
		e.observe(&ev)
		if n%every == every-1 {
			last.keep(s.t, e.tracker.Flush())
			if err := e.Changes(kept.put); err != nil {
				s.t.Fatal(err)
			}
			e = newTracked(s.t, s.policy, kept)
		}
	}
	last.keep(s.t, e.tracker.Flush())
	last.keep(s.t, e.Close())
	return last
}

func TestARestartChangesNothing(t *testing.T) {
	scenes := map[string]func(*testing.T) *scene{
		"a slow stuffing run": func(t *testing.T) *scene {
			s := newScene(t)
			for n := range 13 {
				s.fail(time.Duration(n)*90*time.Minute, attacker, person(n))
			}
			return s.succeed(21*time.Hour, attacker, person(3))
		},
		"a campaign and its credential": func(t *testing.T) *scene {
			s := newScene(t)
			for n := range 60 {
				s.add(act{at: time.Duration(n) * 20 * time.Second, ip: fmt.Sprintf("100.%d.%d.9", 64+n%40, n), user: person(n % 50),
					agent: "Mozilla/5.0 Chrome/104.0.0.0", source: event.Entra, service: event.M365, outcome: event.Failure})
			}
			return s.add(act{at: minutes(30), ip: "192.0.2.99", user: person(7), agent: "Mozilla/5.0 Chrome/104.0.0.0",
				source: event.Entra, service: event.M365, outcome: event.Success})
		},
		"typos behind an office": func(t *testing.T) *scene {
			s := newScene(t)
			for n := range 40 {
				at := 8*time.Hour + time.Duration(n)*20*time.Second
				s.fail(at, office, person(n))
				s.succeed(at+25*time.Second, office, person(n))
			}
			return s.sorted()
		},
		"a chain, on a baseline of five days": func(t *testing.T) *scene {
			s := newScene(t).lives(alice, 5)
			s.signsIn(act{at: 9 * time.Hour, ip: thief, user: alice, agent: python, app: officeID, country: "RU", session: "s-1"})
			s.does(event.MailboxChange, "New-InboxRule", act{at: 10 * time.Hour, ip: thief, user: alice, detail: "ForwardTo=x@example.net"})
			for n := range 30 {
				s.reads(act{at: 11*time.Hour + time.Duration(n)*time.Minute, ip: thief, user: alice, agent: python, app: rogueID, items: 40,
					mailbox: person(n % 9), session: "s-1"})
			}
			return s.lives("bob@contoso.com", 3).sorted()
		},
		"an application that reads more and more": func(t *testing.T) *scene {
			s := newScene(t)
			for d := range 6 {
				for n := range 3 {
					s.reads(act{at: time.Duration(24*d)*time.Hour + minutes(n), ip: homeIP, app: backupID, protocol: event.ClientCredential, mailbox: person(n), items: 30})
				}
			}
			for n := range 40 {
				s.reads(act{at: 6*24*time.Hour + time.Duration(n)*20*time.Second, ip: thief, app: backupID, protocol: event.ClientCredential, mailbox: person(n), items: 30})
			}
			return s
		},
	}
	for name, build := range scenes {
		want := build(t).play()
		t.Logf("%s:\n%s", name, summaries(want))
		for _, every := range []int{1, 5} {
			t.Run(fmt.Sprintf("%s, every %d acts", name, every), func(t *testing.T) {
				got := build(t).restarting(every)
				if len(got) != len(want) {
					t.Fatalf("%d incidents, want %d", len(got), len(want))
				}
				for id, w := range want {
					g := got[id]
					if g != nil && g.Signals != nil && summary(g)+g.Baseline != summary(w)+w.Baseline || g == nil || g.Class != w.Class || g.Severity != w.Severity || g.Counts != w.Counts ||
						fmt.Sprint(g.Valid) != fmt.Sprint(w.Valid) || fmt.Sprint(g.Context) != fmt.Sprint(w.Context) || g.Confidence != w.Confidence || !g.Start.Equal(w.Start) || !g.End.Equal(w.End) {
						t.Errorf("got  %+v\nwant %+v", g, w)
					}
				}
			})
		}
	}
}

// A header line that was read before a restart still gives the columns after
// it: tail goes on in the middle of the file.
func TestARestartRemembersHeaders(t *testing.T) {
	const unusual = "#Fields: date time c-ip cs-username sc-status sc-substatus sc-win32-status cs-method cs-uri-stem"
	kept := memory{}
	e := newTracked(t, standard(), kept)
	e.Observe("iis", chunked([][]byte{[]byte(unusual)}, 1, asLines)[0])
	if err := e.Changes(kept.put); err != nil {
		t.Fatal(err)
	}
	e = newTracked(t, standard(), kept)
	var lines [][]byte
	for n := range 6 {
		lines = append(lines, fmt.Appendf(nil, "2026-03-10 09:0%d:00 %s %s 401 1 1326 POST /ews/exchange.asmx", n, attacker, person(n)))
	}
	got := e.Observe("iis", chunked(lines, 10, asLines)[0])
	if len(got) != 1 || got[0].Source.String() != attacker {
		t.Errorf("%d alerts after the restart, want the one of %s; counts %+v", len(got), attacker, e.Stats())
	}
	if again := e.Observe("iis", chunked(lines, 10, asLines)[0]); again != nil || e.Stats().RepeatedChunks != 1 {
		t.Error("a chunk was counted twice")
	}
}

// TestChangesAreIncremental checks that a checkpoint writes only what has changed.
func TestChangesAreIncremental(t *testing.T) {
	s := newScene(t)
	for n := range 500 {
		s.succeed(time.Duration(n)*time.Second, fmt.Sprintf("10.1.%d.%d", n/250, n%250), fmt.Sprintf("p%d@contoso.com", n))
	}
	kept := memory{}
	e := newTracked(t, s.policy, kept)
	var ev event.Event
	for _, a := range s.acts {
		a.event(&ev)
		e.observe(&ev)
	}
	if err := e.Changes(kept.put); err != nil || len(kept["clients"]) != 500 || len(kept["accounts"]) != 500 {
		t.Fatalf("%d clients, %d accounts put down, want 500 of each: %v", len(kept["clients"]), len(kept["accounts"]), err)
	}
	entries := 0
	count := func(state.Entry) { entries++ }
	act{at: time.Hour, ip: "10.1.0.1", user: "p1@contoso.com", outcome: event.Success}.event(&ev)
	e.observe(&ev)
	if err := e.Changes(count); err != nil || entries > 6 {
		t.Errorf("%d entries put down for one sign-in: %v", entries, err)
	}
}

func TestADamagedStateIsRefused(t *testing.T) {
	s := newScene(t)
	for n := range 8 {
		s.fail(minutes(n), attacker, person(n))
	}
	kept := memory{}
	e := newTracked(t, s.policy, kept)
	var ev event.Event
	for _, a := range s.acts {
		a.event(&ev)
		e.observe(&ev)
	}
	e.tracker.Flush()
	if err := e.Changes(kept.put); err != nil {
		t.Fatal(err)
	}
	for table, entries := range kept {
		for key, value := range entries {
			for cut := 0; cut < len(value); cut += 1 + cut/4 { // every length at first, then fewer
				damaged := memory{table: {key: value[:cut]}}
				fresh, err := New(Options{Policy: s.policy, MaxIPs: 10, MaxUsers: 10})
				if err != nil {
					t.Fatal(err)
				}
				if err := fresh.Restore(damaged.each); err == nil && table != "chunks" && table != "ids" {
					t.Fatalf("%s: %d of %d bytes were taken for a whole entry", table, cut, len(value))
				}
			}
		}
	}
	broken := errors.New("disk")
	if err := e.Restore(func(string, func(key, value []byte) error) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v, want the reader's error", err)
	}
}
