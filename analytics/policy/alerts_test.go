package policy

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

const mutedPolicy = `
domains: {default: contoso.com}
mutes:
  - {reason: penetration test, owner: alice, expires: 2026-03-31, network: [192.0.2.0/28, 2001:db8::/64], rule: AN1269}
  - {reason: migration, owner: bob, expires: 2026-03-31T18:00:00+02:00, account: CONTOSO\svc-*, application: AAAA}
  - {reason: known guessing, owner: carol, expires: 2027-01-01, class: password_guessing, address: 198.51.100.7}
`

func TestMuted(t *testing.T) {
	p := must(t, strings.Replace(mutedPolicy, "default: contoso.com", "default: contoso.com, netbios: {CONTOSO: contoso.com}", 1))
	at := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	ips := func(list ...string) (out []netip.Addr) {
		for _, s := range list {
			out = append(out, netip.MustParseAddr(s))
		}
		return out
	}
	for name, c := range map[string]struct {
		notice Notice
		reason string
	}{
		"network":             {Notice{Rule: "AN1269", Time: at, Addresses: ips("192.0.2.1", "2001:db8::5")}, "penetration test"},
		"one address outside": {Notice{Rule: "AN1269", Time: at, Addresses: ips("192.0.2.1", "192.0.2.99")}, ""},
		"too many addresses":  {Notice{Rule: "AN1269", Time: at}, ""},
		"another rule":        {Notice{Rule: "AN0131", Time: at, Addresses: ips("192.0.2.1")}, ""},
		"end of the last day": {Notice{Rule: "AN1269", Time: at.Add(11 * time.Hour), Addresses: ips("192.0.2.1")}, "penetration test"},
		"the day after":       {Notice{Rule: "AN1269", Time: at.Add(12 * time.Hour), Addresses: ips("192.0.2.1")}, ""},
		"account and app":     {Notice{Time: at, Accounts: []string{"svc-a@contoso.com", "svc-b@contoso.com"}, Apps: []string{"aaaa"}}, "migration"},
		"one more account":    {Notice{Time: at, Accounts: []string{"svc-a@contoso.com", "alice@contoso.com"}, Apps: []string{"aaaa"}}, ""},
		"one more app":        {Notice{Time: at, Accounts: []string{"svc-a@contoso.com"}, Apps: []string{"aaaa", "bbbb"}}, ""},
		"after the moment":    {Notice{Time: at.Add(4 * time.Hour), Accounts: []string{"svc-a@contoso.com"}, Apps: []string{"aaaa"}}, ""},
		"class and address":   {Notice{Time: at, Class: "password_guessing", Addresses: ips("198.51.100.7")}, "known guessing"},
		"another class":       {Notice{Time: at, Class: "password_spraying", Addresses: ips("198.51.100.7")}, ""},
	} {
		m := p.Muted(&c.notice)
		if m == nil && c.reason != "" || m != nil && m.Reason != c.reason {
			t.Errorf("%s: %v, want %q", name, m, c.reason)
		}
	}
	if m := p.Mutes(); len(m) != 3 || m[0].Hits() != 2 || m[1].Hits() != 1 || m[0].Owner != "alice" || m[0].Line != 4 || m[1].ExpiresText != "2026-03-31T18:00:00+02:00" {
		t.Errorf("%+v", m)
	}
}

func TestMuteErrors(t *testing.T) {
	for text, want := range map[string]string{
		"mutes: [{owner: a, expires: 2027-01-31, rule: AN1269}]":               `1: mutes.reason: missing (want reason, owner and expires)`,
		"mutes: [{reason: a, expires: 2027-01-31, rule: AN1269}]":              `1: mutes.owner: missing (want reason, owner and expires)`,
		"mutes: [{reason: a, owner: b, rule: AN1269}]":                         `1: mutes.expires: missing (want reason, owner and expires)`,
		"mutes: [{reason: a, owner: b, expires: 2027-01-31}]":                  `1: mutes: "a": matches everything (want rule, class, account, address, network or application)`,
		"mutes: [{reason: a, owner: b, expires: soon, rule: AN1269}]":          `1: mutes.expires: "soon": not a date (want 2027-01-31 or 2027-01-31T18:00:00Z)`,
		"mutes: [{reason: a, owner: b, expires: 2027-01-31, rule: AN1296}]":    `1: mutes.rule: "AN1296": unknown (did you mean AN1269? want AN1269, AN0131)`,
		"mutes: [{reason: a, owner: b, expires: 2027-01-31, account: '*'}]":    `1: mutes.account: "*": matches every account`,
		"mutes: [{reason: a, owner: b, expires: 2027-01-31, network: '::/0'}]": `1: mutes.network: "::/0": covers every address`,
		"mutes: [{reason: a, owner: b, expires: 2027-01-31, class: guessing}]": `1: mutes.class: "guessing": unknown (want credential_stuffing,`,
		"alerts: {classes: {password_guesing: off}}":                           `1: alerts.classes.password_guesing: unknown key (did you mean password_guessing? want`,
		"alerts: {classes: {password_guessing: never}}":                        `1: alerts.classes.password_guessing: "never": unknown (want on, off, valid_credential)`,
		"alerts: {minimum_severity: hihg}":                                     `1: alerts.minimum_severity: "hihg": unknown (did you mean high? want low, medium, high, critical)`,
	} {
		_, err := Parse("policy.yaml", "", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), "policy.yaml:"+want) {
			t.Errorf("%s:\n got %v\nwant policy.yaml:%s", text, err, want)
		}
	}
}

func TestMinimumSeverity(t *testing.T) {
	if got := Default().Alerts.MinimumSeverity; got != "low" {
		t.Error(got)
	}
	if got := must(t, "alerts: {minimum_severity: high}").Alerts.MinimumSeverity; got != "high" {
		t.Error(got)
	}
}

func TestAlertsOn(t *testing.T) {
	p := must(t, "alerts: {classes: {password_guessing: off, password_spraying: valid_credential, credential_stuffing: on}}")
	for _, c := range []struct {
		class       string
		valid, want bool
	}{
		{"password_guessing", true, false}, {"password_spraying", false, false}, {"password_spraying", true, true},
		{"credential_stuffing", false, true}, {"session_replay", false, true},
	} {
		if got := p.AlertsOn(c.class, c.valid); got != c.want {
			t.Errorf("%s, valid %t: %t", c.class, c.valid, got)
		}
	}
}
