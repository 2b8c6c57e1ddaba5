package cases

import (
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"redshank/analytics/alert"
	"redshank/plugin/replay"
)

const examples = "../../../conf/cases"

// The cases that are shipped as examples pass.
func TestExamples(t *testing.T) {
	list, err := Find(examples)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d cases: %v", len(list), err)
	}
	for _, c := range list {
		o, err := c.Run(t.Context(), io.Discard)
		if err != nil || !o.Passed() {
			t.Errorf("%s: %+v %v", c.Title(), o, err)
		}
	}
}

// one returns the case of a text, in a folder with the logs of the examples.
func one(t *testing.T, text string) (*Case, error) {
	t.Helper()
	folder := t.TempDir()
	logs, err := filepath.Abs(filepath.Join(examples, "logs"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "case.yaml")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "LOGS", logs)), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := Find(folder)
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

func TestDifferences(t *testing.T) {
	for text, want := range map[string][2]int{
		"logs: [LOGS/spray.log]\nincidents: []":                                                  {0, 1},
		"logs: [LOGS/typo.log]\nincidents: [{rule: AN1269}]":                                     {1, 0},
		"logs: [LOGS/spray.log]\nincidents: [{rule: AN1269, address: 203.0.113.8}]":              {1, 1},
		"logs: [LOGS/spray.log]\nincidents: [{address: 203.0.113.7, valid_credentials: []}]":     {1, 1},
		"logs: [LOGS/spray.log]\nincidents: [{address: 203.0.113.7, account: 'user05*'}]":        {1, 1},
		"logs: [LOGS/spray.log]\nincidents: [{address: 203.0.113.7}, {address: 203.0.113.7}]":    {1, 0},
		"logs: [LOGS/spray.log, LOGS/typo.log]\nincidents: [{rule: AN1269, severity: critical}]": {0, 0},
	} {
		c, err := one(t, text)
		if err != nil {
			t.Fatal(err)
		}
		o, err := c.Run(t.Context(), io.Discard)
		if err != nil || len(o.Missing) != want[0] || len(o.Unexpected) != want[1] {
			t.Errorf("%s:\n%+v %v, want %d missing and %d unexpected", text, o, err, want[0], want[1])
		}
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"logs: [LOGS/spray.log]\nincidnets: []":                "incidnets",
		"logs: [LOGS/spray.log]\nincidents: [{severity: low}]": "incidents[0]: matches every incident",
		"incidents: []": "logs: empty",
		"version: 1":    "no case",
	} {
		if _, err := one(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"logs: [LOGS/none.log]":                     "no log to read",
		"logs: [LOGS/spray.log]\npolicy: none.yaml": "none.yaml",
		"logs: [LOGS/spray.log, LOGS/none.log]":     "could not be read",
	} {
		c, err := one(t, text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Run(t.Context(), io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// Each expectation gets an incident, although a wide one, which comes first, matches
// the only incident that a narrow one matches.
func TestCompareGivesEachItsOwn(t *testing.T) {
	incident := func(ip string) *replay.Incident {
		return &replay.Incident{Alert: &alert.Alert{Rule: alert.Rule{ID: "AN1269"}, Source: netip.MustParseAddr(ip)}}
	}
	found := []*replay.Incident{incident("192.0.2.1"), incident("192.0.2.2")}
	if o := compare([]Expected{{Rule: "AN1269"}, {Address: "192.0.2.1"}}, found); !o.Passed() || o.Found != 2 {
		t.Errorf("%+v", o)
	}
	o := compare([]Expected{{Rule: "AN1269"}, {Address: "192.0.2.9"}}, found)
	if len(o.Missing) != 1 || o.Missing[0].String() != "{address: 192.0.2.9}" || len(o.Unexpected) != 1 {
		t.Errorf("%+v", o)
	}
}
