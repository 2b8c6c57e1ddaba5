package policy

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"redshank/analytics/event"
)

// TestCacheAgainstPolicy draws events from few parts, so that most have been
// seen before, and holds what the cache says against the policy itself.
func TestCacheAgainstPolicy(t *testing.T) {
	p := must(t, company)
	cache := NewCache(p)
	parts := [][]string{
		{"", "192.0.2.17", "192.0.2.18:443", "[2001:db8:1:2::9]:52903", "198.51.100.1", "nonsense"},
		{"", "10.0.0.1, 192.0.2.77", "192.0.2.17"},
		{"", "-", `CONTOSO\Alice`, "bob@contoso.com", "adm-bob", `CONTOSO\svc-move`, "Not Available", string(bytes.Repeat([]byte("long"), 40))},
		{"", "carol@contoso.onmicrosoft.com", "-", `CONTOSO\Alice`},
		{"", "-", "acme-sync/1", "curl/8.0", "Apple-iPhone15C2/2107.102"},
		{"", "1326", "0"},
	}
	random := rand.New(rand.NewPCG(1, 2))
	draw := func(i int) []byte { return []byte(parts[i][random.IntN(len(parts[i]))]) }
	for range 20_000 {
		var raw event.Event
		raw.RawIP, raw.RawForwarded, raw.RawUser, raw.Mailbox, raw.Agent, raw.Code = draw(0), draw(1), draw(2), draw(3), draw(4), draw(5)
		raw.CodeSpace, raw.Marks = event.CodeWin32, event.Marks(random.IntN(2))
		want, got := raw, raw
		p.Normalise(&want)
		cache.Normalise(&got)
		if a, b := essence(&want), essence(&got); a != b {
			t.Fatalf("the policy says\n%s, the cache\n%s", a, b)
		}
	}
}

func essence(ev *event.Event) string {
	return fmt.Sprint(ev.IP, ev.IPFrom, string(ev.User), ev.UserKind, string(ev.Mailbox), ev.Family, ev.Marks, ev.Outcome, ev.Reason, ev.UserHash(), ev.AgentHash())
}

func TestCacheForgetsWithTheLists(t *testing.T) {
	p := must(t, company)
	cache := NewCache(p)
	marks := func() event.Marks {
		ev := event.Event{RawIP: []byte("192.0.2.1")}
		cache.Normalise(&ev)
		return ev.Marks
	}
	before := marks()
	p.networks.Store(&networkTable{})
	if after := marks(); before == 0 || after != 0 {
		t.Errorf("marks %b, and %b once the networks are gone", before, after)
	}
}

// A flood of new names costs time but no cachery.
func TestCacheAllocates(t *testing.T) {
	cache := NewCache(must(t, company))
	var ev event.Event
	ev.Hold(nil)
	ip, user := []byte("192.0.2.1"), []byte("user000000@contoso.com")
	n := 0
	if got := testing.AllocsPerRun(10_000, func() {
		n++
		for i, rest := 9, n; i >= 4; i, rest = i-1, rest/10 {
			user[i] = '0' + byte(rest%10)
		}
		ev.Reset()
		ev.RawIP, ev.RawUser = ip, user
		cache.Normalise(&ev)
	}); got > 0 {
		t.Errorf("%v allocations a new name", got)
	}
}
