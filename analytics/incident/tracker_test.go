package incident

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/state"
)

// graded is a Detail whose grade and volume a test sets.
type graded struct {
	incident *Incident
	class    string
	severity alert.Severity
	volume   int
}

func (g *graded) Assess()     { g.incident.Class, g.incident.Severity = g.class, g.severity }
func (g *graded) Volume() int { return g.volume }
func (g *graded) ShareOf(i *Incident) float64 {
	return float64(i.Detail.Volume()) / float64(g.volume)
}
func (g *graded) Fill(a *alert.Alert)   { a.Message = g.class }
func (g *graded) Save() ([]byte, error) { return []byte{byte(g.severity), byte(g.volume)}, nil }
func (g *graded) Restore(b []byte) error {
	g.class, g.severity, g.volume = "spraying", alert.Severity(b[0]), int(b[1])
	return nil
}

var gradedRule = &alert.Rule{ID: "T0001"}

// begin is the first event time of the tests, in Unix milliseconds.
var begin = time.Date(2026, 3, 10, 8, 0, 0, 0, time.UTC).UnixMilli()

func newGraded(t *testing.T, change func(*policy.Policy)) *Tracker {
	t.Helper()
	p := policy.Default()
	if change != nil {
		change(p)
	}
	tracker := NewTracker(p)
	tracker.Register(gradedRule, func(i *Incident) Detail {
		return &graded{incident: i, class: "spraying", severity: alert.Medium, volume: 1}
	})
	tracker.Advance(begin)
	return tracker
}

// touch updates the incident of a subject at a time and returns its detail.
func touch(tracker *Tracker, subject string, at int64) *graded {
	i := tracker.Open(gradedRule, subject, begin)
	i.Extend(at)
	i.Changed()
	tracker.Advance(at)
	tracker.Update(i)
	return i.Detail.(*graded)
}

// phases returns the phases of the alerts, in order.
func phases(alerts []*alert.Alert) (list []string) {
	for _, a := range alerts {
		list = append(list, a.Phase)
	}
	return list
}

func expect(t *testing.T, what string, got []*alert.Alert, want ...string) {
	t.Helper()
	if !slices.Equal(phases(got), want) {
		t.Errorf("%s: phases %q, want %q", what, phases(got), want)
	}
}

func TestIncidentIDsFollowFromSubjectAndDay(t *testing.T) {
	tracker := newGraded(t, nil)
	a, same := tracker.Open(gradedRule, "alice", begin), tracker.Open(gradedRule, "alice", begin+event.Hour)
	if a != same {
		t.Error("two incidents of one subject on one day")
	}
	other, later := tracker.Open(gradedRule, "bob", begin), tracker.Open(gradedRule, "alice", begin+event.Day)
	if other == a || later == a {
		t.Error("one incident for two subjects or two days")
	}
	if again := newGraded(t, nil).Open(gradedRule, "alice", begin); again.ID != a.ID {
		t.Errorf("a replay gives id %s, want %s", again.ID, a.ID)
	}
	if tracker.ByID(a.ID) != a || tracker.ByID("T0001-none") != nil {
		t.Error("ByID finds another incident")
	}
}

func TestPhases(t *testing.T) {
	tracker := newGraded(t, nil)
	cooldown := policy.Default().Alerts.Cooldown.Milliseconds()
	at := begin
	g := touch(tracker, "alice", at)
	expect(t, "new", tracker.Flush(), alert.PhaseOpened)
	expect(t, "unchanged", tracker.Flush())

	g.class = "stuffing"
	touch(tracker, "alice", at+event.Minute)
	expect(t, "another class within the cooldown", tracker.Flush())

	at += cooldown + event.Minute
	touch(tracker, "alice", at)
	expect(t, "another class after the cooldown", tracker.Flush(), alert.PhaseChanged)

	at += cooldown + event.Minute
	g.volume = 9
	touch(tracker, "alice", at)
	expect(t, "nine times the volume", tracker.Flush())
	g.volume = 10
	touch(tracker, "alice", at+event.Minute)
	expect(t, "ten times the volume", tracker.Flush(), alert.PhaseGrown)

	g.severity = alert.High
	touch(tracker, "alice", at+2*event.Minute)
	expect(t, "higher severity", tracker.Flush(), alert.PhaseEscalated)
	tracker.Open(gradedRule, "alice", begin).Valid.Add(1, alert.Credential{User: "alice"})
	touch(tracker, "alice", at+event.Hour)
	expect(t, "a valid credential", tracker.Flush(), alert.PhaseEscalated)
}

// A severity that is taken back causes a message even if the policy keeps messages of the
// lower severity back.
func TestSeverityIsTakenBack(t *testing.T) {
	tracker := newGraded(t, func(p *policy.Policy) { p.Alerts.MinimumSeverity = "high" })
	touch(tracker, "alice", begin).severity = alert.Critical
	expect(t, "critical", tracker.Flush(), alert.PhaseOpened)
	touch(tracker, "alice", begin+2*event.Minute).severity = alert.Medium
	got := tracker.Flush()
	expect(t, "taken back", got, alert.PhaseChanged)
	if len(got) == 1 && got[0].Severity != alert.Medium {
		t.Errorf("severity %s, want medium", got[0].Severity)
	}
	touch(tracker, "alice", begin+event.Hour)
	expect(t, "below the minimum", tracker.Flush())
	expect(t, "final figures below the minimum", tracker.Close())
}

// The analytics learn which accounts only a withdrawn incident had named.
func TestWithdrawal(t *testing.T) {
	tracker := newGraded(t, nil)
	named := map[string]*Incident{}
	for n, subject := range []string{"first", "second"} {
		i := tracker.Open(gradedRule, subject, begin)
		i.Valid.Add(1, alert.Credential{User: "alice"})
		i.Valid.Add(uint64(n+2), alert.Credential{User: "of the " + subject})
		named[subject] = i
	}
	var got []string
	tracker.OnWithdrawal(func(i *Incident, accounts []string) {
		if !i.Closed() || !i.Withdrawn() {
			t.Errorf("incident %s is open", i.ID)
		}
		got = append(got, accounts...)
	})
	tracker.Withdraw(named["first"])
	tracker.Withdraw(named["second"])
	if want := []string{"of the first", "alice", "of the second"}; !slices.Equal(got, want) {
		t.Errorf("accounts %q, want %q", got, want)
	}
}

// A credential that is taken back causes a message. The analytics learn of it unless another incident
// has the account, too.
func TestTakeBack(t *testing.T) {
	tracker := newGraded(t, nil)
	for n, subject := range []string{"first", "second"} {
		i := touch(tracker, subject, begin).incident
		i.Valid.Add(1, alert.Credential{User: "alice"})
		i.Valid.Add(uint64(n+2), alert.Credential{User: "of the " + subject})
	}
	expect(t, "both", tracker.Flush(), alert.PhaseOpened, alert.PhaseOpened)
	var got []string
	tracker.OnWithdrawal(func(_ *Incident, accounts []string) { got = append(got, accounts...) })
	first := touch(tracker, "first", begin+2*event.Minute).incident
	for _, key := range []uint64{1, 2, 7} {
		tracker.TakeBack(first, key)
	}
	if want := []string{"of the first"}; !slices.Equal(got, want) || first.Valid.Count() != 0 || first.Valid.Has(1) {
		t.Errorf("accounts %q, want %q; %d left", got, want, first.Valid.Count())
	}
	messages := tracker.Flush()
	if expect(t, "taken back", messages, alert.PhaseChanged); len(messages) == 1 && len(messages[0].Valid) != 0 {
		t.Errorf("%+v", messages[0].Valid)
	}
}

// Messages over the cap are delayed until the next minute. Only the first critical
// message of an incident is not.
func TestCapPerMinute(t *testing.T) {
	tracker := newGraded(t, func(p *policy.Policy) { p.Alerts.PerMinute = 2 })
	for n := range 5 {
		touch(tracker, fmt.Sprint("user", n), begin)
	}
	expect(t, "first minute", tracker.Flush(), alert.PhaseOpened, alert.PhaseOpened)
	touch(tracker, "admin", begin).severity = alert.Critical
	expect(t, "critical", tracker.Flush(), alert.PhaseOpened)
	if s := tracker.Stats(); s.Suppressed != 3 || s.Notified != 3 || s.Opened != 6 {
		t.Errorf("%+v", s)
	}
	tracker.Advance(begin + event.Minute)
	expect(t, "second minute", tracker.Flush(), alert.PhaseOpened, alert.PhaseOpened)
	tracker.Advance(begin + 2*event.Minute)
	expect(t, "third minute", tracker.Flush(), alert.PhaseOpened)
	tracker.Advance(begin + 3*event.Minute)
	expect(t, "nothing is left", tracker.Flush())
}

// The clients of a campaign send no message, except one that is large, has a credential, has an
// agent that the campaign does not list, or makes failures that are not those of the campaign. The
// campaign sends its message before those of the clients, and lists the clients that have sent one.
func TestClientsOfACampaign(t *testing.T) {
	tracker := newGraded(t, func(p *policy.Policy) { p.Alerts.PerMinute = MaxListed })
	client := func(n int) string { return fmt.Sprint("192.0.2.", n) }
	for n := range MaxListed {
		touch(tracker, client(n), begin)
	}
	expect(t, "clients", tracker.Flush(), slices.Repeat([]string{alert.PhaseOpened}, MaxListed)...)
	whole := touch(tracker, "campaign", begin)
	whole.volume = 100
	touch(tracker, client(0), begin).class = "guessing"
	for n := range 3 * MaxListed {
		i := touch(tracker, client(n), begin).incident
		if i.Campaign = whole.incident.ID; n%3 == 0 {
			whole.incident.Members = append(whole.incident.Members, i.ID)
		}
	}
	expect(t, "above the cap", tracker.Flush())
	large := touch(tracker, client(MaxListed), begin)
	large.volume = 50
	touch(tracker, client(MaxListed+1), begin).severity = alert.Critical
	touch(tracker, client(MaxListed+2), begin).incident.agents = []string{"curl/8"}
	touch(tracker, client(MaxListed+3), begin).incident.Apart = maxApart + 1
	tracker.Advance(begin + event.Minute)
	got := tracker.Flush()
	expect(t, "the campaign and four clients", got, slices.Repeat([]string{alert.PhaseOpened}, 5)...)
	if len(got) == 0 || got[0].ID != whole.incident.ID || len(got[0].Members) != 7 {
		t.Errorf("the first messages are %+v, want that of the campaign, with seven clients", got)
	}
	if want := 2*MaxListed - 4; whole.incident.suppressed != want {
		t.Errorf("the campaign counts %d suppressed messages, want %d", whole.incident.suppressed, want)
	}
	large.class = "guessing"
	touch(tracker, client(MaxListed), begin+event.Day)
	whole.volume = 1000
	touch(tracker, "campaign", begin+event.Day)
	expect(t, "of a client that has sent a message", tracker.Flush(), alert.PhaseGrown)
	tracker.Withdraw(whole.incident)
	closing := phases(tracker.Flush())
	tracker.Advance(begin + event.Day + event.Minute)
	closing = append(closing, phases(tracker.Flush())...)
	closing = slices.DeleteFunc(closing, func(phase string) bool { return phase != alert.PhaseOpened })
	if n := len(closing); n != 2*MaxListed-4 {
		t.Errorf("after the withdrawal of the campaign %d messages, want that of all clients: %q", n, closing)
	}
}

// A credential that the campaign names at once, or within minutes, needs no message of the client.
func TestCredentialOfAClient(t *testing.T) {
	found := alert.Credential{User: "anna@contoso.com", At: time.UnixMilli(begin)}
	for sent, want := range map[int][]string{soon: nil, soon + 1: {alert.PhaseOpened}} {
		tracker := newGraded(t, nil)
		whole := touch(tracker, "campaign", begin)
		whole.volume = 100
		whole.incident.Valid.Add(1, found)
		tracker.Flush()
		whole.incident.last.sequence = sent
		one := touch(tracker, "192.0.2.1", begin).incident
		one.Campaign = whole.incident.ID
		one.Valid.Add(1, found)
		expect(t, "a credential that the campaign has named", tracker.Flush())
		one.Valid.Add(2, found)
		touch(tracker, "192.0.2.1", begin)
		whole.incident.Valid.Add(2, found)
		touch(tracker, "campaign", begin)
		expect(t, fmt.Sprint("a new credential after ", sent, " messages"), tracker.Flush(), want...)
	}
}

// A client of a campaign that closes first sends no message, whether the campaign lists it
// or not.
func TestClientsOutliveTheirCampaign(t *testing.T) {
	for _, listed := range []bool{true, false} {
		tracker := newGraded(t, nil)
		whole := touch(tracker, "campaign", begin)
		whole.volume = 100
		expect(t, "campaign", tracker.Flush(), alert.PhaseOpened)
		one := touch(tracker, "192.0.2.1", begin).incident
		if one.Campaign = whole.incident.ID; listed {
			whole.incident.Members = []string{one.ID}
		}
		expect(t, "client", tracker.Flush())
		tracker.Advance(begin + 40*event.Day)
		expect(t, fmt.Sprint("both close, listed ", listed), tracker.Flush())
	}
}

// An incident closes after the quiet time and the permitted lateness, with a final
// message if the last one is not up to date.
func TestQuietIncidentsClose(t *testing.T) {
	tracker := newGraded(t, nil)
	touch(tracker, "alice", begin)
	touch(tracker, "bob", begin)
	tracker.Flush()
	touch(tracker, "alice", begin+event.Minute)
	tracker.Flush()
	alice, bob := tracker.Open(gradedRule, "alice", begin), tracker.Open(gradedRule, "bob", begin)
	p := policy.Default()
	end := begin + event.Minute + p.Alerts.Quiet.Milliseconds() + p.State.Lateness.Milliseconds()
	tracker.Advance(end)
	if expect(t, "the quiet time is not over", tracker.Flush()); alice.Closed() {
		t.Error("closed too early")
	}
	tracker.Advance(end + 1)
	expect(t, "the quiet time is over", tracker.Flush(), alert.PhaseQuiet)
	if !alice.Closed() || !bob.Closed() || tracker.ByID(alice.ID) != nil {
		t.Error("still open")
	}
}

// In a full tracker the incident that was updated least recently closes. It goes on
// with its next sequence number when it is opened again.
func TestFullTracker(t *testing.T) {
	tracker := newGraded(t, func(p *policy.Policy) { p.Alerts.PerMinute = 2 * MaxIncidents })
	for n := range MaxIncidents {
		touch(tracker, fmt.Sprint("user", n), begin)
	}
	oldest := tracker.Open(gradedRule, "user1", begin)
	if got := len(tracker.Flush()); got != MaxIncidents {
		t.Fatalf("%d messages, want %d", got, MaxIncidents)
	}
	touch(tracker, "user0", begin+event.Minute)
	tracker.Flush()
	oldest.Changed()
	touch(tracker, "one more", begin+event.Minute)
	expect(t, "eviction", tracker.Flush(), alert.PhaseQuiet, alert.PhaseOpened)
	if !oldest.Closed() || tracker.Open(gradedRule, "user0", begin).Closed() {
		t.Error("another incident was evicted")
	}
	touch(tracker, "user1", begin+2*event.Minute)
	got := tracker.Flush()
	at := slices.IndexFunc(got, func(a *alert.Alert) bool { return a.ID == oldest.ID })
	if at < 0 || got[at].Sequence != 3 {
		t.Errorf("reopened: %d messages, want one with sequence 3", len(got))
	}
}

func TestCloseSendsFinalMessages(t *testing.T) {
	tracker := newGraded(t, nil)
	touch(tracker, "alice", begin)
	touch(tracker, "bob", begin)
	tracker.Flush()
	touch(tracker, "bob", begin+event.Minute)
	tracker.Flush()
	got := tracker.Close()
	if expect(t, "close", got, alert.PhaseQuiet); len(got) == 1 && got[0].ID != tracker.Open(gradedRule, "bob", begin).ID {
		t.Errorf("final message of %s", got[0].ID)
	}
}

func TestAdvanceReportsLateEvents(t *testing.T) {
	tracker := newGraded(t, nil)
	lateness := policy.Default().State.Lateness.Milliseconds()
	if tracker.Advance(begin + event.Hour) {
		t.Error("the newest event is late")
	}
	if tracker.Advance(begin+event.Hour-lateness) || !tracker.Advance(begin+event.Hour-lateness-1) {
		t.Error("another limit of lateness")
	}
}

// A restored tracker sends the same messages as one that went on.
func TestTrackerIsRestored(t *testing.T) {
	before := newGraded(t, func(p *policy.Policy) { p.Alerts.PerMinute = 1 })
	for _, table := range before.Tables() {
		if table.Track != nil {
			table.Track()
		}
	}
	touch(before, "alice", begin).severity = alert.High
	touch(before, "bob", begin)
	expect(t, "first minute", before.Flush(), alert.PhaseOpened)

	before.Advance(begin + event.Minute/2)

	saved := map[string][]state.Entry{}
	w := state.NewWriter(func(e state.Entry) {
		e.Key, e.Value = slices.Clone(e.Key), slices.Clone(e.Value)
		saved[e.Table] = append(saved[e.Table], e)
	})
	for _, table := range before.Tables() {
		table.Changes(w)
	}
	if w.Err() != nil {
		t.Fatal(w.Err())
	}
	after := newGraded(t, func(p *policy.Policy) { p.Alerts.PerMinute = 1 })
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
	if !after.Advance(begin + event.Minute/2 - policy.Default().State.Lateness.Milliseconds() - 1) {
		t.Error("the clock was not restored")
	}
	for _, tracker := range []*Tracker{before, after} {
		expect(t, "the same minute", tracker.Flush())
		tracker.Advance(begin + event.Minute)
		got := tracker.Flush()
		expect(t, "the delayed message", got, alert.PhaseOpened)
		if len(got) == 1 && got[0].Sequence != 1 {
			t.Errorf("sequence %d", got[0].Sequence)
		}
		touch(tracker, "alice", begin+2*event.Minute).severity = alert.Critical
		got = tracker.Flush()
		if expect(t, "worse", got, alert.PhaseEscalated); len(got) == 1 && got[0].Sequence != 2 {
			t.Errorf("sequence %d, want 2", got[0].Sequence)
		}
	}
}

// TestStolenAccountIsNotKnown checks that an account whose password the attacker
// knows is not listed as one that went on as usual, whichever log came first.
func TestStolenAccountIsNotKnown(t *testing.T) {
	tracker := newGraded(t, nil)
	i := touch(tracker, "203.0.113.7", begin).incident
	i.Familiar.Add(1, alert.Credential{User: "alice"})
	i.Familiar.Add(2, alert.Credential{User: "bob"})
	i.Valid.Add(1, alert.Credential{User: "alice"})
	got := tracker.Flush()
	if len(got) != 1 || len(got[0].Familiar) != 1 || got[0].Familiar[0].User != "bob" || len(got[0].Valid) != 1 {
		t.Fatalf("%+v", got)
	}
}

func TestFind(t *testing.T) {
	tracker := newGraded(t, nil)
	i := tracker.Open(gradedRule, "alice", begin)
	if tracker.Find(gradedRule, "alice", begin+1000) != i {
		t.Error("the incident of that day is not found")
	}
	if tracker.Find(gradedRule, "bob", begin) != nil || tracker.Find(gradedRule, "alice", begin+2*event.Day) != nil {
		t.Error("an incident of another subject or day is found")
	}
}
