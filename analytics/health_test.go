package analytics

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/event"
	"redshank/analytics/policy"
)

// plant is a site whose records come with the times that a test gives them.
type plant struct {
	t      *testing.T
	e      *Engine
	now    time.Time // arrival
	raised map[string]int
	closed map[string]int
	n      int
}

func newPlant(t *testing.T, e *Engine) *plant {
	return &plant{t: t, e: e, now: time.Date(2026, 5, 4, 8, 0, 0, 0, time.UTC), raised: map[string]int{}, closed: map[string]int{}}
}

// arrive observes one record: a raw line, or JSON as a map.
func (p *plant) arrive(tag, text string) {
	p.t.Helper()
	chunk := []byte{0x92, 0x92, 0xd7, 0}
	chunk = binary.BigEndian.AppendUint32(chunk, uint32(p.now.Unix()))
	chunk = binary.BigEndian.AppendUint32(chunk, uint32(p.now.Nanosecond()+p.n))
	chunk = append(chunk, 0x80)
	p.n++ // no two chunks are the same
	body := map[string]any{"log": text}
	if strings.HasPrefix(text, "{") {
		body = map[string]any{}
		if err := json.Unmarshal([]byte(text), &body); err != nil {
			p.t.Fatal(err)
		}
	}
	packed, err := msgpack.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	p.e.Observe(tag, append(chunk, packed...))
	p.look()
}

// look keeps what was raised and cleared.
func (p *plant) look() {
	h := p.e.Health()
	for _, f := range h.Raised {
		p.raised[f.Code+" "+f.Subject]++
		if f.Detail == "" || strings.Contains(f.Detail, "%!") || f.Since.IsZero() {
			p.t.Errorf("%+v", f)
		}
	}
	for _, f := range h.Cleared {
		p.closed[f.Code+" "+f.Subject]++
	}
}

// during calls do for every minute.
func (p *plant) during(minutes int, do func(minute int)) {
	for n := range minutes {
		do(n)
		p.now = p.now.Add(time.Minute)
	}
}

const (
	allColumns = "#Fields: date time cs-method cs-uri-stem cs-username c-ip cs(User-Agent) sc-status sc-substatus sc-win32-status"
	noClient   = "#Fields: date time cs-method cs-uri-stem cs-username cs(User-Agent) sc-status sc-substatus sc-win32-status"
)

func (p *plant) iis(shift time.Duration, user, ip string) {
	at := p.now.Add(shift).UTC().Format("2006-01-02 15:04:05")
	if ip != "" {
		ip += " "
	}
	p.arrive("iis", fmt.Sprintf(`%s POST /ews/exchange.asmx CONTOSO\%s %sOutlook 200 0 0`, at, user, ip))
}

func (p *plant) cloud(operation, user, more string) {
	p.arrive("m365", fmt.Sprintf(`{"CreationTime":"%s","Id":"%d","Operation":"%s","Workload":"AzureActiveDirectory","RecordType":15,"ResultStatus":"Success","UserId":"%s@contoso.com","ClientIP":"203.0.113.%d"%s}`,
		p.now.UTC().Format("2006-01-02T15:04:05"), p.n, operation, user, p.n%200, more))
}

// only wants what was raised and cleared, once each, and nothing else.
func (p *plant) only(cleared bool, keys ...string) {
	p.t.Helper()
	for _, key := range keys {
		if p.raised[key] != 1 || cleared && p.closed[key] != 1 {
			p.t.Errorf("%s: raised %d times, cleared %d", key, p.raised[key], p.closed[key])
		}
	}
	for key := range p.raised {
		if !slices.Contains(keys, key) && key != "baselines_unripe"+" " {
			p.t.Errorf("%s: raised", key)
		}
	}
}

func TestSilentSource(t *testing.T) {
	p := newPlant(t, newEngine(t))
	p.arrive("iis", allColumns)
	both := func(n int) { p.iis(0, "alice", fmt.Sprint("198.51.100.", n%100)); p.cloud("UserLoggedIn", "bob", "") }
	p.during(120, both)
	p.during(29, func(int) { p.cloud("UserLoggedIn", "bob", "") })
	p.only(false)
	p.during(120, func(int) { p.cloud("UserLoggedIn", "bob", "") })
	p.only(false, "silent_source iis")
	p.during(60, both)
	p.during(240, func(int) { p.cloud("UserLoggedIn", "bob", "") }) // known to be away for so long
	p.only(true, "silent_source iis")
}

func TestEverythingSilentIsNotOneSource(t *testing.T) {
	p := newPlant(t, newEngine(t))
	p.arrive("iis", allColumns)
	both := func(n int) { p.iis(0, "alice", fmt.Sprint("198.51.100.", n%100)); p.cloud("UserLoggedIn", "bob", "") }
	p.during(120, both)
	p.now = p.now.Add(9 * time.Hour) // the agent was off
	p.during(5, func(int) { p.cloud("UserLoggedIn", "bob", "") })
	p.during(60, both)
	p.only(false)
}

func TestDroppedClientAddress(t *testing.T) {
	p := newPlant(t, newEngine(t))
	for _, header := range []string{allColumns, noClient, allColumns} {
		p.arrive("iis", header)
		p.during(120, func(n int) {
			ip := fmt.Sprint("198.51.100.", n%100)
			if header == noClient {
				ip = ""
			}
			p.iis(0, "alice", ip)
		})
	}
	p.only(true, "no_client_address iis")
}

func TestShiftedClock(t *testing.T) {
	for shift, want := range map[time.Duration]string{
		-time.Hour: "clock_behind iis", time.Hour: "clock_ahead iis", -7 * time.Minute: "clock_behind iis", 3 * time.Minute: "clock_ahead iis",
	} {
		p := newPlant(t, newEngine(t))
		p.arrive("iis", allColumns)
		for _, by := range []time.Duration{0, shift, 0} {
			p.during(180, func(n int) {
				p.iis(by+time.Duration(n%60)*time.Second-time.Minute, "alice", fmt.Sprint("198.51.100.", n%100))
			})
		}
		p.only(true, want)
	}
}

// A backlog is late by all sizes, and cloud records are late by nature.
func TestLateIsNoWrongClock(t *testing.T) {
	p := newPlant(t, newEngine(t))
	p.arrive("iis", allColumns)
	p.during(300, func(n int) {
		p.iis(-time.Duration(300-n)*time.Minute, "alice", fmt.Sprint("198.51.100.", n%100))
		now := p.now
		p.now = now.Add(-3 * time.Hour)
		line := fmt.Sprintf(`{"CreationTime":"%s","Id":"late-%d","Operation":"UserLoggedIn","Workload":"AzureActiveDirectory","RecordType":15,"ResultStatus":"Success","UserId":"a@contoso.com","ClientIP":"203.0.113.9"}`, p.now.Format("2006-01-02T15:04:05"), n)
		p.now = now
		p.arrive("m365", line)
	})
	p.only(false)
}

func TestNoBindAuditing(t *testing.T) {
	p := newPlant(t, newEngine(t))
	p.during(200, func(int) {
		p.cloud("UserLoggedIn", "bob", "")
		p.now = p.now.Add(10 * time.Minute)
	})
	p.only(false, "no_mail_items_accessed ual")
	p.cloud("MailItemsAccessed", "bob", `,"OperationProperties":[{"Name":"MailAccessType","Value":"Bind"}],"MailboxOwnerUPN":"bob@contoso.com","ClientIPAddress":"203.0.113.7"`)
	p.during(2, func(int) { p.cloud("UserLoggedIn", "bob", "") })
	p.only(true, "no_mail_items_accessed ual")
}

func TestNoScriptBlocks(t *testing.T) {
	p := newPlant(t, newEngine(t))
	p.during(90, func(n int) {
		p.arrive("winevt", fmt.Sprintf(`{"Channel":"Microsoft-Windows-PowerShell/Operational","ProviderName":"Microsoft-Windows-PowerShell","EventID":4103,"Computer":"ex01.contoso.com","TimeCreated":"%s +0000","EventRecordID":%d,"StringInserts":["","","CommandInvocation(Get-Mailbox): \"Get-Mailbox\""]}`, p.now.Format("2006-01-02 15:04:05"), n))
	})
	p.only(false, "no_script_blocks winevent")
}

func TestFailuresWithoutAccount(t *testing.T) {
	p := newPlant(t, newEngine(t))
	p.arrive("iis", allColumns)
	p.during(120, func(n int) {
		p.arrive("iis", fmt.Sprintf(`%s POST /ews/exchange.asmx - 198.51.100.%d Outlook 401 1 2148074252`, p.now.Format("2006-01-02 15:04:05"), n%100))
	})
	p.only(false, "failures_without_account iis")
}

func TestProxyHidesClients(t *testing.T) {
	p := newPlant(t, newEngine(t))
	p.arrive("iis", allColumns)
	sites := func(share int) func(n int) {
		return func(n int) {
			ip := "192.0.2.1"
			if n*7%100 >= share {
				ip = fmt.Sprint("198.51.100.", n%200)
			}
			p.iis(0, fmt.Sprint("user", n%40), ip)
		}
	}
	p.during(300, sites(60))
	p.only(false)
	p.during(600, sites(95))
	p.only(false, "proxy_hides_clients iis 192.0.2.1")
	p.during(600, sites(40))
	p.only(true, "proxy_hides_clients iis 192.0.2.1")
}

// One busy account from one address, and an attacker, are no proxy.
func TestNoProxy(t *testing.T) {
	p := newPlant(t, newEngine(t))
	p.arrive("iis", allColumns)
	p.during(300, func(n int) {
		p.iis(0, fmt.Sprint("user", n%5), "192.0.2.1")
		p.arrive("iis", fmt.Sprintf(`%s POST /ews/exchange.asmx CONTOSO\victim%d 192.0.2.2 curl 401 1 1326`, p.now.Format("2006-01-02 15:04:05"), n))
	})
	p.only(false)
}

func TestUnknownRecords(t *testing.T) {
	p := newPlant(t, newEngine(t))
	for _, unknown := range []int{0, 3, 0} {
		p.during(440, func(n int) {
			p.cloud("UserLoggedIn", "bob", "")
			for range unknown {
				p.arrive("odd", `{"something":"else"}`)
			}
		})
	}
	p.only(true, "unknown_records ", "not_understood unknown odd")
}

// TestNotUnderstood raises the sources whose records nobody understands, within one
// health record and with what the records look like, and clears what is mended.
func TestNotUnderstood(t *testing.T) {
	const strange = `{"EventID":{"x":4625},"Channel":"Security","Computer":"ex01","TimeCreated":"2026-03-10T10:00:00Z","EventData":{"TargetUserName":"secret"}}`
	for _, c := range []struct{ name, text, subject, detail string }{
		{"Windows events in a shape that nobody reads", strange, "winevent", "EventID{x}"},
		{"dates that nothing can read", `{"CreationTime":"soon","Operation":"UserLoggedIn","RecordType":15,"Workload":"x","UserId":"a"}`, "ual", "bad_time; tag odd"},
		{"a wrapper around nothing known", `{"wrap":{"inner":{"x":1}}}`, "unknown odd", "(no_format; tag odd; wrap{inner{x}})"},
	} {
		e := newEngine(t)
		p := newPlant(t, e)
		for range 6 {
			p.cloud("UserLoggedIn", "bob", "")
			p.arrive("odd", c.text)
		}
		found := false
		for _, f := range e.Health().Open {
			if f.Code == "not_understood" && f.Subject == c.subject {
				found = strings.Contains(f.Detail, c.detail) && !strings.Contains(f.Detail, "secret")
				t.Log(f.Detail)
			}
		}
		if !found && c.subject != "ual" { // of the audit log half is understood: judged by a larger batch
			t.Errorf("%s: not raised", c.name)
		}
		p.during(60, func(int) { p.arrive("odd", c.text) })
		if p.raised["not_understood "+c.subject] == 0 && !found {
			t.Errorf("%s: not raised after a while: %v", c.name, p.raised)
		}
	}
}

func TestEvictingTable(t *testing.T) {
	e, err := New(Options{Policy: standard(), Source: "auto", MaxIPs: 100, MaxUsers: 1000})
	if err != nil {
		t.Fatal(err)
	}
	p := newPlant(t, e)
	p.during(300, func(n int) { p.cloud("UserLoggedIn", "bob", "") })
	p.only(false, "table_evicting clients")
	p.during(120, func(n int) { p.arrive("odd", "#comment") })
	if p.closed["table_evicting clients"] != 1 {
		t.Error("does not clear")
	}
}

func TestUnripeBaselines(t *testing.T) {
	p := newPlant(t, newEngine(t))
	accounts := func(n int) {
		for u := range 30 {
			p.cloud("UserLoggedIn", fmt.Sprint("user", u), "")
		}
	}
	p.during(2, accounts)
	if p.raised["baselines_unripe"+" "] != 1 {
		t.Error("not raised: ", p.raised)
	}
	for range 4 {
		p.now = p.now.Add(24 * time.Hour)
		p.during(1, accounts)
	}
	if p.raised["baselines_unripe"+" "] != 1 || p.closed["baselines_unripe"+" "] != 1 {
		t.Error("raised, cleared: ", p.raised, p.closed)
	}
}

// One record from the next century neither stops the clock nor makes every
// source silent.
func TestForgedArrival(t *testing.T) {
	p := newPlant(t, newEngine(t))
	p.arrive("iis", allColumns)
	both := func(n int) { p.iis(0, "alice", fmt.Sprint("198.51.100.", n%100)); p.cloud("UserLoggedIn", "bob", "") }
	p.during(120, both)
	now := p.now
	p.now = time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
	p.cloud("UserLoggedIn", "bob", "")
	p.now = now
	p.during(120, both)
	p.only(false)
	if got := p.e.Health().Time; got.Year() != 2026 {
		t.Error(got)
	}
}

func TestAutomation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.yaml")
	text := "automation:\n  - {name: backup, account: backup@contoso.com, expires: 2026-05-06}\n  - {name: migration, account: nobody@contoso.com}\n  - {name: used, account: bob@contoso.com}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	rules, err := policy.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(Options{Policy: rules, Source: "auto", MaxIPs: 1000, MaxUsers: 1000})
	if err != nil {
		t.Fatal(err)
	}
	p := newPlant(t, e)
	p.during(100, func(int) {
		p.cloud("MailItemsAccessed", "bob", `,"OperationProperties":[{"Name":"MailAccessType","Value":"Bind"}]`)
		p.now = p.now.Add(2 * time.Hour)
	})
	p.only(false, "automation_expired backup", "automation_unused migration")
}

// TestHealthIsCheap: a health record holds the lock of the engine, and its cost does not
// depend on the size of the tables.
func TestHealthIsCheap(t *testing.T) {
	cost := func(accounts int) time.Duration {
		e, err := New(Options{Policy: policy.Default(), MaxIPs: accounts, MaxUsers: accounts})
		if err != nil {
			t.Fatal(err)
		}
		var ev event.Event
		for n := range accounts {
			act{at: time.Duration(n) * time.Millisecond, ip: "192.0.2.20", user: fmt.Sprintf("u%d@contoso.com", n), outcome: event.Success}.event(&ev)
			e.observe(&ev)
		}
		least := time.Hour
		for range 20 {
			begin := time.Now()
			e.Health()
			least = min(least, time.Since(begin))
		}
		return least
	}
	small, large := cost(1000), cost(20_000)
	t.Logf("%v with 1,000 accounts, %v with 20,000", small, large)
	if large > 10*small+time.Millisecond {
		t.Errorf("%v with 20,000 accounts, %v with 1,000", large, small)
	}
}
