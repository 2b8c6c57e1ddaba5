package coverage

import (
	"maps"
	"net/netip"
	"slices"
	"testing"
	"time"

	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/state"
)

// Every signal of AN0131, every part of AN1269, every service and every column is
// in the table of needs, and nothing else is.
func TestNeedsNameEverything(t *testing.T) {
	var want []string
	for _, s := range policy.Default().Signals() {
		want = append(want, "AN0131 "+s.Code)
	}
	for _, code := range []string{partClient, partAccounts, partKnown, partShared, partCampaign, partTenant, partGuessing, partValid} {
		want = append(want, "AN1269 "+code)
	}
	slices.Sort(want)
	codes, rows, columns := map[string]bool{}, map[Service]bool{}, evidenceSet(0)
	for _, n := range needs {
		codes[n.rule+" "+n.code] = true
		columns |= n.evidence
		for _, s := range n.services {
			rows[s] = true
		}
		if n.evidence == 0 || len(n.services) == 0 {
			t.Errorf("%s needs nothing", n.code)
		}
	}
	if got := slices.Sorted(maps.Keys(codes)); !slices.Equal(got, want) {
		t.Errorf("needs of\n%q, want\n%q", got, want)
	}
	for s := Service(1); s < services; s++ {
		if !rows[s] {
			t.Errorf("nothing needs the service %s", s)
		}
	}
	for e := range evidences {
		if columns>>e&1 == 0 {
			t.Errorf("nothing needs the evidence %s", e)
		}
	}
}

func signIn(outcome event.Outcome, full bool) *event.Event {
	ev := &event.Event{Time: time.Date(2026, 5, 4, 8, 0, 0, 0, time.UTC), Source: event.IIS, Service: event.OWA, Action: event.SignIn, Outcome: outcome}
	if full {
		ev.IP, ev.User, ev.UserKind = netip.MustParseAddr("192.0.2.1"), []byte("a@contoso.com"), event.UserPerson
		ev.Agent = []byte("Mozilla/5.0")
	}
	return ev
}

func add(m *Matrix, ev *event.Event, arrived int64) { m.Add(ev, ev.Time.UnixMilli(), arrived) }

func TestCells(t *testing.T) {
	m := &Matrix{}
	for n := range 10 {
		add(m, signIn(event.Success, n < 9), 0)
	}
	r := m.Report()
	row := r.Rows[0]
	if len(r.Rows) != 1 || row.Service != owa || row.Events != 10 || row.Last != signIn(0, false).Time || slices.Contains(r.NotSeen, owa) {
		t.Fatalf("%+v", r)
	}
	for e, want := range map[Evidence]State{ClientAddress: Present, Account: Present, Agent: Present, FailedAccount: NotSeen, Items: NotNeeded, Result: Present} {
		if got := row.Cells[e]; got.State != want {
			t.Errorf("%s: %s (%d of %d), want %s", e, got.State, got.With, got.Of, want)
		}
	}
	add(m, signIn(event.Success, false), 0)
	add(m, signIn(event.Failure, false), 0)
	row = m.Report().Rows[0]
	if c := row.Cells[ClientAddress]; c.State != Partial || c.Share() != 75 {
		t.Errorf("%+v", c)
	}
	if c := row.Cells[FailedAccount]; c.State != Missing || c.Of != 1 {
		t.Errorf("%+v", c)
	}
	blind := blindOn(owa, FailedAccount)
	if !slices.Contains(blind, Part{"AN1269", partAccounts}) || !slices.Contains(blind, Part{"AN0131", "signin.after_failures"}) || slices.Contains(blind, Part{"AN1269", partClient}) {
		t.Error(blind)
	}
}

// Shares are of the last two days with events: a field that disappears is seen.
func TestRecentDays(t *testing.T) {
	m := Recent()
	for day := range 4 {
		for range 100 {
			add(m, signIn(event.Success, day < 2), int64(day)*event.Day)
		}
	}
	row := m.Report().Rows[0]
	if c := row.Cells[ClientAddress]; c.State != Missing || c.Of != 200 || row.Total != 400 {
		t.Errorf("%+v of %d", c, row.Total)
	}
}

func TestSavedState(t *testing.T) {
	m := Recent()
	for day := range 2 {
		add(m, signIn(event.Success, true), int64(day)*event.Day)
		add(m, signIn(event.Failure, true), int64(day)*event.Day)
	}
	saved := map[string][]byte{}
	save := func() (n int) {
		m.Table().Changes(state.NewWriter(func(e state.Entry) { saved[string(e.Key)] = slices.Clone(e.Value); n++ }))
		return n
	}
	if n := save(); n != 1 {
		t.Errorf("%d entries", n)
	}
	if n := save(); n != 0 {
		t.Errorf("%d entries although nothing has changed", n)
	}
	saved["ews"] = []byte{byte(rowNumbers) + 1, 2, 3} // of another version
	for key, value := range map[string][]byte{"owa2": saved["owa"], "owa": saved["owa"][:9], "ecp": nil} {
		if err := m.restore([]byte(key), value); err == nil {
			t.Errorf("%s: %d bytes were taken", key, len(value))
		}
	}
	got, err := Restored(func(do func(key, value []byte) error) error {
		for k, v := range saved {
			if err := do([]byte(k), v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	m.rows[owa].changed = false
	if got.rows != m.rows {
		t.Errorf("%+v, want %+v", got.rows[owa], m.rows[owa])
	}
}

func TestServices(t *testing.T) {
	for _, c := range []struct {
		ev   event.Event
		want string
	}{
		{event.Event{Source: event.IIS, Service: event.EAS, Action: event.MailAccess}, "activesync"},
		{event.Event{Source: event.Entra, Service: event.IMAPService, Action: event.SignIn}, "m365_sign_ins"},
		{event.Event{Source: event.UAL, Action: event.MailAccess}, "mailbox_audit"},
		{event.Event{Source: event.UAL, Action: event.MailboxChange}, "mailbox_audit"},
		{event.Event{Source: event.UAL, Action: event.Consent}, "directory_audit"},
		{event.Event{Source: event.WinEvent, Action: event.MailboxChange, Service: event.PowerShell}, "admin_audit"},
		{event.Event{Source: event.Cmdlet, Action: event.Script, Service: event.PowerShell}, "admin_audit"},
		{event.Event{Source: event.WinEvent, Action: event.Script, Service: event.PowerShell}, "script_logging"},
		{event.Event{Source: event.WinEvent, Action: event.Network}, "process_network"},
		{event.Event{Source: event.WinEvent, Action: event.SignIn, Service: event.Windows}, "windows_logons"},
		{event.Event{Source: event.Graph, Service: event.GraphService, Action: event.MailAccess}, "graph"},
	} {
		if got := serviceOf(&c.ev).String(); got != c.want {
			t.Errorf("%+v: %s, want %s", c.ev, got, c.want)
		}
	}
}
