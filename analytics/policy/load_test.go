package policy

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestDefault(t *testing.T) {
	p := Default()
	s := p.Stuffing
	if l := s.MailboxLoginThreshold; l.Burst != 5 || l.Slow != 10 || l.Leaked != 3 {
		t.Errorf("mailbox_login_threshold %+v", l)
	}
	if f := s.FailureThreshold; f.Burst != 10 || f.Slow != 30 {
		t.Errorf("failure_threshold %+v", f)
	}
	if w := s.Window; w.Burst != 10*time.Minute || w.Slow != 24*time.Hour || s.Forgiveness != 10*time.Minute {
		t.Errorf("window %+v, forgiveness %v", w, s.Forgiveness)
	}
	if c := s.Campaign; c.Addresses != 20 || c.Accounts != 10 || c.AccountAddresses != 10 {
		t.Errorf("campaign %+v", c)
	}
	if (p.State != State{32, 64, 24 * time.Hour}) {
		t.Errorf("state %+v", p.State)
	}
	if (p.Alerts != Alerts{24 * time.Hour, 15 * time.Minute, 60, "low"}) {
		t.Errorf("alerts %+v", p.Alerts)
	}
	if c := p.Collection; c.TimeWindow != time.Hour || c.Baseline.Days != 3 || c.Baseline.SignIns != 20 {
		t.Errorf("collection %+v", c)
	}
}

// TestConf holds the file that users copy to the one that is embedded.
func TestConf(t *testing.T) {
	path := filepath.Join("..", "..", "conf", "policy.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != string(defaults) {
		t.Errorf("%s differs from analytics/policy/default.yaml: copy one over the other", path)
	}
	if _, err := Load(path); err != nil {
		t.Error(err)
	}
}

func TestLoadOverlays(t *testing.T) {
	path := write(t, "policy.yaml", `
stuffing: {window: {burst: 5m, slow: 7d}, campaign: {addresses: 50}}
collection:
  weights: {access.sync: 40}
alerts:
`)
	p, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	s := p.Stuffing
	if s.Window.Burst != 5*time.Minute || s.Window.Slow != 7*24*time.Hour || s.Campaign.Addresses != 50 || s.Campaign.Accounts != 10 {
		t.Errorf("stuffing %+v", s)
	}
	if p.Collection.Weights["access.sync"] != 40 || p.Alerts.PerMinute != 60 {
		t.Errorf("%+v %+v", p.Collection, p.Alerts)
	}
	if _, err := Load(write(t, "empty.yaml", "# nothing\n")); err != nil {
		t.Errorf("empty policy: %v", err)
	}
	if _, err := Load(""); err != nil {
		t.Errorf("no policy: %v", err)
	}
}

func TestLoadMissing(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.yaml"))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// TestErrors checks the message of each kind of mistake, without the name of the file.
func TestErrors(t *testing.T) {
	long := strings.Repeat("x", 200)
	cases := []struct{ text, want string }{
		{"stuffing:\n  window:\n    burst: 10x", `3: stuffing.window.burst: "10x": not a duration (want 10m, 24h)`},
		{"stuffing: {window: {burst: -5m}}", `1: stuffing.window.burst: "-5m": not a duration (want 10m, 24h)`},
		{"stuffing: {window: {burst: 0s}}", `1: stuffing.window.burst: "0s": out of range (want 1s to 366d)`},
		{"stuffing: {window: {slow: 900d}}", `1: stuffing.window.slow: "900d": out of range (want 1s to 366d)`},
		{"stuffing: {window: {burst: [1m]}}", `1: stuffing.window.burst: a list: not a single value (want 10m, 24h)`},
		{"stuffing: {window: {burst: }}", `1: stuffing.window.burst: empty: not a single value (want 10m, 24h)`},
		{"stuffing: {window: {burst: 48h}}", `1: stuffing.window: burst 2d is greater than slow 1d`},
		{"stuffing: {failure_threshold: {burst: many}}", `1: stuffing.failure_threshold.burst: "many": not a whole number (want 1 to 1000000)`},
		{"stuffing: {failure_threshold: {burst: 2.5}}", `1: stuffing.failure_threshold.burst: "2.5": not a whole number (want 1 to 1000000)`},
		{"stuffing: {failure_threshold: {burst: 0}}", `1: stuffing.failure_threshold.burst: "0": out of range (want 1 to 1000000)`},
		{"stuffing: {failure_threshold: {burst: 31}}", `1: stuffing.failure_threshold: burst 31 is greater than slow 30`},
		{"stuffing: {cmpaign: 5}", `1: stuffing.cmpaign: unknown key (did you mean campaign? want campaign, failure_threshold, forgiveness, mailbox_login_threshold, privileged, rare, window)`},
		{long + ": 1", `1: ` + long[:80] + `...: unknown key (want accounts, alerts, automation, collection, content, databases, domains, drill, leaked_accounts, mutes, networks, state, stuffing, version)`},
		{"stuffing: {treshold: 5}", `1: stuffing.treshold: unknown key (want campaign, failure_threshold, forgiveness, mailbox_login_threshold, privileged, rare, window)`},
		{"collection: {weights: {access.many_mailbox: 1}}", `1: collection.weights.access.many_mailbox: no such signal (did you mean access.many_mailboxes? see redshank docs signals)`},
		{"leaked_accounts: [{file: /nowhere/leak, format: sha265}]", `1: leaked_accounts.format: "sha265": unknown (did you mean sha256? want auto, plain, sha1, sha256)`},
		{"stuffing: 5", `1: stuffing: "5": not a mapping of keys to values`},
		{"- stuffing", `1: a list: not a mapping of keys to values`},
		{"alerts: {quiet: 1h, quiet: 2h}", `1: alerts.quiet: given twice`},
		{"version: 2", `1: version: "2": out of range (want 1 to 1)`},
		{"state: {ipv4_prefix: 33}", `1: state.ipv4_prefix: "33": out of range (want 8 to 32)`},
		{"networks: {allowed: [192.0.2.0/33]}", `1: networks.allowed: "192.0.2.0/33": not a network (want 192.0.2.0/24, 2001:db8::/32 or an address)`},
		{"networks: {allowed: [192.0.2.7/24]}", `1: networks.allowed: "192.0.2.7/24": has bits set beyond its length (want 192.0.2.0/24)`},
		{"networks: {allowed: [0.0.0.0/0]}", `1: networks.allowed: "0.0.0.0/0": covers every address`},
		{"networks: {allowed: ['::ffff:192.0.2.0/120']}", `1: networks.allowed: "::ffff:192.0.2.0/120": not a network (want the IPv4 form)`},
		{"networks: {allowed: [{path: x}]}", `1: networks.allowed.path: unknown key (want file)`},
		{"networks: {allowed: [[192.0.2.1]]}", `1: networks.allowed: a list: not a single value (want a text, or file: and a path)`},
		{"networks: {allowed: [file: /nowhere/list]}", `1: networks.allowed: stat /nowhere/list: no such file or directory`},
		{"networks: {allowed: [file: /]}", `1: networks.allowed: /: not a regular file`},
		{"networks: {labels: [{prefixes: [192.0.2.0/24]}]}", `1: networks.labels.name: missing`},
		{"accounts: {privileged: ['*']}", `1: accounts.privileged: "*": matches every account`},
		{"accounts: {privileged: [Unknown]}", `1: accounts.privileged: "Unknown": not an account`},
		{"domains: {netbios: {CONTOSO: contoso}}", `1: domains.netbios.CONTOSO: "contoso": not a domain (want contoso.com)`},
		{"domains:\n  aliases: {a.example: b.example, b.example: c.example}", `1: domains: "a.example": stands for "b.example", which itself stands for "c.example"`},
		{"leaked_accounts: [{format: plain}]", `1: leaked_accounts.file: missing`},
		{"leaked_accounts: [{file: /nowhere/leak, format: md5}]", `1: leaked_accounts.format: "md5": unknown (want auto, plain, sha1, sha256)`},
		{"automation: [{name: backup}]", `1: automation: "backup": matches everything (want app, account or network)`},
		{"automation: [{app: x}]", `1: automation.name: missing`},
		{"automation: [{name: b, app: x, expires: soon}]", `1: automation.expires: "soon": not a date (want 2027-01-31 or 2027-01-31T18:00:00Z)`},
		{"automation: [{name: b, network: nowhere}]", `1: automation.network: "nowhere": not a network (want 192.0.2.0/24, 2001:db8::/32 or an address)`},
		{"automation: [{name: b, account: '-'}]", `1: automation.account: "-": not an account`},
		{"collection: {weights: {x: 101}}", `1: collection.weights.x: "101": out of range (want 0 to 100)`},
		{"collection: {user_agent_pattern: ['*']}", `1: collection.user_agent_pattern: "*": matches everything or nothing`},
		{"drill: {accounts: [a@contoso.com]}", `1: drill.key_file: missing (want key_file and accounts)`},
		{"drill: {key_file: x}", `1: drill.accounts: missing (want key_file and accounts)`},
		{"drill: {key_file: /nowhere/key, accounts: [a@contoso.com]}", `1: drill.key_file: open /nowhere/key: no such file or directory`},
		{"drill: {accounts: ['*@contoso.com']}", `1: drill.accounts: "*@contoso.com": not one account (want drill-01@contoso.com)`},
		{"drill: {accounts: [a@contoso.com, a@contoso.com]}", `1: drill.accounts: "a@contoso.com": twice`},
		{"content: {codes: {entra: {7: {outcome: maybe}}}}", `1: content.codes.entra.7.outcome: "maybe": unknown (want success, failure, accepted, challenge, noise)`},
		{"content: {codes: {entra: {7: {reason: locked}}}}", `1: content.codes.entra.7: outcome missing`},
		{"content: {codes: {exchange: {}}}", `1: content.codes.exchange: unknown key (want entra, kerberos, logon_error, ntstatus, win32)`},
		{"content: {agents: [{family: script}]}", `1: content.agents: family or patterns missing`},
		{"content: {scripts: {x: [ab]}}", `1: content.scripts.x: "ab": 2 bytes long (want 4 to 64)`},
		{"alerts: {}\nstuffing: {]\n", `2: did not find expected node content`},
		{"a: b\n---\nc: d", `more than one document`},
	}
	for _, c := range cases {
		_, err := Parse("policy.yaml", "", []byte(c.text))
		if err == nil {
			t.Errorf("%q: no error", c.text)
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		if !strings.HasPrefix(lines[0], "policy.yaml:") || strings.TrimPrefix(strings.TrimPrefix(lines[0], "policy.yaml:"), " ") != c.want {
			t.Errorf("%q:\n got %s\nwant policy.yaml:%s", c.text, lines[0], c.want)
		}
	}
}

// TestErrorsAtOnce: all of them, in the order of the file.
func TestErrorsAtOnce(t *testing.T) {
	_, err := Load(write(t, "policy.yaml", `
alerts:
  quiet: 10x
accounts:
  privileged: [file: vip.txt]
networks:
  allowed:
    - 192.0.2.0/24
    - nowhere
nonsense: 1
`))
	lines := make([]string, 0, 4)
	for line := range strings.SplitSeq(err.Error(), "\n") {
		_, after, _ := strings.Cut(line, "policy.yaml:")
		number, _, _ := strings.Cut(after, ":")
		lines = append(lines, number)
	}
	if want := "3 5 9 10"; strings.Join(lines, " ") != want {
		t.Errorf("lines %v, want %s:\n%v", lines, want, err)
	}
}

// write puts a file into a folder of the test's own.
func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// must parses a policy.
func must(t testing.TB, text string) *Policy {
	t.Helper()
	p, err := Parse("policy.yaml", "", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func FuzzPolicy(f *testing.F) {
	f.Add(defaults)
	f.Add([]byte("stuffing: {window: {burst: 10x}}"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte("networks: {allowed: &x [192.0.2.1], trusted_proxies: *x}"))
	f.Add([]byte("domains: {default: contoso.com, netbios: {A: a.example}}\naccounts: {groups: {g: ['a\\*']}}"))
	f.Add([]byte("? {a: b}\n: c"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if strings.Contains(string(text), "file") {
			return // no reading of files at random
		}
		p, err := Parse("policy.yaml", "", text)
		if (p == nil) == (err == nil) {
			t.Fatalf("%v, %v", p, err)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "policy.yaml:") {
			t.Fatalf("error without its file: %v", err)
		}
	})
}
