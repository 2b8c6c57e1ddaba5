package analytics

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/alert"
	"redshank/analytics/drill"
	"redshank/analytics/policy"
)

// exercise is an engine whose policy allows drills, with the clock of a test.
type exercise struct {
	t      *testing.T
	policy *policy.Policy
	engine *Engine
	saved  memory
	now    time.Time
	n      uint32
}

const drillAddress = "203.0.113.7"

func newExercise(t *testing.T) *exercise {
	t.Helper()
	path := filepath.Join(t.TempDir(), "drill.key")
	if err := drill.NewKeyFile(path); err != nil {
		t.Fatal(err)
	}
	var accounts []string
	for n := range 12 {
		accounts = append(accounts, drillAccount(n))
	}
	p, err := policy.Parse("policy.yaml", "", fmt.Appendf(nil, "drill: {key_file: %q, accounts: [%s]}\naccounts: {privileged: [%s]}", path, strings.Join(accounts, ", "), drillAccount(0)))
	if err != nil {
		t.Fatal(err)
	}
	x := &exercise{t: t, policy: p, saved: memory{}, now: time.Date(2026, 5, 10, 8, 0, 0, 0, time.UTC)}
	x.engine, err = New(Options{Policy: p, Source: "auto", MaxIPs: 1000, MaxUsers: 1000, Clock: func() time.Time { return x.now }})
	if err != nil {
		t.Fatal(err)
	}
	x.engine.Track()
	return x
}

func drillAccount(n int) string { return fmt.Sprintf("drill-%02d@contoso.com", n) }

// failed is the record of a failed sign-in.
func failed(id string, r drill.Record) string {
	return fmt.Sprintf(`{"CreationTime":%q,"Id":%q,"Operation":"UserLoginFailed","RecordType":15,"ResultStatus":"Failed","Workload":"AzureActiveDirectory",`+
		`"ClientIP":%q,"UserId":%q,"ErrorNumber":"50126","LogonError":"InvalidUserNameOrPassword"}`, r.At.Format("2006-01-02T15:04:05"), id, r.Address, r.Account)
}

// attack returns marked records of an attack on accounts from one address.
func (x *exercise) attack(run drill.Run, accounts int) (lines []string) {
	for n := range accounts {
		r := drill.Record{At: x.now.Add(time.Duration(n-accounts) * time.Second), Account: drillAccount(n), Address: drillAddress}
		x.n++
		lines = append(lines, failed(x.policy.Drill.Key.Mark(run, x.n, r), r))
	}
	return lines
}

// observe takes lines as one chunk that arrives now.
func (x *exercise) observe(lines ...string) []*alert.Alert {
	x.t.Helper()
	return x.engine.Observe("m365", x.chunk(lines...))
}

// chunk packs lines that arrive now.
func (x *exercise) chunk(lines ...string) []byte {
	x.t.Helper()
	var b bytes.Buffer
	enc := msgpack.NewEncoder(&b)
	for _, line := range lines {
		b.WriteString("\x92\x92\xd7\x00")
		b.Write(binary.BigEndian.AppendUint64(nil, uint64(x.now.Unix())<<32|uint64(x.n)))
		x.n++
		b.WriteByte(0x80)
		if err := enc.Encode(map[string]string{"log": line}); err != nil {
			x.t.Fatal(err)
		}
	}
	return b.Bytes()
}

// state returns the saved tables, but for those of chunks and of the headers of logs.
func (x *exercise) state() string {
	x.t.Helper()
	if err := x.engine.Changes(x.saved.put); err != nil {
		x.t.Fatal(err)
	}
	var b strings.Builder
	for _, table := range slices.Sorted(maps.Keys(x.saved)) {
		if table == "chunks" || table == "streams" {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(x.saved[table])) {
			fmt.Fprintf(&b, "%s %x %x\n", table, key, x.saved[table][key])
		}
	}
	return b.String()
}

// drilled counts the alerts of drills and the others.
func drilled(alerts []*alert.Alert) (drills, others int) {
	for _, a := range alerts {
		if a.Drill != "" {
			drills++
		} else {
			others++
		}
	}
	return drills, others
}

// honest fills the engine with an ordinary attack and ordinary sign-ins.
func (x *exercise) honest() {
	var lines []string
	for n := range 8 {
		lines = append(lines, failed(fmt.Sprint("id-", n), drill.Record{At: x.now, Account: fmt.Sprintf("user%d@contoso.com", n), Address: drillAddress}))
	}
	if _, others := drilled(x.observe(lines...)); others == 0 {
		x.t.Fatal("an ordinary attack was not found")
	}
}

// A drill raises alerts that are marked, and changes nothing that is saved, although
// its address is that of an incident.
func TestDrillTouchesNothing(t *testing.T) {
	x := newExercise(t)
	x.honest()
	before, stats := x.state(), x.engine.Stats()
	run := drill.NewRun(x.now)
	alerts := x.observe(x.attack(run, 10)...)
	alerts = append(alerts, x.observe(x.attack(run, 10)...)...) // grows, too little for a message
	if len(alerts) == 0 {
		t.Fatal("no alert")
	}
	for _, a := range alerts {
		if a.Drill != string(run) || !strings.HasPrefix(a.ID, "drill-"+string(run)+"-AN1269-") || !strings.HasPrefix(a.Message, "Drill "+string(run)+": ") || a.Class != "credential_stuffing" {
			t.Errorf("%s of %q: %s", a.ID, a.Drill, a.Message)
		}
	}
	if after := x.state(); after != before {
		t.Errorf("the state has changed:\n%s\nwas\n%s", after, before)
	}
	got := x.engine.Stats()
	if got.Drill != 20 || got.Events != stats.Events || got.Alerts != stats.Alerts || got.Incidents != stats.Incidents || got.Clients != stats.Clients || got.Accounts != stats.Accounts {
		t.Errorf("%+v, was %+v", got, stats)
	}
	x.now = x.now.Add(drillIdle + time.Minute)
	last := x.observe("nothing")
	if drills, others := drilled(last); drills == 0 || others > 0 || last[0].Phase != alert.PhaseQuiet {
		t.Errorf("%d final messages of the drill, %d others", drills, others)
	}
	x.observe(x.attack(run, 10)...) // late records begin no second run
	if d := &x.engine.drills; d.engine != nil || x.engine.Stats().Drill != 30 {
		t.Error("a run began again")
	}
	if drills, _ := drilled(x.observe(x.attack(drill.NewRun(x.now), 10)...)); drills == 0 {
		t.Error("a second run raised nothing")
	}
	x.observe(x.attack(x.engine.drills.run, 12)...)
	if drills, others := drilled(x.engine.Close()); drills == 0 || others > 0 {
		t.Errorf("%d and %d final messages", drills, others)
	}
}

// A record whose mark does not hold is an ordinary record: it raises an ordinary
// alert, and counts in the state.
func TestForgedDrillIsAnAttack(t *testing.T) {
	other := newExercise(t).policy.Drill.Key // of somebody else
	for name, forge := range map[string]func(x *exercise, run drill.Run, n uint32, r *drill.Record) (id string){
		"another key": func(_ *exercise, run drill.Run, n uint32, r *drill.Record) string { return other.Mark(run, n, *r) },
		"no key": func(_ *exercise, run drill.Run, n uint32, r *drill.Record) string {
			return (&drill.Key{}).Mark(run, n, *r)
		},
		"another account": func(x *exercise, run drill.Run, n uint32, r *drill.Record) string {
			id := x.policy.Drill.Key.Mark(run, n, *r)
			r.Account = drillAccount(int(n+1) % 12)
			return id
		},
		"account of a person": func(x *exercise, run drill.Run, n uint32, r *drill.Record) string {
			r.Account = fmt.Sprintf("user%d@contoso.com", n)
			return x.policy.Drill.Key.Mark(run, n, *r)
		},
		"another address for documentation": func(x *exercise, run drill.Run, n uint32, r *drill.Record) string {
			id := x.policy.Drill.Key.Mark(run, n, *r)
			r.Address = "203.0.113.8"
			return id
		},
		"an address of a client": func(x *exercise, run drill.Run, n uint32, r *drill.Record) string {
			r.Address = "185.220.101.5"
			return x.policy.Drill.Key.Mark(run, n, *r)
		},
		"another time": func(x *exercise, run drill.Run, n uint32, r *drill.Record) string {
			id := x.policy.Drill.Key.Mark(run, n, *r)
			r.At = r.At.Add(-time.Second)
			return id
		},
		"another number": func(x *exercise, run drill.Run, n uint32, r *drill.Record) string {
			return strings.Replace(x.policy.Drill.Key.Mark(run, n, *r), fmt.Sprintf("-%08x-", n), fmt.Sprintf("-%08x-", n+1), 1)
		},
		"expired": func(x *exercise, _ drill.Run, n uint32, r *drill.Record) string {
			return x.policy.Drill.Key.Mark(drill.NewRun(x.now.Add(-drill.Lifetime-time.Minute)), n, *r)
		},
		"of tomorrow": func(x *exercise, _ drill.Run, n uint32, r *drill.Record) string {
			return x.policy.Drill.Key.Mark(drill.NewRun(x.now.Add(24*time.Hour)), n, *r)
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := newExercise(t)
			var lines []string
			run := drill.NewRun(x.now)
			for n := range uint32(10) {
				r := drill.Record{At: x.now.Add(time.Duration(n) * -time.Second), Account: drillAccount(int(n)), Address: drillAddress}
				id := forge(x, run, n, &r)
				lines = append(lines, failed(id, r))
			}
			drills, others := drilled(x.observe(lines...))
			if drills > 0 || others == 0 || x.engine.Stats().Drill > 0 || !strings.Contains(x.state(), "clients ") {
				t.Errorf("%d alerts of drills, %d others", drills, others)
			}
		})
	}
}

// A whole drill that is sent again after its time is an ordinary attack.
func TestDrillExpires(t *testing.T) {
	x := newExercise(t)
	lines := x.attack(drill.NewRun(x.now), 10)
	x.now = x.now.Add(drill.Lifetime - time.Minute)
	if drills, others := drilled(x.observe(lines...)); drills == 0 || others > 0 {
		t.Errorf("within its time: %d alerts of drills, %d others", drills, others)
	}
	x.now = x.now.Add(2 * time.Minute)
	if drills, others := drilled(x.observe(lines...)); others == 0 {
		t.Errorf("after its time: %d alerts of drills, %d others", drills, others)
	}
}

// Enriching the records of a drill changes nothing that is saved, either.
func TestEnrichedDrillTouchesNothing(t *testing.T) {
	x := newExercise(t)
	x.honest()
	before := x.state()
	run := drill.NewRun(x.now)
	chunk := x.chunk(x.attack(run, 10)...)
	for n, want := range []int{1, 0} { // and once more
		enriched, alerts := x.engine.Enrich(nil, "m365", chunk)
		if !bytes.Contains(enriched, []byte("\xa5drill\xb0"+string(run))) || bytes.Contains(enriched, []byte("AN1269-")) {
			t.Errorf("time %d: not marked, or in an ordinary incident: %q", n, enriched)
		}
		if drills, others := drilled(alerts); min(drills, 1) != want || others > 0 || len(enriched) <= len(chunk) {
			t.Errorf("time %d: %d alerts of drills, %d others, %d bytes of %d", n, drills, others, len(enriched), len(chunk))
		}
	}
	if after := x.state(); after != before {
		t.Errorf("the state has changed:\n%s\nwas\n%s", after, before)
	}
}

// A client behind a trusted proxy is an ordinary one, although the proxy has an
// address for documentation.
func TestDrillBehindProxyIsAnAttack(t *testing.T) {
	x := newExercise(t)
	lines := []string{"#Fields: date time cs-method cs-uri-stem cs-uri-query cs-username c-ip cs(User-Agent) sc-status sc-substatus sc-win32-status X-Forwarded-For"}
	run := drill.NewRun(x.now)
	for _, forwarded := range []string{"-", "185.220.101.5"} {
		for n := range uint32(10) {
			r := drill.Record{At: x.now.Add(time.Duration(n) * -time.Second), Account: drillAccount(int(n)), Address: drillAddress}
			lines = append(lines, fmt.Sprintf("%s POST /EWS/Exchange.asmx &cafeReqId=%s %s %s drill/1.0 401 1 1326 %s",
				r.At.Format("2006-01-02 15:04:05"), x.policy.Drill.Key.Mark(run, n, r), r.Account, r.Address, forwarded))
		}
	}
	drills, others := drilled(x.observe(lines...))
	if drills == 0 || others == 0 || x.engine.Stats().Drill != 10 {
		t.Errorf("%d alerts of drills, %d others, %d events", drills, others, x.engine.Stats().Drill)
	}
}

// Without a section drill in the policy, marks mean nothing.
func TestNoDrillWithoutKey(t *testing.T) {
	x := newExercise(t)
	lines := x.attack(drill.NewRun(x.now), 10)
	e, err := New(Options{Policy: standard(), Source: "auto", MaxIPs: 1000, MaxUsers: 1000, Clock: func() time.Time { return x.now }})
	if err != nil {
		t.Fatal(err)
	}
	x.engine = e
	if drills, others := drilled(x.observe(lines...)); drills > 0 || others == 0 {
		t.Errorf("%d alerts of drills, %d others", drills, others)
	}
}
