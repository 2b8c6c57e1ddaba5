package strict

import (
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{"10m": 10 * time.Minute, "24h": day, "7d": 7 * day, "1d12h": 36 * time.Hour, "1h30m": 90 * time.Minute, "0s": 0} {
		if got, err := parseDuration(text); err != nil || got != want {
			t.Errorf("parseDuration(%q) = %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "d", "10", "10x", "-1h", "1.5d", "99999999d", "1d-1h", "d7"} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("parseDuration(%q) = %v", text, got)
		}
	}
}

// Every mistake is reported, with file, line, value and what is expected.
func TestReadReportsEveryMistake(t *testing.T) {
	var limit int
	var mode string
	known := Fields{
		"limit": Number(&limit, 1, 9),
		"outer": Section(Fields{"mode": OneOf(&mode, "on", "off")}),
	}
	read := func(text string) error {
		tree, err := Parse("x.yaml", []byte(text))
		if err == nil {
			_, err = tree.Read("", known)
		}
		return err
	}
	err := read("limit: 12\nouter:\n  mode: onn\n  moed: on\nlimit: 3\n")
	if err == nil {
		t.Fatal("no error")
	}
	want := `x.yaml:1: limit: "12": out of range (want 1 to 9)
x.yaml:3: outer.mode: "onn": unknown (did you mean on? want on, off)
x.yaml:4: outer.moed: unknown key (did you mean mode? want mode)
x.yaml:5: limit: given twice`
	if got := err.Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if err := read("limit: 3\nouter: {mode: on}\n"); err != nil || limit != 3 || mode != "on" {
		t.Errorf("%d %q, %v", limit, mode, err)
	}
}
