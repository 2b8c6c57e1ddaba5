package agent

import (
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"redshank/analytics/alert"
)

// feedText returns the text of a file, or nothing.
func feedText(path string) string {
	body, _ := os.ReadFile(path)
	return string(body)
}

// Only addresses of severe attacks on passwords are in the feed, and none that the
// policy spares.
func TestFeedSink(t *testing.T) {
	folder := t.TempDir()
	path, rules := filepath.Join(folder, "block.txt"), filepath.Join(folder, "policy.yaml")
	if err := os.WriteFile(rules, []byte("networks:\n  allowed: [198.51.100.0/28]\n  corporate_egress: ['2001:db8:1:2::77']\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	i, err := Start(from(map[string]string{"sink": "feed", "sink_path": path, "policy": rules}), "test", NewLogger(NewLogQueue(slog.LevelInfo)))
	if err != nil {
		t.Fatal(err)
	}
	severe, medium, behaviour, prefix := severeAlert("1"), severeAlert("2"), severeAlert("3"), severeAlert("4")
	severe.IPs = []netip.Addr{netip.MustParseAddr("10.1.2.3"), netip.MustParseAddr("192.0.2.9"), netip.MustParseAddr("2001:db8:1:2::5")}
	medium.Source, medium.Severity = netip.MustParseAddr("192.0.2.10"), alert.Medium
	behaviour.Source, behaviour.Rule.Kind = netip.MustParseAddr("192.0.2.11"), alert.Behaviour
	prefix.Prefix, prefix.Source = netip.MustParsePrefix("2001:db8:1:2::/64"), netip.MustParseAddr("2001:db8:1:2::5")
	drill := severeAlert("5")
	drill.Source, drill.Drill = netip.MustParseAddr("192.0.2.12"), "6b0937731925aa01"
	gone := severeAlert("6")
	gone.Source = netip.MustParseAddr("192.0.2.13")
	withdrawn := severeAlert("6")
	withdrawn.Source, withdrawn.Phase, withdrawn.Severity = gone.Source, alert.PhaseWithdrawn, alert.Low
	if err := i.deliver([]*alert.Alert{severe, medium, behaviour, prefix, drill, gone}); err != nil {
		t.Error(err)
	}
	for n := 0; n < 100 && !strings.Contains(feedText(path), "192.0.2.13"); n++ {
		time.Sleep(20 * time.Millisecond)
	}
	if !strings.Contains(feedText(path), "192.0.2.13") {
		t.Error("an address is not in the feed before its incident is withdrawn")
	}
	if err := i.deliver([]*alert.Alert{withdrawn}); err != nil {
		t.Error(err)
	}
	i.Close()
	body, err := os.ReadFile(path)
	if got := strings.Fields(string(body)); err != nil || !slices.Equal(got, []string{"192.0.2.9", "2001:db8:1:2::5", "203.0.113.7"}) {
		t.Errorf("%q %v", got, err)
	}
}
