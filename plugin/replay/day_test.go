package replay

import (
	"path/filepath"
	"strings"
	"testing"

	"redshank/test/day"
)

// TestDay finds in the files of the synthetic day exactly what is in them, which is
// what the plugin finds when an agent tails them.
func TestDay(t *testing.T) {
	d := day.New(day.Options{})
	dir := t.TempDir()
	if err := d.Write(dir); err != nil {
		t.Fatal(err)
	}
	policy := write(t, t.TempDir(), "policy.yaml", []byte("version: 1\ndomains:\n  default: contoso.com\n  netbios:\n    CONTOSO: contoso.com\n    FABRIKAM: fabrikam.com\n"))
	alerts := filepath.Join(t.TempDir(), "alerts.ndjson")
	if status, out, errs := replay(t, Options{Paths: []string{dir}, Policy: policy, Alerts: alerts}); status != Found {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	found, _, err := day.ReadAlerts(alerts)
	if err != nil {
		t.Fatal(err)
	}
	if wrong := d.Compare(found, day.Exchange, day.Cloud); len(wrong) > 0 {
		t.Errorf("not what is in the day:\n%s", strings.Join(wrong, "\n"))
	}
}
