package drill

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics"
	"redshank/analytics/alert"
	mark "redshank/analytics/drill"
	"redshank/analytics/policy"
)

var now = time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)

// withPolicy returns a policy with a number of drill accounts, of which the last is a
// service.
func withPolicy(t *testing.T, accounts int) *policy.Policy {
	t.Helper()
	dir := t.TempDir()
	if err := mark.NewKeyFile(filepath.Join(dir, "drill.key")); err != nil {
		t.Fatal(err)
	}
	var list []string
	for n := range accounts {
		list = append(list, fmt.Sprintf("drill-%02d@contoso.com", n+1))
	}
	p, err := policy.Parse("policy.yaml", dir, fmt.Appendf(nil, "drill: {key_file: drill.key, accounts: [%s]}\naccounts: {service: [%s]}", strings.Join(list, ", "), list[min(7, accounts-1)]))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// alertsOf reads the lines of files as an agent does, and returns all alerts.
func alertsOf(t *testing.T, p *policy.Policy, files ...string) (all []*alert.Alert, e *analytics.Engine) {
	t.Helper()
	e, err := analytics.New(analytics.Options{Policy: p, Source: "auto", MaxIPs: 1000, MaxUsers: 1000, Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		enc := msgpack.NewEncoder(&b)
		for n, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
			b.WriteString("\x92\x92\xd7\x00")
			b.Write(binary.BigEndian.AppendUint64(nil, uint64(now.Unix())<<32|uint64(n)))
			b.WriteByte(0x80)
			if err := enc.Encode(map[string]string{"path": path, "log": line}); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, e.Observe("log", b.Bytes())...)
	}
	return append(all, e.Close()...), e
}

// Each class that a drill writes leads to its incident, which is marked, and to no
// other.
func TestEveryClassIsFound(t *testing.T) {
	p := withPolicy(t, 12)
	for name, o := range map[string]struct {
		logs    []string
		skipped int
	}{
		"audit log": {[]string{"ual"}, 0}, "iis": {[]string{"iis"}, 4}, "entra": {[]string{"entra"}, 6}, "all": {[]string{"ual", "iis", "entra"}, 0},
		"smtp": {[]string{"smtp"}, 6}, "imap": {[]string{"imap"}, 6}, "pop": {[]string{"pop"}, 6}, "windows": {[]string{"windows"}, 3},
		"a server": {[]string{"smtp", "windows"}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			dir, opts, files := t.TempDir(), Options{Policy: p, Now: now}, []string{}
			for _, log := range o.logs {
				path := filepath.Join(dir, log)
				*map[string]*string{"ual": &opts.UAL, "iis": &opts.IIS, "entra": &opts.Entra,
					"smtp": &opts.SMTP, "imap": &opts.IMAP, "pop": &opts.POP, "windows": &opts.Windows}[log] = path
			}
			d, err := Write(opts)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]bool{}
			for _, i := range d.Expect {
				want[i.Rule+" "+i.Class] = true
				if !slices.Contains(files, i.Path) {
					files = append(files, i.Path)
				}
			}
			if len(d.Skipped) != o.skipped || len(want)+len(d.Skipped) != len(classes) {
				t.Errorf("%d classes, skipped %+v", len(want), d.Skipped)
			}
			alerts, e := alertsOf(t, p, files...)
			got := map[string]bool{}
			ids := map[string]bool{}
			for _, a := range alerts {
				if a.Drill != string(d.Run) {
					t.Errorf("not marked: %s", a.Message)
				}
				got[a.Rule.ID+" "+a.Class] = true
				ids[a.ID] = true
			}
			if !maps.Equal(got, want) || len(ids) != len(want) {
				t.Errorf("%d incidents\n%q, want\n%q", len(ids), slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
			}
			if st := e.Stats(); st.Events > 0 || st.Clients+st.Accounts > 0 || st.Drill == 0 {
				t.Errorf("%+v", st)
			}
		})
	}
}

// A drill in an existing IIS log has its columns, and begins on a line of its own.
func TestColumnsOfTheLog(t *testing.T) {
	p, path := withPolicy(t, 12), filepath.Join(t.TempDir(), "u_ex261127.log")
	const head = "#Fields: date time cs-method cs-uri-stem cs-uri-query cs-username c-ip cs(User-Agent) sc-status sc-win32-status X-Forwarded-For"
	if err := os.WriteFile(path, []byte(head+"\r\n2026-11-27 07:00:00 GET / - - 10.0.0.1"), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := Write(Options{Policy: p, Now: now, IIS: path, Classes: []string{"password_guessing"}})
	if err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(path)
	list := strings.Split(string(text), "\n")
	if want := []string{"2026-11-27", "POST", "/EWS/Exchange.asmx", "drill-02@contoso.com", "203.0.113.13", "drill-guessing/1.0", "401"}; len(list) != 3+d.Expect[0].Records {
		t.Errorf("%d lines:\n%s", len(list), text)
	} else if got := strings.Fields(list[2]); len(got) != 11 || !slices.Equal(append(append(got[:1:1], got[2:4]...), got[5:9]...), want) {
		t.Errorf("%q", got)
	}
	alerts, _ := alertsOf(t, p, path)
	if len(alerts) == 0 || alerts[0].Drill == "" {
		t.Errorf("%d alerts", len(alerts))
	}
	if err := os.WriteFile(path, []byte("#Fields: date time c-ip cs-username\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(Options{Policy: p, Now: now, IIS: path}); err == nil || !strings.Contains(err.Error(), "no column cs-uri-stem") {
		t.Error(err)
	}
}

// Classes that need more accounts than the list has are named.
func TestTooFewAccounts(t *testing.T) {
	d, err := Write(Options{Policy: withPolicy(t, 3), Now: now, UAL: filepath.Join(t.TempDir(), "ual")})
	if err != nil {
		t.Fatal(err)
	}
	why := map[string]string{}
	for _, s := range d.Skipped {
		why[s.Class] = s.Why
	}
	if why["credential_stuffing"] != "needs 6 drill accounts (the policy has 3)" || why["password_guessing"] != "" || why["session_replay"] != "" || why["mailbox_export"] == "" {
		t.Errorf("%+v", d.Skipped)
	}
	if _, err := Write(Options{Policy: policy.Default(), Now: now, UAL: "x"}); err == nil || !strings.Contains(err.Error(), "no section drill") {
		t.Error(err)
	}
}

// The classes of a drill are those of a policy.
func TestClassesAreComplete(t *testing.T) {
	got, want := slices.Sorted(slices.Values(Classes())), slices.Sorted(slices.Values(policy.Classes))
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestDrillsAreNotCounted checks that a mute and an automation that cover the whole
// drill have no hits by it.
func TestDrillsAreNotCounted(t *testing.T) {
	dir := t.TempDir()
	if err := mark.NewKeyFile(filepath.Join(dir, "drill.key")); err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse("policy.yaml", dir, []byte("drill: {key_file: drill.key, accounts: [drill-01@contoso.com, drill-02@contoso.com]}\n"+
		"mutes: [{reason: test, owner: alice, expires: 2027-01-31, rule: AN1269}]\nautomation: [{name: test, account: drill-02@contoso.com, expires: 2027-01-31}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "smtp")
	if _, err := Write(Options{Policy: p, Now: now, SMTP: path, Classes: []string{"password_guessing"}}); err != nil {
		t.Fatal(err)
	}
	_, e := alertsOf(t, p, path)
	if e.Stats().Drill == 0 || p.Mutes()[0].Hits() != 0 || p.Automations()[0].Hits() != 0 {
		t.Errorf("%d events, %d messages muted, %d events automated (want some, 0, 0)", e.Stats().Drill, p.Mutes()[0].Hits(), p.Automations()[0].Hits())
	}
}

// TestColumnsOfAProtocolLog writes into logs with other columns.
func TestColumnsOfAProtocolLog(t *testing.T) {
	p, dir := withPolicy(t, 12), t.TempDir()
	path := filepath.Join(dir, "RECV.LOG")
	head := "#Software: Microsoft Exchange Server\r\n#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context,extra\r\n"
	for text, want := range map[string]string{head: "", strings.Replace(head, ",context", "", 1): "the log has no column context"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Write(Options{Policy: p, Now: now, SMTP: path, Classes: []string{"password_guessing"}})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v (want %q)", err, want)
		}
		if err != nil {
			continue
		}
		if alerts, _ := alertsOf(t, p, path); len(alerts) == 0 || alerts[0].Drill == "" {
			t.Errorf("%d alerts from a log with an additional column", len(alerts))
		}
	}
}
