package stuffing

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/explain"
	"redshank/analytics/incident"
	"redshank/analytics/policy"
	"redshank/analytics/state"
)

// begin is the first event time of the tests.
var begin = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)

// bench is a Detector by itself, with its tracker and the default policy.
type bench struct {
	*Detector
	tracker *incident.Tracker
	policy  *policy.Policy
	events  int
	agent   string // of the events to come
	app     string
}

// with sets the program of the events to come.
func (b *bench) with(agent, app string) *bench {
	b.agent, b.app = agent, app
	return b
}

func newBench() *bench {
	p := policy.Default()
	t := incident.NewTracker(p)
	return &bench{Detector: New(p, t, policy.NewGeoCache(p), 1000, 1000), tracker: t, policy: p}
}

// sign observes one sign-in of an account from an address, at a time after begin.
func (b *bench) sign(after time.Duration, ip, user string, outcome event.Outcome) {
	b.events++
	ev := event.Event{Time: begin.Add(after), Source: event.IIS, Service: event.OWA, Action: event.SignIn, Outcome: outcome,
		RawIP: []byte(ip), IP: netip.MustParseAddr(ip), IPFrom: event.IPDirect, RawUser: []byte(user), ID: fmt.Append(nil, b.events),
		Agent: []byte(b.agent), App: []byte(b.app)}
	if outcome == event.Failure {
		ev.Reason = event.WrongPassword
	}
	b.policy.Normalise(&ev)
	b.tracker.Advance(ev.Time.UnixMilli())
	b.Observe(&ev)
}

func (b *bench) fails(after time.Duration, ip, user string) { b.sign(after, ip, user, event.Failure) }

func person(n int) string { return fmt.Sprintf("user%d@contoso.com", n) }

const attacker = "203.0.113.66"

// An incident opens at the threshold of distinct accounts and not one below, and only
// if the failures are within the window.
func TestAccountThreshold(t *testing.T) {
	burst := policy.Default().Stuffing.MailboxLoginThreshold.Burst
	for _, c := range []struct {
		name     string
		accounts int
		apart    time.Duration
		want     int
	}{
		{"one below", burst - 1, time.Minute, 0},
		{"at the threshold", burst, time.Minute, 1},
		{"spread beyond the burst window", burst, 3 * time.Minute, 0},
	} {
		b := newBench()
		for n := range c.accounts {
			b.fails(time.Duration(n)*c.apart, attacker, person(n))
		}
		if got := b.tracker.Flush(); len(got) != c.want {
			t.Errorf("%s: %d incidents, want %d", c.name, len(got), c.want)
		}
	}
}

// The alert has the counts, the class, and the valid credential of a later success.
func TestAlertOfAnAttack(t *testing.T) {
	b := newBench()
	for n := range 8 {
		b.fails(time.Duration(n)*30*time.Second, attacker, person(n))
	}
	b.sign(5*time.Minute, attacker, person(3), event.Success)
	got := b.tracker.Flush()
	if len(got) != 1 {
		t.Fatalf("%d alerts, want 1", len(got))
	}
	a := got[0]
	if a.Class != "credential_stuffing" || a.Severity != alert.Critical || a.Source.String() != attacker || a.Counts.DistinctUsers != 8 || a.Counts.Failures != 8 {
		t.Errorf("%s/%s from %s, %+v", a.Class, a.Severity, a.Source, a.Counts)
	}
	if len(a.Valid) != 1 || a.Valid[0].User != person(3) || !a.Valid[0].At.Equal(begin.Add(5*time.Minute)) {
		t.Errorf("valid credentials %+v", a.Valid)
	}
}

// decisions keeps the last decision about each account.
type decisions map[string]explain.Decision

func (d decisions) Decided(ev *event.Event, x explain.Decision) { d[string(ev.User)] = x }

// A failure that a success follows within forgiveness is a typo; later it counts.
func TestForgiveness(t *testing.T) {
	forgiveness := policy.Default().Stuffing.Forgiveness
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{forgiveness, 0}, {forgiveness + 2*time.Minute, 1}} {
		b := newBench()
		for n := range 5 {
			b.fails(time.Duration(n)*time.Second, attacker, person(n))
			if n < 3 {
				b.sign(time.Duration(n)*time.Second+c.after, attacker, person(n), event.Success)
			}
		}
		// The successes of the second case come after the incident has opened.
		if got := b.tracker.Flush(); len(got) != c.want {
			t.Errorf("successes after %s: %d incidents, want %d", c.after, len(got), c.want)
		}
	}
}

// Failures in a network that the account has long used are not evidence.
func TestKnownNetwork(t *testing.T) {
	b, seen := newBench(), decisions{}
	b.Explain(seen)
	for day := range 10 {
		for n := range 6 {
			b.sign(time.Duration(24*day)*time.Hour+time.Duration(n)*time.Minute, "198.51.100.10", person(n), event.Success)
		}
	}
	for n := range 6 {
		b.fails(240*time.Hour+time.Duration(n)*time.Second, "198.51.100.10", person(n))
	}
	if got := b.tracker.Flush(); len(got) != 0 {
		t.Errorf("%d incidents: %s", len(got), got[0].Message)
	}
	if d := seen[person(1)]; d.Verdict != explain.Forgiven {
		t.Errorf("decision %+v, want forgiven", d)
	}
	b.fails(241*time.Hour, attacker, person(1))
	if d := seen[person(1)]; d.Verdict != explain.Counted {
		t.Errorf("from another network: decision %+v, want counted", d)
	}
}

// Sign-ins from allowed networks are not observed at all.
func TestAllowedNetworks(t *testing.T) {
	p, err := policy.Parse("test.yaml", "", []byte("networks: {allowed: [203.0.113.0/24]}"))
	if err != nil {
		t.Fatal(err)
	}
	b := newBench()
	b.policy = p
	for n := range 20 {
		b.fails(time.Duration(n)*time.Second, attacker, person(n))
	}
	if got := b.tracker.Flush(); len(got) != 0 {
		t.Errorf("%d incidents", len(got))
	}
}

// A detector that was saved in the middle of an attack and restored opens the same
// incident as one that went on.
func TestDetectorIsRestored(t *testing.T) {
	before := newBench()
	for _, table := range before.Tables() {
		if table.Track != nil {
			table.Track()
		}
	}
	for n := range 3 {
		before.fails(time.Duration(n)*time.Minute, attacker, person(n))
	}
	saved := map[string][]state.Entry{}
	w := state.NewWriter(func(e state.Entry) {
		e.Key, e.Value = slices.Clone(e.Key), slices.Clone(e.Value)
		saved[e.Table] = append(saved[e.Table], e)
	})
	for _, table := range before.Tables() {
		table.Changes(w)
	}
	if w.Err() != nil || len(saved["clients"]) != 1 || len(saved["accounts"]) != 3 {
		t.Fatalf("%v, %d clients, %d accounts", w.Err(), len(saved["clients"]), len(saved["accounts"]))
	}
	after := newBench()
	for _, table := range after.Tables() {
		for _, e := range saved[table.Name] {
			if err := table.Restore(e.Key, e.Value); err != nil {
				t.Fatal(err)
			}
		}
		if table.Loaded != nil {
			table.Loaded()
		}
	}
	var messages []string
	for _, b := range []*bench{before, after} {
		for n := 3; n < 6; n++ {
			b.fails(time.Duration(n)*time.Minute, attacker, person(n))
		}
		for _, a := range b.tracker.Flush() {
			messages = append(messages, a.Message)
		}
	}
	if len(messages) != 2 || messages[0] != messages[1] {
		t.Errorf("messages %q, want two that are the same", messages)
	}
}
