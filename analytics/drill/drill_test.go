package drill

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)

func newKey(t testing.TB) *Key {
	t.Helper()
	path := filepath.Join(t.TempDir(), "drill.key")
	if err := NewKeyFile(path); err != nil {
		t.Fatal(err)
	}
	k, err := ReadKey(path)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestMark(t *testing.T) {
	k, r := newKey(t), Record{At: now, Account: "drill-01@contoso.com", Address: "203.0.113.7"}
	run := NewRun(now)
	id := k.Mark(run, 7, r)
	if got, ok := k.Verify([]byte(id), r); !ok || got != run || Find([]byte("a/"+id+"/b")) == nil || run.Began() != now {
		t.Fatalf("%q %v of %s", got, ok, id)
	}
	if id == k.Mark(run, 8, r) || NewRun(now) == run {
		t.Error("two records have one id")
	}
	for what, other := range map[string]Record{
		"account": {now, "drill-02@contoso.com", r.Address}, "address": {now, r.Account, "203.0.113.8"}, "time": {now.Add(time.Second), r.Account, r.Address},
		"border": {now, r.Account + "2", "03.0.113.7"},
	} {
		if _, ok := k.Verify([]byte(id), other); ok {
			t.Errorf("the mark holds for another %s", what)
		}
	}
	if _, ok := newKey(t).Verify([]byte(id), r); ok {
		t.Error("the mark holds for another key")
	}
	for at := range id {
		forged := []byte(id)
		forged[at] ^= 1
		if _, ok := k.Verify(forged, r); ok {
			t.Errorf("byte %d does not matter", at)
		}
	}
	for size := range id {
		if _, ok := k.Verify([]byte(id[:size]), r); ok {
			t.Errorf("%d bytes of the mark hold", size)
		}
	}
}

func TestBefore(t *testing.T) {
	a, b, c := NewRun(now), NewRun(now), NewRun(now.Add(time.Second))
	if a.Before(b) || b.Before(a) || !a.Before(c) || c.Before(a) || a.Before("") {
		t.Error(a, b, c)
	}
}

func TestExpired(t *testing.T) {
	run := NewRun(now)
	for after, want := range map[time.Duration]bool{0: false, Lifetime: false, Lifetime + time.Second: true, -slack: false, -slack - time.Second: true} {
		if got := run.Expired(now.Add(after)); got != want {
			t.Errorf("after %v: %v", after, got)
		}
	}
	if !Run("nonsense").Expired(now) || !Run("").Expired(now) {
		t.Error("what is no run does not expire")
	}
}

func TestIsDocumentation(t *testing.T) {
	for text, want := range map[string]bool{"192.0.2.1": true, "198.51.100.255": true, "203.0.113.0": true, "2001:db8:7::1": true,
		"192.0.3.1": false, "198.51.101.1": false, "2001:db9::1": false, "10.0.0.1": false} {
		if got := IsDocumentation(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	if IsDocumentation(netip.Addr{}) {
		t.Error("no address is one for documentation")
	}
}

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "drill.key")
	if err := NewKeyFile(path); err != nil {
		t.Fatal(err)
	}
	if err := NewKeyFile(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a key was replaced: %v", err)
	}
	k, err := ReadKey(path)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(path)
	secret := strings.TrimSpace(string(text))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if shown := fmt.Sprintf(verb, k); shown != "(secret)" {
			t.Errorf("%s: %s", verb, shown)
		}
	}
	if runtime.GOOS != "windows" {
		_ = os.Chmod(path, 0o644)
		if _, err := ReadKey(path); err == nil || !strings.Contains(err.Error(), "mode 644") {
			t.Errorf("a key for everybody: %v", err)
		}
	}
	for name, text := range map[string]string{"short": secret[:62], "long": secret + "00", "text": strings.Repeat("x", 64), "empty": ""} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadKey(path); err == nil || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	k, r := &Key{}, Record{At: now, Account: "a@b.example", Address: "192.0.2.1"}
	id := k.Mark(NewRun(now), 1, r)
	f.Add([]byte(id))
	f.Fuzz(func(t *testing.T, forged []byte) {
		if _, ok := k.Verify(forged, r); ok && !strings.EqualFold(string(forged), id) {
			t.Errorf("%q", forged)
		}
	})
}
