package policy

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"redshank/analytics/event"
)

// company is a policy with something in every list.
const company = `
domains:
  netbios: {CONTOSO: contoso.com}
  aliases: {contoso.onmicrosoft.com: contoso.com}
networks:
  allowed: [192.0.2.0/28]
  corporate_egress: [192.0.2.0/24, "2001:db8:1::/48"]
  trusted_proxies: [198.51.100.1, 198.51.100.2]
  microsoft: [203.0.113.0/24]
  labels:
    - {name: branch, prefixes: [192.0.2.0/25]}
    - {name: vpn, prefixes: [192.0.2.64/26]}
collection:
  known_ip_locations: [192.0.2.128/25]
  user_agent_pattern: ["acme-sync/*"]
accounts:
  privileged: [CONTOSO\Administrator, "adm-*"]
  service: ["CONTOSO\\svc-*", "dora+*@contoso.com"]
  ignored: ["*@monitoring.example"]
  groups:
    finance: [Alice@contoso.onmicrosoft.com, "fin-*@contoso.com"]
    all: ["*@contoso.com"]
automation:
  - {name: backup, app: C0FFEE00-0000-4000-8000-000000000001, network: 192.0.2.0/24, expires: 2026-06-30}
  - {name: mover, account: CONTOSO\svc-move}
`

func normalised(p *Policy, fill func(*event.Event)) *event.Event {
	ev := &event.Event{Time: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	fill(ev)
	p.Normalise(ev)
	return ev
}

func TestNormaliseMarks(t *testing.T) {
	p := must(t, company)
	check := func(ip, user, app string, want event.Marks) {
		t.Helper()
		ev := normalised(p, func(ev *event.Event) {
			ev.RawIP, ev.RawUser, ev.App = []byte(ip), []byte(user), []byte(app)
		})
		if ev.Marks != want {
			t.Errorf("%s %s %s: marks %b, want %b", ip, user, app, ev.Marks, want)
		}
	}
	const backup = "c0ffee00-0000-4000-8000-000000000001"
	check("192.0.2.1", "", "", event.AllowedNetwork|event.CorporateEgress)
	check("192.0.2.17:443", "", "", event.CorporateEgress)
	check("192.0.2.200", "", "", event.CorporateEgress|event.KnownLocation)
	check("[2001:db8:1::9]:1", "", "", event.CorporateEgress)
	check("2001:db8:2::9", "", "", 0)
	check("203.0.113.9", "", "", event.MicrosoftRange)
	check("198.51.100.1", "", "", 0) // the address of a proxy is not set
	check("", `contoso\ADMINISTRATOR`, "", event.PrivilegedUser)
	check("", "adm-bob@fabrikam.com", "", event.PrivilegedUser)
	check("", "adm-bob", "", event.PrivilegedUser)
	check("", "svc-backup@contoso.onmicrosoft.com", "", event.ServiceAccount)
	check("", "svc-backup@fabrikam.com", "", 0)
	check("", "probe@monitoring.example", "", event.IgnoredAccount)
	check("", "-", "", 0)
	check("", "Dora+News@Contoso.com", "", event.ServiceAccount)
	check("192.0.2.200", "", backup, event.CorporateEgress|event.KnownLocation|event.KnownAutomation)
	check("203.0.113.9", "", backup, event.MicrosoftRange)
	check("", "svc-move@contoso.com", "", event.ServiceAccount|event.KnownAutomation)
}

func TestNormaliseExpiry(t *testing.T) {
	p := must(t, company)
	known := func(at string) bool {
		ev := normalised(p, func(ev *event.Event) {
			ev.Time, _ = time.Parse(time.RFC3339, at)
			ev.RawIP, ev.App = []byte("192.0.2.200"), []byte("c0ffee00-0000-4000-8000-000000000001")
		})
		return ev.Marks.Has(event.KnownAutomation)
	}
	if !known("2026-06-30T23:59:59Z") || known("2026-07-01T00:00:00Z") {
		t.Error("a day of expiry counts to its end and no further")
	}
	backup := p.Automations()[0]
	if backup.Hits() != 1 || backup.Name != "backup" || !backup.Expired(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%q: %d hits", backup.Name, backup.Hits())
	}
}

// TestNormaliseWindowsAddress: Windows logs the proxy as the client, and no header.
func TestNormaliseWindowsAddress(t *testing.T) {
	p := must(t, company)
	for ip, want := range map[string]string{"198.51.100.1": "invalid IP", "::ffff:198.51.100.2": "invalid IP", "192.0.2.9": "192.0.2.9"} {
		ev := normalised(p, func(ev *event.Event) { ev.Source, ev.RawIP = event.WinEvent, []byte(ip) })
		if ev.IP.String() != want {
			t.Errorf("%s: %v, want %s", ip, ev.IP, want)
		}
	}
}

func TestNormaliseAddress(t *testing.T) {
	p := must(t, company)
	check := func(ip, forwarded, want string, from event.IPFrom) {
		t.Helper()
		ev := normalised(p, func(ev *event.Event) { ev.RawIP, ev.RawForwarded = []byte(ip), []byte(forwarded) })
		if want == "" {
			if ev.IP.IsValid() || ev.IPFrom != event.IPNone {
				t.Errorf("%s, %s: %v", ip, forwarded, ev.IP)
			}
			return
		}
		if ev.IP != netip.MustParseAddr(want) || ev.IPFrom != from {
			t.Errorf("%s, %s: %v from %v, want %s", ip, forwarded, ev.IP, ev.IPFrom, want)
		}
	}
	check("203.0.113.9", "", "203.0.113.9", event.IPDirect)
	check("203.0.113.9", "192.0.2.1", "203.0.113.9", event.IPDirect) // forged
	check("198.51.100.1", "192.0.2.1", "192.0.2.1", event.IPForwarded)
	check("198.51.100.1:443", "10.9.9.9, 192.0.2.1,198.51.100.2", "192.0.2.1", event.IPForwarded)
	check("198.51.100.1", "192.0.2.1, junk", "198.51.100.1", event.IPDirect)
	check("198.51.100.1", "-", "198.51.100.1", event.IPDirect)
	check("-", "192.0.2.1", "", event.IPNone)
}

func TestNormaliseAccount(t *testing.T) {
	p := must(t, company)
	for _, raw := range []string{`CONTOSO\Alice`, "alice@contoso.com", "contoso.com/alice", "alice@contoso.onmicrosoft.com", "ALICE@CONTOSO.COM"} {
		ev := normalised(p, func(ev *event.Event) { ev.RawUser = []byte(raw) })
		if string(ev.User) != "alice@contoso.com" || ev.UserKind != event.UserPerson {
			t.Errorf("%s: %q, %v", raw, ev.User, ev.UserKind)
		}
	}
	ev := normalised(p, func(ev *event.Event) { ev.RawUser = []byte(`CONTOSO\alice\sales`) })
	if string(ev.Mailbox) != "sales@contoso.com" {
		t.Errorf("mailbox %q", ev.Mailbox)
	}
	ev = normalised(p, func(ev *event.Event) { ev.RawUser, ev.Mailbox = []byte("alice"), []byte(`SMTP:Sales@Contoso.com`) })
	if string(ev.Mailbox) != "sales@contoso.com" {
		t.Errorf("mailbox %q", ev.Mailbox)
	}
}

func TestNormaliseCode(t *testing.T) {
	p := Default()
	check := func(space event.CodeSpace, code string, protocol event.Protocol, outcome event.Outcome, reason event.Reason) {
		t.Helper()
		ev := normalised(p, func(ev *event.Event) {
			ev.CodeSpace, ev.Code, ev.Protocol = space, []byte(code), protocol
			ev.Outcome, ev.Reason = event.Accepted, event.OtherReason
		})
		if ev.Outcome != outcome || ev.Reason != reason {
			t.Errorf("%v %s: %v %v, want %v %v", space, code, ev.Outcome, ev.Reason, outcome, reason)
		}
	}
	const any = event.ProtocolUnknown
	check(event.CodeNone, "50126", any, event.Accepted, event.OtherReason) // the source has decided
	check(event.CodeEntra, "99999999", any, event.Accepted, event.OtherReason)
	check(event.CodeEntra, "", any, event.Accepted, event.OtherReason)
	check(event.CodeEntra, "0", any, event.Success, event.ReasonNone)
	check(event.CodeEntra, "50126", any, event.Failure, event.WrongPassword)
	check(event.CodeEntra, "50034", any, event.Failure, event.UnknownUser)
	check(event.CodeEntra, "50053", any, event.Failure, event.Locked)
	check(event.CodeEntra, "50055", any, event.Accepted, event.Expired)
	check(event.CodeEntra, "50072", any, event.Accepted, event.MFARequired)
	check(event.CodeEntra, "53003", any, event.Accepted, event.PolicyBlocked)
	check(event.CodeEntra, "700016", any, event.Noise, event.BadApp)
	check(event.CodeEntra, "700016", event.ROPC, event.Accepted, event.BadApp)
	check(event.CodeEntra, "50126", event.ROPC, event.Failure, event.WrongPassword)
	for _, interrupt := range []string{"65001", "50058", "50140", "50199", "16000", "70043", "70044", "70008", "700082", "50089"} {
		check(event.CodeEntra, interrupt, any, event.Noise, event.ReasonNone)
	}
	check(event.CodeEntra, "50011", any, event.Noise, event.BadApp)
	check(event.CodeEntra, "1000000", any, event.Noise, event.ReasonNone)
	check(event.CodeLogon, "InvalidUserNameOrPassword", any, event.Failure, event.WrongPassword)
	check(event.CodeLogon, "idslocked", any, event.Failure, event.Locked)
	check(event.CodeLogon, "None", any, event.Accepted, event.OtherReason)
	for _, spelling := range []string{"0xC000006A", "0xc000006a", "C000006A", "c000006a", " 0xc000006a "} {
		check(event.CodeNTStatus, spelling, any, event.Failure, event.WrongPassword)
	}
	check(event.CodeNTStatus, "0x0", any, event.Accepted, event.OtherReason)
	check(event.CodeNTStatus, "0xC0000234", any, event.Failure, event.Locked)
	check(event.CodeWin32, "1326", any, event.Failure, event.WrongPassword)
	check(event.CodeWin32, "1909", any, event.Failure, event.Locked)
	check(event.CodeWin32, "1330", any, event.Accepted, event.Expired)
	check(event.CodeWin32, "1331", any, event.Failure, event.Disabled)
	check(event.CodeWin32, "2148074252", any, event.Failure, event.WrongPassword)
	check(event.CodeWin32, "2148074254", any, event.Challenge, event.ReasonNone)
	check(event.CodeWin32, "64", any, event.Accepted, event.OtherReason)
	check(event.CodeKerberos, "0x18", any, event.Failure, event.WrongPassword)
	check(event.CodeKerberos, "0x00000006", any, event.Failure, event.UnknownUser)
	check(event.CodeKerberos, "0x17", any, event.Accepted, event.Expired)
}

func TestLookups(t *testing.T) {
	p := must(t, company)
	labels := func(ip string) []string { return p.NetworkLabels(netip.MustParseAddr(ip)) }
	if got := labels("192.0.2.65"); !slices.Equal(got, []string{"branch", "vpn"}) {
		t.Errorf("labels %v", got)
	}
	if got := labels("192.0.2.200"); got != nil {
		t.Errorf("labels %v", got)
	}
	if got := p.NetworkLabels(netip.Addr{}); got != nil {
		t.Errorf("labels %v", got)
	}
	if got := p.Groups([]byte("alice@contoso.com")); !slices.Equal(got, []string{"finance", "all"}) {
		t.Errorf("groups %v", got)
	}
	if got := p.Groups([]byte("bob@fabrikam.com")); got != nil {
		t.Errorf("groups %v", got)
	}
	if family, name := p.Agent([]byte("ACME-sync/2")); family != event.Scripting || name != "user_agent_pattern" {
		t.Errorf("agent %v %q", family, name)
	}
	if got := p.Account(`CONTOSO\Alice`); got != "alice@contoso.com" {
		t.Errorf("account %q", got)
	}
}

// typical are events as a busy day brings them.
func typical() []event.Event {
	return []event.Event{
		{
			RawIP: []byte("192.0.2.17"), RawUser: []byte(`CONTOSO\Alice`),
			Agent: []byte("Microsoft+Office/16.0+(Windows+NT+10.0;+Microsoft+Outlook+16.0.17328;+Pro)"),
			Code:  []byte("1326"), CodeSpace: event.CodeWin32,
		},
		{
			RawIP: []byte("[2001:db8:1:2::9]:52903"), RawUser: []byte("bob@contoso.com"),
			Agent: []byte("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"),
			Code:  []byte("50126"), CodeSpace: event.CodeEntra,
		},
		{RawIP: []byte("203.0.113.9:40000"), RawUser: []byte("Not Available"), Code: []byte("0xC000006A"), CodeSpace: event.CodeNTStatus},
		{RawIP: []byte("198.51.100.1"), RawForwarded: []byte("10.0.0.1, 192.0.2.77"), RawUser: []byte("carol@contoso.onmicrosoft.com"), Agent: []byte("-")},
	}
}

func TestNormaliseAllocates(t *testing.T) {
	p := must(t, company)
	var ev event.Event
	p.Normalise(&ev) // makes the arena
	ev.Hold([]byte("x"))
	for i, raw := range typical() {
		n := testing.AllocsPerRun(100, func() {
			ev.Reset()
			fill(&ev, &raw)
			p.Normalise(&ev)
		})
		if n > 0 {
			t.Errorf("event %d: %v allocations", i, n)
		}
	}
}

// fill sets the raw fields, leaving the arena alone.
func fill(ev, raw *event.Event) {
	ev.RawIP, ev.RawForwarded, ev.RawUser = raw.RawIP, raw.RawForwarded, raw.RawUser
	ev.Agent, ev.Code, ev.CodeSpace = raw.Agent, raw.Code, raw.CodeSpace
}

func BenchmarkNormalise(b *testing.B) {
	for name, text := range map[string]string{"default": "", "company": company} {
		b.Run(name, func(b *testing.B) {
			p, raws := must(b, text), typical()
			var ev event.Event
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				ev.Reset()
				fill(&ev, &raws[i%len(raws)])
				p.Normalise(&ev)
			}
		})
	}
}
