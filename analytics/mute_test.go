package analytics

import (
	"os"
	"regexp"
	"slices"
	"testing"
	"time"

	"redshank/analytics/alert"
	"redshank/analytics/policy"
)

func TestMutedUntilExpiry(t *testing.T) {
	s := newScene(t).under("mutes: [{reason: test, owner: alice, expires: '2026-03-10T00:30:00Z', network: "+attacker+"}]").spray(0, 120)
	sent, closing := s.messages()
	if len(sent) == 0 || sent[0].Phase != alert.PhaseOpened || sent[0].Sequence != 1 || sent[0].Time.Before(midnight.Add(30*time.Minute)) {
		t.Fatalf("%d messages, want the first after the mute is over: %+v", len(sent), sent)
	}
	for _, a := range append(sent[1:], closing...) {
		if a.Phase == alert.PhaseOpened {
			t.Errorf("opened twice: %+v", a)
		}
	}
	if hits := s.policy.Mutes()[0].Hits(); hits == 0 || hits > 4 {
		t.Errorf("%d messages kept back, want one and one more each cooldown", hits)
	}
}

func TestMutedToTheEnd(t *testing.T) {
	s := newScene(t).under("mutes: [{reason: test, owner: alice, expires: 2027-01-31, rule: AN1269, address: "+attacker+"}]").spray(0, 120)
	sent, closing := s.messages()
	if len(sent)+len(closing) != 0 {
		t.Errorf("%d and %d messages of a muted incident", len(sent), len(closing))
	}
}

// A mute of one address covers no incident of another.
func TestMuteOfAnotherAddress(t *testing.T) {
	s := newScene(t).under("mutes: [{reason: test, owner: alice, expires: 2027-01-31, address: 198.51.100.1}]")
	for n := range 20 {
		s.fail(time.Duration(n)*time.Second, "198.51.100.1", person(n))
		s.fail(time.Duration(n)*time.Second, "198.51.100.9", person(n))
	}
	sent, _ := s.messages()
	for _, a := range sent {
		if a.Source.String() == "198.51.100.1" && len(a.IPs) == 1 {
			t.Errorf("sent although muted: %+v", a)
		}
	}
	if len(sent) == 0 {
		t.Error("nothing about the other address")
	}
}

func TestMinimumSeverity(t *testing.T) {
	s := newScene(t).under("alerts: {minimum_severity: critical}").spray(0, 40).succeed(minutes(50), attacker, person(3))
	sent, _ := s.messages()
	if len(sent) != 1 || sent[0].Severity != alert.Critical || sent[0].Phase != alert.PhaseOpened || sent[0].Sequence != 1 {
		t.Errorf("want one critical message: %+v", sent)
	}
	sent, closing := newScene(t).under("alerts: {minimum_severity: critical}").spray(0, 40).messages()
	if len(sent)+len(closing) != 0 {
		t.Errorf("%d and %d messages below the minimum", len(sent), len(closing))
	}
}

// The policy knows every class that the analytics give an incident, and no other.
func TestPolicyKnowsTheClasses(t *testing.T) {
	var classes []string
	for _, file := range []string{"stuffing/attack/classify.go", "collection/theft/class.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^\t[Cc]lass\w+ *= "(\w+)"`).FindAllStringSubmatch(string(text), -1) {
			classes = append(classes, m[1])
		}
	}
	if !slices.Equal(classes, policy.Classes) {
		t.Errorf("the analytics have %v, the policy %v", classes, policy.Classes)
	}
}

func TestClassOnlyWithAValidCredential(t *testing.T) {
	const text = "alerts: {classes: {credential_stuffing: valid_credential, password_spraying: valid_credential, password_guessing: valid_credential}}"
	sent, closing := newScene(t).under(text).spray(0, 40).messages()
	if len(sent)+len(closing) != 0 {
		t.Errorf("%d and %d messages without a valid credential", len(sent), len(closing))
	}
	sent, _ = newScene(t).under(text).spray(0, 40).succeed(minutes(50), attacker, person(3)).messages()
	if len(sent) != 1 || len(sent[0].Valid) != 1 || sent[0].Phase != alert.PhaseOpened {
		t.Errorf("want one message with a valid credential: %+v", sent)
	}
}
