package scenario

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestRun(t *testing.T) { Run(t, "testdata") }

// A mistake in a file is an error with its place.
func TestMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"acts:\n  - {do: sign_in, usr: x}\nexpect: none":                   `s.yaml:2: unknown field "usr" of an act`,
		"acs: []\nexpect: none":                                            "s.yaml:1: field acs not found",
		"acts: []\nexpect:\n  - {rule: AN0131, clas: x}":                   `s.yaml:3: unknown field "clas" of an incident`,
		"acts: []\nexpect: []":                                             "s.yaml:2: expect: want a list of incidents or none",
		"acts:\n  - {at: 25:00, do: sign_in}\nexpect: none":                `s.yaml:2: at: "25:00": want`,
		"acts:\n  - {at: 09:00, do: sign_in, user: <who>}\nexpect: none":   "s.yaml:2: user: <who> is neither",
		"acts:\n  - {at: 09:00, do: sign_in, each: {n: x}}\nexpect: none":  `s.yaml:2: "x": want a number`,
		"acts:\n  - {at: 09:00, do: signin}\nexpect: none":                 `s.yaml:2: do: unknown kind of act "signin"`,
		"acts:\n  - {at: 09:00, do: read, source: uall}\nexpect: none":     `s.yaml:2: source: "uall": unknown`,
		"acts:\n  - at: 09:00\n    acts:\n      - {do: read, user: <b>}\n": "s.yaml:2: 4: user: <b> is neither",
	} {
		path := filepath.Join(t.TempDir(), "s.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := playable(path)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// playable reads a file as far as it goes without an engine.
func playable(path string) error {
	f, err := read(path)
	if err != nil {
		return err
	}
	_, err = expand(f)
	return err
}

func TestTimes(t *testing.T) {
	x := &expander{names: map[string]string{"day": "-2", "n": "7"}, references: map[string][][]string{}}
	for text, want := range map[string]time.Duration{
		"":              time.Hour,
		"09:30":         9*time.Hour + 30*time.Minute,
		"-5d 08:00:10":  -5*24*time.Hour + 8*time.Hour + 10*time.Second,
		"<day>d 0<n>:3": 0,
		"<day>d":        -48 * time.Hour,
		"+5m":           65 * time.Minute,
		"+1d 2h":        27 * time.Hour,
		"<n*60+1>s":     421 * time.Second,
	} {
		if got, err := x.time(text, time.Hour); got != want && err == nil {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

// The comparison finds what is wrong.
func TestComparison(t *testing.T) {
	for want, yes := range map[string]bool{"5": true, "4": false, "5..": true, "..4": false, "3..7": true, "": false, "x": false, "..": true, "x..": false} {
		if got := matches(5.0, want); got != yes {
			t.Errorf("5 in %q: got %t", want, got)
		}
	}
}
