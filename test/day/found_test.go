package day

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// perfect returns the incidents that a perfect detector reports for the day.
func perfect(d *Day) []Found {
	var all []Found
	for _, e := range d.Expected {
		all = append(all, Found{ID: e.Name, Sequence: 1, Rule: e.Rule, Class: e.Class, Severity: e.Severity,
			Source: e.Source, Accounts: e.Accounts, Valid: e.Valid})
	}
	return all
}

func TestCompare(t *testing.T) {
	check := func(name string, change func([]Found) []Found, want ...string) {
		t.Helper()
		got := whole.Compare(change(perfect(whole)), Exchange, Cloud)
		if len(got) != len(want) {
			t.Errorf("%s: %q, want %q", name, got, want)
			return
		}
		for i := range want {
			if !strings.Contains(got[i], want[i]) {
				t.Errorf("%s: %q, want %q", name, got[i], want[i])
			}
		}
	}
	check("all found", func(f []Found) []Found { return f })
	check("none found", func([]Found) []Found { return nil }, "missing", "missing", "missing", "missing", "missing")
	check("one twice", func(f []Found) []Found { return append(f, f[1]) }, "reported twice")
	check("a near miss", func(f []Found) []Found { return append(f, Found{Source: branchOffice}) }, "typos of a whole office")
	check("less severe", func(f []Found) []Found { f[0].Severity = "low"; return f }, "severity is low")
	check("one account too many", func(f []Found) []Found { f[3].Accounts++; return f }, "number of accounts")
	check("another's password", func(f []Found) []Found { f[0].Valid = []string{"x"}; return f }, "valid credentials")
	check("the network of an IPv6 client", func(f []Found) []Found { f[2].Source = "2001:db8:66:6::"; return f })
}

func TestCompareOneSite(t *testing.T) {
	cloud := slices.DeleteFunc(perfect(whole), func(f Found) bool { return f.Source != "" && f.Rule == "AN1269" })
	if wrong := whole.Compare(cloud, Cloud); len(wrong) > 0 {
		t.Error(wrong)
	}
}

func TestReadAlertsKeepsTheLast(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts.ndjson")
	lines := `{"event":{"kind":"alert","id":"a","sequence":2},"redshank":{"severity":"high"}}
{"event":{"kind":"alert","id":"b","sequence":1},"source":{"ip":"192.0.2.1"}}
{"event":{"kind":"alert","id":"a","sequence":1},"redshank":{"severity":"medium"}}
`
	if err := os.WriteFile(path, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	found, messages, err := ReadAlerts(path)
	if err != nil || messages != 3 || len(found) != 2 || found[0].Severity != "high" || found[1].Source != "192.0.2.1" {
		t.Errorf("%+v, %d messages, %v", found, messages, err)
	}
}
