package health

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/source"
)

var began = time.Date(2026, 3, 10, 8, 0, 0, 0, time.UTC)

// site is a monitor with the counts of its sources.
type site struct {
	*Monitor
	counts source.Counts
	now    time.Time
}

func newSite() *site { return &site{Monitor: New(policy.Default()), now: began} }

// chunk lets a minute pass and n records of a source arrive with one outcome.
func (s *site) chunk(of event.Source, outcome source.Outcome, n uint64, evicted ...uint64) {
	s.now = s.now.Add(time.Minute)
	s.counts[of][outcome] += n
	s.Chunk("tag", s.counts, s.now, evicted...)
}

// holds reports whether a finding is open.
func holds(m *Monitor, code, subject string) bool {
	_, open := m.open[findingKey{code, subject}]
	return open
}

// A source is silent after half an hour while another one goes on, and the finding
// clears with its next records.
func TestSilentSource(t *testing.T) {
	s := newSite()
	for range 60 {
		s.chunk(event.IIS, source.Understood, 2)
		s.chunk(event.UAL, source.Understood, 2)
	}
	for minute := range 40 {
		s.chunk(event.UAL, source.Understood, 2)
		if got, want := holds(s.Monitor, findSilent, "iis"), minute >= 28; got != want {
			t.Fatalf("%d minutes of silence: finding %v", minute+2, got)
		}
	}
	_, raised, cleared := s.Take()
	if len(raised) != 1 || raised[0].Code != findSilent || !strings.Contains(raised[0].Detail, "for 30 minutes") || len(cleared) != 0 {
		t.Errorf("raised %+v, cleared %+v", raised, cleared)
	}
	s.chunk(event.IIS, source.Understood, 1)
	open, raised, cleared := s.Take()
	if len(open) != 0 || len(raised) != 0 || len(cleared) != 1 || cleared[0].Subject != "iis" {
		t.Errorf("open %+v, raised %+v, cleared %+v", open, raised, cleared)
	}
}

// A night without any records is no silence of one source.
func TestEverythingSilent(t *testing.T) {
	s := newSite()
	for range 60 {
		s.chunk(event.IIS, source.Understood, 2)
		s.chunk(event.UAL, source.Understood, 2)
	}
	s.now = s.now.Add(8 * time.Hour)
	s.chunk(event.UAL, source.Understood, 2)
	if open, _, _ := s.Take(); len(open) != 0 {
		t.Errorf("%+v", open)
	}
}

// An eviction is reported, and clears after an hour without another one.
func TestEvictionClearsAfterAnHour(t *testing.T) {
	s := newSite()
	s.chunk(event.IIS, source.Understood, 1, 0, 5)
	if holds(s.Monitor, findEvicting, "clients") || !holds(s.Monitor, findEvicting, "accounts") {
		t.Error("not the table that evicts")
	}
	for range 60 {
		s.chunk(event.IIS, source.Understood, 1, 0, 5)
	}
	if !holds(s.Monitor, findEvicting, "accounts") {
		t.Error("cleared within the hour")
	}
	s.chunk(event.IIS, source.Understood, 1, 0, 5)
	if holds(s.Monitor, findEvicting, "accounts") {
		t.Error("open after an hour without evictions")
	}
}

// The share of records without an address raises at 90 per cent and clears below 50.
func TestMissingAddresses(t *testing.T) {
	s := newSite()
	for _, c := range []struct {
		without int // of batch
		open    bool
	}{{44, false}, {45, true}, {26, true}, {25, true}, {24, false}, {44, false}} {
		for n := range batch {
			ev := event.Event{Source: event.IIS, Action: event.SignIn, Outcome: event.Success}
			if n >= c.without {
				ev.IP = netip.MustParseAddr("192.0.2.1")
			}
			s.Event(&ev, s.now.UnixMilli(), s.now.UnixMilli())
		}
		s.chunk(event.IIS, source.Understood, batch)
		if got := holds(s.Monitor, findNoAddress, "iis"); got != c.open {
			t.Errorf("%d of %d without an address: finding %v", c.without, batch, got)
		}
	}
}

// A clock is wrong if every event of ten minutes has about the same delay. A backlog
// has delays of all sizes, and cloud records always come late.
func TestClocks(t *testing.T) {
	hour := func(int) time.Duration { return time.Hour }
	for _, c := range []struct {
		name   string
		of     event.Source
		delay  func(n int) time.Duration
		expect string
	}{
		{"an hour behind", event.IIS, hour, findBehind},
		{"an hour ahead", event.IIS, func(int) time.Duration { return -time.Hour }, findAhead},
		{"a minute ahead", event.IIS, func(int) time.Duration { return -time.Minute }, ""},
		{"a backlog", event.IIS, func(n int) time.Duration { return time.Duration(60-n) * time.Minute }, ""},
		{"the cloud", event.UAL, hour, ""},
	} {
		s := newSite()
		for n := range batch + 1 {
			ev := event.Event{Source: c.of}
			s.Event(&ev, s.now.Add(-c.delay(n)).UnixMilli(), s.now.UnixMilli())
			s.chunk(c.of, source.Understood, 1)
		}
		open, _, _ := s.Take()
		if len(open) > 1 || len(open) == 1 != (c.expect != "") || len(open) == 1 && open[0].Code != c.expect {
			t.Errorf("%s: %+v, want %q", c.name, open, c.expect)
		}
	}
}

// One address with nearly all sign-ins is a proxy, unless the policy knows it or few
// accounts use it.
func TestSharedAddress(t *testing.T) {
	for _, c := range []struct {
		name     string
		accounts int
		marks    event.Marks
		want     bool
	}{{"a proxy", 40, 0, true}, {"a declared office", 40, event.CorporateEgress, false}, {"a few people", 10, 0, false}} {
		s := newSite()
		for n := range 2 * sharedBatch {
			ev := event.Event{Source: event.IIS, Action: event.SignIn, Outcome: event.Success, UserKind: event.UserPerson,
				IP: netip.MustParseAddr("192.0.2.1"), Marks: c.marks, User: []byte("user" + strconv.Itoa(n%c.accounts))}
			if n%10 == 9 {
				ev.IP = netip.AddrFrom4([4]byte{198, 51, 100, byte(n)})
			}
			s.Event(&ev, s.now.UnixMilli(), s.now.UnixMilli())
			if n%sharedBatch == sharedBatch-1 {
				s.chunk(event.IIS, source.Understood, sharedBatch)
			}
		}
		if got := holds(s.Monitor, findProxy, "iis 192.0.2.1"); got != c.want {
			t.Errorf("%s: finding %v", c.name, got)
		}
	}
}

// A source that understands none of its records is reported after five of them.
func TestNotUnderstood(t *testing.T) {
	s := newSite()
	s.chunk(event.IIS, source.Malformed, unreadAll-1)
	if s.CheckUnread(); holds(s.Monitor, findUnread, "iis") {
		t.Error("reported for too few records")
	}
	s.chunk(event.IIS, source.Malformed, 1)
	if s.CheckUnread(); !holds(s.Monitor, findUnread, "iis") {
		t.Error("not reported")
	}
	s.chunk(event.IIS, source.Understood, 200)
	if s.CheckUnread(); holds(s.Monitor, findUnread, "iis") {
		t.Error("not cleared by records that are understood")
	}
}

// A single time from the future does not move the clock; a second one about as far
// ahead does.
func TestOneTimeFromTheFuture(t *testing.T) {
	s := newSite()
	s.chunk(event.IIS, source.Understood, 1)
	future := s.now.Add(30 * 24 * time.Hour)
	s.Chunk("tag", s.counts, future)
	if !s.Time().Equal(s.now) {
		t.Errorf("the clock is at %v", s.Time())
	}
	s.Chunk("tag", s.counts, future.Add(time.Minute))
	if !s.Time().Equal(future.Add(time.Minute)) {
		t.Errorf("the clock stayed at %v", s.Time())
	}
}

// Findings are bounded, and each is raised once until it clears.
func TestFindingsAreBounded(t *testing.T) {
	var f findings
	for n := range 3 * maxFindings {
		for range 2 {
			f.set(true, 1, "code", strconv.Itoa(n), func() string { return "" })
		}
	}
	open, raised, _ := f.Take()
	if len(open) != maxFindings || len(raised) != maxFindings {
		t.Errorf("%d open, %d raised, want %d", len(open), len(raised), maxFindings)
	}
	if _, raised, _ := f.Take(); len(raised) != 0 {
		t.Errorf("%d raised again", len(raised))
	}
}
