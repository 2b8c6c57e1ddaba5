package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// invictus returns the path of three months of logs of a real tenant with two
// password sprays. The test is skipped without the sample, which is not part of
// this repository.
func invictus(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "shared", "fixtures", "m365_ual", "invictus__ual_2021-03_to_05.ndjson"))
	if err != nil {
		t.Skipf("SKIPPED: no fixtures beside this checkout: %v", err)
	}
	return string(text)
}

// bothSprays fails the test unless AN1269 was raised for the two sprays only.
func bothSprays(t *testing.T, r result) {
	t.Helper()
	days := map[string]bool{}
	for _, a := range r.alerts {
		if a.Rule.ID == "AN1269" {
			days[strings.Split(a.Event.ID, "-")[1]] = a.Source.IP == "178.85.138.132"
		}
	}
	if len(days) != 2 || !days["20210326"] || !days["20210414"] {
		t.Errorf("sprays of %v, want 20210326 and 20210414 from 178.85.138.132\n%s", days, r.end())
	}
	if n := r.counter(t, "unknown") + r.counter(t, "malformed"); n != 0 {
		t.Errorf("%d records not understood", n)
	}
}

func TestFluentBitInvictus(t *testing.T) {
	text := invictus(t)
	t.Run("as raw strings", func(t *testing.T) {
		b := newFluentBit(t, text, "", "")
		b.start("out_redshank.so").awaitAlerts(4)
		bothSprays(t, b.stop())
	})
	t.Run("as maps by a JSON parser", func(t *testing.T) {
		b := newFluentBit(t, text, "", "")
		b.write("fluent-bit.yaml", strings.Replace(b.read("fluent-bit.yaml"), "pipeline:",
			"parsers:\n  - name: json\n    format: json\npipeline:", 1))
		b.write("fluent-bit.yaml", strings.Replace(b.read("fluent-bit.yaml"), "read_from_head: true", "read_from_head: true\n      parser: json", 1))
		b.start("out_redshank.so").awaitAlerts(4)
		bothSprays(t, b.stop())
	})
}

func TestHostInvictus(t *testing.T) {
	text := invictus(t)
	for _, form := range []string{"lines", "json"} {
		t.Run(form, func(t *testing.T) {
			bothSprays(t, onHost(t, text, "-t", "m365.audit", "-f", form))
		})
	}
}
