package policy

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"redshank/analytics/event"
)

func isLeaked(p *Policy, raw string) bool {
	ev := normalised(p, func(ev *event.Event) { ev.RawUser = []byte(raw) })
	return ev.Marks.Has(event.LeakedAccount)
}

func TestLeaked(t *testing.T) {
	one := fmt.Sprintf("%x", sha1.Sum([]byte("sha1@contoso.com")))
	two := fmt.Sprintf("%X", sha256.Sum256([]byte("sha256@contoso.com")))
	path := write(t, "leak.txt", strings.Join([]string{
		"\xef\xbb\xbffirst@contoso.com", "# comment", "", `CONTOSO\second`, "third@contoso.com:hunter2", "fourth@contoso.com;x;y",
		"fifth@contoso.com\tx", "  sixth@contoso.com  ", "third@contoso.com:another", one + ":17", two, "GUEST_fabrikam.com#EXT#@contoso.com",
	}, "\r\n"))
	p := must(t, "domains: {netbios: {contoso: contoso.com}}\nleaked_accounts: ["+path+"]")
	for _, user := range []string{
		"first@contoso.com", `contoso\FIRST`, "second@contoso.com", "third@contoso.com", "fourth@contoso.com", "fifth@contoso.com",
		"sixth@contoso.com", "sha1@contoso.com", "SHA256@contoso.com", "guest_fabrikam.com#EXT#@contoso.com",
	} {
		if !isLeaked(p, user) {
			t.Errorf("%s is not on the list", user)
		}
	}
	for _, user := range []string{"hunter2", "comment", "seventh@contoso.com", "first", "", "-"} {
		if isLeaked(p, user) {
			t.Errorf("%s is on the list", user)
		}
	}
}

func TestLeakedFormats(t *testing.T) {
	sum := fmt.Sprintf("%x", sha1.Sum([]byte("alice@contoso.com")))
	check := func(format, line, user, wrong string) {
		t.Helper()
		path := write(t, "leak.txt", line+"\n")
		p, err := Parse("policy.yaml", "", fmt.Appendf(nil, "leaked_accounts: [{file: %s, format: %s}]", path, format))
		if wrong != "" {
			if want := "policy.yaml:1: leaked_accounts: " + path + ":1: " + wrong; err == nil || err.Error() != want {
				t.Errorf("%s %q:\n got %v\nwant %s", format, line, err, want)
			}
			return
		}
		if err != nil || !isLeaked(p, user) {
			t.Errorf("%s %q: %v", format, line, err)
		}
	}
	check("sha1", sum, "alice@contoso.com", "")
	check("sha1", strings.ToUpper(sum)+":3", "alice@contoso.com", "")
	check("auto", sum, "alice@contoso.com", "")
	check("plain", sum, sum, "")
	check("sha1", "alice@contoso.com:geheim", "", "not a hash (want 40 hexadecimal digits)")
	check("sha256", sum, "", "not a hash (want 64 hexadecimal digits)")
	check("plain", ":geheim", "", "not an account")
	check("plain", strings.Repeat("x", maxLine+1), "", "bufio.Scanner: token too long")
}

// TestLeakedKeepsNoSecret looks for the password in everything an error says.
func TestLeakedKeepsNoSecret(t *testing.T) {
	path := write(t, "leak.txt", "-:geheim\n")
	_, err := Parse("policy.yaml", "", []byte("leaked_accounts: ["+path+"]"))
	if err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("%v", err)
	}
}

// TestHasHash holds the guessing search to the obvious one, on even and on
// very uneven lists.
func TestHasHash(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	check := func(n int, draw func() uint64) {
		t.Helper()
		hashes := make([]uint64, n)
		for i := range hashes {
			hashes[i] = draw()
		}
		slices.Sort(hashes)
		for range 2000 {
			h := draw()
			if random.IntN(2) == 0 && n > 0 {
				h = hashes[random.IntN(n)]
			}
			if _, want := slices.BinarySearch(hashes, h); hasHash(hashes, h) != want {
				t.Fatalf("%d hashes, %x: want %v", n, h, want)
			}
		}
	}
	for _, n := range []int{0, 1, 2, 1000, 100_000} {
		check(n, random.Uint64)
		check(n, func() uint64 { return random.Uint64N(200_000) })
		check(n, func() uint64 { return ^random.Uint64N(200_000) })
	}
}

func BenchmarkLeaked(b *testing.B) {
	var text bytes.Buffer
	for i := range 1_000_000 {
		fmt.Fprintf(&text, "user%d@contoso.com:secret%d\n", i, i)
	}
	path := write(b, "leak.txt", text.String())
	p := must(b, "leaked_accounts: ["+path+"]")
	table := p.leaked.Load()
	user := []byte("user4711@contoso.com")
	b.Run("lookup", func(b *testing.B) {
		b.SetBytes(int64(len(user)))
		b.ReportAllocs()
		for b.Loop() {
			table.has(user)
		}
	})
	b.Run("load", func(b *testing.B) {
		b.SetBytes(int64(text.Len()))
		b.ReportAllocs()
		for b.Loop() {
			must(b, "leaked_accounts: ["+path+"]")
		}
	})
}
