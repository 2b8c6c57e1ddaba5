package delivery

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func everything(netip.Prefix) bool { return true }

func feedMessage(at time.Time, values ...string) Message {
	var list []FeedEntry
	for _, v := range values {
		list = append(list, FeedEntry{Value: v, Incident: "AN1269-1", Reason: "password_spraying", Severity: "critical"})
	}
	body, _ := json.Marshal(list)
	return Message{ID: "AN1269-1", JSON: body, Time: at}
}

func newFeed(t *testing.T, path string, ttl time.Duration, allowed func(netip.Prefix) bool) *Feed {
	t.Helper()
	f, err := NewFeed(path, ttl, allowed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func listed(t *testing.T, path string) []string {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(body))
}

func TestFeedListsAndForgets(t *testing.T) {
	path, now := filepath.Join(t.TempDir(), "block.txt"), time.Now()
	f := newFeed(t, path, time.Hour, everything)
	n, err := f.Deliver([]Message{feedMessage(now, "203.0.113.7", "2001:db8:1:2::/64"), feedMessage(now.Add(-2*time.Hour), "203.0.113.8"),
		feedMessage(now.AddDate(1, 0, 0), "203.0.113.9")})
	if n != 3 || err != nil {
		t.Fatal(n, err)
	}
	if got := listed(t, path); !slices.Equal(got, []string{"2001:db8:1:2::/64", "203.0.113.7", "203.0.113.9"}) {
		t.Errorf("%q", got)
	}
	file, err := os.Open(path + ".csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(file).ReadAll()
	_ = file.Close()
	if err != nil || len(rows) != 4 || !slices.Equal(rows[0], []string{"duration", "scope", "value", "reason"}) || rows[1][1] != "range" || rows[2][1] != "ip" || rows[2][3] != "redshank/password_spraying" {
		t.Errorf("%q %v", rows, err)
	}
	for _, r := range rows[1:] {
		if d, err := time.ParseDuration(r[0]); err != nil || d <= 0 || d > time.Hour {
			t.Errorf("%q: %v", r, err)
		}
	}
	if _, err := f.Deliver([]Message{feedMessage(now.Add(-50*time.Minute), "203.0.113.7")}); err != nil { // a late alert does not shorten the time
		t.Error(err)
	}
	if err := f.write(now.Add(30 * time.Minute)); err != nil || !slices.Contains(listed(t, path), "203.0.113.7") {
		t.Errorf("%v, %q", err, listed(t, path))
	}
	if _, err := f.Deliver([]Message{feedMessage(now.Add(-10*time.Minute), "203.0.113.10")}); err != nil {
		t.Error(err)
	}
	if _, err := f.Deliver([]Message{feedMessage(time.Now(), "203.0.113.10")}); err != nil { // and a new one extends it
		t.Error(err)
	}
	if err := f.write(now.Add(55 * time.Minute)); err != nil || !slices.Contains(listed(t, path), "203.0.113.10") {
		t.Errorf("%v, %q", err, listed(t, path))
	}
	if err := f.write(now.Add(61 * time.Minute)); err != nil || len(listed(t, path)) != 0 {
		t.Errorf("expired addresses stay: %v", err)
	}
}

// The next run goes on with the feed, and the policy of that moment decides.
func TestFeedGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "block.txt")
	f := newFeed(t, path, time.Hour, everything)
	if _, err := f.Deliver([]Message{feedMessage(time.Now(), "203.0.113.7", "203.0.113.8")}); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	newFeed(t, path, time.Hour, func(p netip.Prefix) bool { return p.Addr() != netip.MustParseAddr("203.0.113.8") })
	if got := listed(t, path); !slices.Equal(got, []string{"203.0.113.7"}) {
		t.Errorf("%q", got)
	}
	if err := os.WriteFile(path+".json", []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewFeed(path, time.Hour, everything); err == nil || !strings.Contains(err.Error(), "block.txt.json: not a feed") {
		t.Error(err)
	}
}

func TestFeedIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "block.txt")
	f, now := newFeed(t, path, time.Hour, everything), time.Now()
	var values []string
	for n := range MaxFeed {
		values = append(values, fmt.Sprintf("198.18.%d.%d", n/256, n%256))
	}
	if _, err := f.Deliver([]Message{feedMessage(now.Add(-time.Minute), "203.0.113.7"), feedMessage(now, values...)}); err != nil {
		t.Fatal(err)
	}
	if got := listed(t, path); len(got) != MaxFeed || slices.Contains(got, "203.0.113.7") {
		t.Errorf("%d addresses", len(got))
	}
}

func TestFeedErrors(t *testing.T) {
	if _, err := NewFeed(filepath.Join(t.TempDir(), "no", "block.txt"), time.Hour, everything); err == nil {
		t.Error("a folder that is missing")
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "block.txt")
	f := newFeed(t, path, time.Hour, everything)
	good, bad := feedMessage(time.Now(), "203.0.113.7"), Message{JSON: []byte(`{"event":{}}`)}
	if n, err := f.Deliver([]Message{good, bad}); n != 1 || err != nil || len(listed(t, path)) != 1 {
		t.Error(n, err, listed(t, path))
	}
	if n, err := f.Deliver([]Message{bad}); n != 0 || !errors.As(err, new(*Rejected)) {
		t.Error(n, err)
	}
	if n, err := f.Deliver([]Message{feedMessage(time.Now(), "not an address", "203.0.113.9\n0.0.0.0/0")}); n != 1 || err != nil || len(listed(t, path)) != 1 {
		t.Error(n, err, listed(t, path))
	}
	left, _ := filepath.Glob(filepath.Join(folder, "*.tmp"))
	if len(left) > 0 {
		t.Errorf("%q", left)
	}
}

// TestFeedAfterALossOfPower checks that an empty file, as some file systems leave it, does not
// keep the agent from starting.
func TestFeedAfterALossOfPower(t *testing.T) {
	path := filepath.Join(t.TempDir(), "feed.txt")
	if err := os.WriteFile(path+".json", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := NewFeed(path, time.Hour, func(netip.Prefix) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
