package policy

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"redshank/analytics/event"
)

// files are list files that a test changes.
type files struct {
	testing.TB
	dir   string
	clock time.Time
}

// put writes a file with a time of its own, since file systems' clocks are
// coarser than a test.
func (f *files) put(name, text string) {
	f.Helper()
	path := filepath.Join(f.dir, name)
	f.clock = f.clock.Add(time.Second)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		f.Fatal(err)
	}
	if err := os.Chtimes(path, f.clock, f.clock); err != nil {
		f.Fatal(err)
	}
}

func TestRefresh(t *testing.T) {
	f := &files{t, t.TempDir(), time.Unix(1_800_000_000, 0)}
	f.put("allow.txt", "192.0.2.1\n")
	f.put("vip.txt", "alice@contoso.com\n")
	f.put("leak.txt", "alice@contoso.com:x\n")
	f.put("policy.yaml", "networks: {allowed: [file: allow.txt, 192.0.2.100]}\naccounts: {privileged: {file: vip.txt}}\nleaked_accounts: [leak.txt]\n")
	p, err := Load(filepath.Join(f.dir, "policy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	refresh := func(wantChanged string, wantErr ...string) {
		t.Helper()
		changed, err := p.Refresh()
		for i := range changed {
			changed[i] = filepath.Base(changed[i])
		}
		if got := strings.Join(changed, " "); got != wantChanged {
			t.Errorf("changed %q, want %q", got, wantChanged)
		}
		if (err != nil) != (len(wantErr) > 0) {
			t.Errorf("error %v", err)
		}
		for _, want := range wantErr {
			if err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %s", err, want)
			}
		}
	}
	marks := func(ip, user string) event.Marks {
		return normalised(p, func(ev *event.Event) { ev.RawIP, ev.RawUser = []byte(ip), []byte(user) }).Marks
	}
	both := event.PrivilegedUser | event.LeakedAccount
	if got := marks("192.0.2.1", "alice@contoso.com"); got != both|event.AllowedNetwork {
		t.Errorf("marks %b", got)
	}
	refresh("")
	f.put("vip.txt", "bob@contoso.com\n")
	f.put("leak.txt", "bob@contoso.com\n")
	f.put("allow.txt", "192.0.2.2\n")
	refresh("allow.txt vip.txt leak.txt")
	if got := marks("192.0.2.1", "alice@contoso.com"); got != 0 {
		t.Errorf("marks %b", got)
	}
	if got := marks("192.0.2.2", "bob@contoso.com"); got != both|event.AllowedNetwork {
		t.Errorf("marks %b", got)
	}
	if got := marks("192.0.2.100", ""); got != event.AllowedNetwork {
		t.Errorf("marks of what stands in the policy %b", got)
	}
	refresh("")
	// Invalid or missing: the old version stays, and each refresh reports the error.
	f.put("allow.txt", "192.0.2.3\nnowhere\n")
	f.put("leak.txt", "-\n")
	if err := os.Remove(filepath.Join(f.dir, "vip.txt")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		refresh("", `allow.txt:2: "nowhere": not a network`, "leak.txt:1: not an account", "vip.txt: no such file")
	}
	if got := marks("192.0.2.2", "bob@contoso.com"); got != both|event.AllowedNetwork {
		t.Errorf("marks after a broken version %b", got)
	}
	f.put("allow.txt", "192.0.2.3\n")
	refresh("allow.txt", "leak.txt")
	if got := marks("192.0.2.3", ""); got != event.AllowedNetwork {
		t.Errorf("marks %b", got)
	}
}

// TestRefreshWhileNormalising is for the race detector.
func TestRefreshWhileNormalising(t *testing.T) {
	f := &files{t, t.TempDir(), time.Unix(1_800_000_000, 0)}
	f.put("allow.txt", "192.0.2.1\n")
	f.put("policy.yaml", "networks: {allowed: [file: allow.txt]}")
	p, err := Load(filepath.Join(f.dir, "policy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for range 500 {
				if normalised(p, func(ev *event.Event) { ev.RawIP, ev.Agent = []byte("192.0.2.1"), []byte("curl/8") }).Family != event.Scripting {
					t.Error("family lost")
				}
			}
		})
	}
	for i := range 20 {
		f.put("allow.txt", []string{"192.0.2.1\n", "192.0.2.2\n"}[i%2])
		if _, err := p.Refresh(); err != nil {
			t.Error(err)
		}
		p.NetworkLabels(netip.MustParseAddr("192.0.2.1"))
	}
	all.Wait()
}
