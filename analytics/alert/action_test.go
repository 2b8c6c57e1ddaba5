package alert

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestActionsNameWhatToResetAndBlock(t *testing.T) {
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	a := &Alert{Class: "password_spraying", Rule: Rule{Kind: Threshold}, Prefix: netip.MustParsePrefix("2001:db8:1:2::/64"),
		Counts: Counts{Succeeded: 7}}
	for n := range 7 {
		a.Valid = append(a.Valid, Credential{User: string(rune('a'+n)) + "@contoso.com", At: at.Add(-time.Duration(n) * time.Minute)})
	}
	got := Actions(a)
	for n, want := range []string{"Reset the password of a@contoso.com, b@contoso.com, c@contoso.com, d@contoso.com, e@contoso.com and 2 more:",
		"since 2026-03-02 07:54:00 UTC", "inbox rules", "weak passwords", "Block 2001:db8:1:2::/64 "} {
		if len(got) != 5 || !strings.Contains(got[n], want) {
			t.Fatalf("step %d: %q (want %q)", n, got, want)
		}
	}
}

func TestActionsOfEveryClass(t *testing.T) {
	for class := range classActions {
		a := &Alert{Class: class, Rule: Rule{Kind: Behaviour}, User: NewUser("alice@contoso.com"), Source: netip.MustParseAddr("203.0.113.7")}
		for _, step := range Actions(a) {
			if strings.Contains(step, "%s") || !strings.HasSuffix(step, ".") {
				t.Errorf("%s: %q", class, step)
			}
		}
		bare := Actions(&Alert{Class: class, Rule: Rule{Kind: Threshold}})
		if len(bare) == 0 && class != "password_guessing" {
			t.Errorf("%s: no step without a subject", class)
		}
	}
	if got := Actions(&Alert{}); len(got) != 0 {
		t.Errorf("an empty alert: %q", got)
	}
}

func TestActionsOfSignals(t *testing.T) {
	a := &Alert{Class: "mail_diversion", Rule: Rule{Kind: Behaviour}, User: NewUser("alice@contoso.com")}
	before := len(Actions(a))
	a.Signals = []Signal{{Code: "rule.forwards"}, {Code: "mailbox.permission"}, {Code: "mailbox.permission"}, {Code: "access.throttled"}}
	got := Actions(a)
	if len(got) != before+2 {
		t.Fatalf("%d steps, want %d: %q", len(got), before+2, got)
	}
	for n, want := range []string{"rights on mailboxes", "auditing of mail access"} {
		if !strings.Contains(got[before+n], want) {
			t.Errorf("step %d: %q, want %q", before+n, got[before+n], want)
		}
	}
}
