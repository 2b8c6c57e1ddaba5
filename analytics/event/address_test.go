package event

import (
	"net/netip"
	"strings"
	"testing"
)

// spellings of client addresses, and what they mean; "" is no address.
var spellings = map[string]string{
	"192.0.2.7":                            "192.0.2.7",
	"192.0.2.7:443":                        "192.0.2.7",
	"[192.0.2.7]":                          "192.0.2.7",
	"[192.0.2.7]:52903":                    "192.0.2.7",
	"::ffff:192.0.2.7":                     "192.0.2.7",
	"::FFFF:192.0.2.7":                     "192.0.2.7",
	"[::ffff:192.0.2.7]":                   "192.0.2.7",
	"[::ffff:192.0.2.7]:33758":             "192.0.2.7",
	"::ffff:c000:207":                      "192.0.2.7",
	"  192.0.2.7\t":                        "192.0.2.7",
	"2001:db8::1":                          "2001:db8::1",
	"2001:DB8:0:0:0:0:0:1":                 "2001:db8::1",
	"[2001:db8::1]":                        "2001:db8::1",
	"[2001:db8::1]:443":                    "2001:db8::1",
	"fe80::1%3":                            "fe80::1",
	"::1%0":                                "::1",
	"[fe80::1%3]:25":                       "fe80::1",
	"fe80::1%25eth0":                       "fe80::1",
	"::1":                                  "::1",
	"::":                                   "::",
	"::2001:db8:1:2:3:4:5:6":               "2001:db8:1:2:3:4:5:6",
	"::2001:db8:1:2:3:4:5":                 "0:2001:db8:1:2:3:4:5",
	"127.0.0.1":                            "127.0.0.1",
	"":                                     "",
	"-":                                    "",
	"<null>":                               "",
	"null":                                 "",
	"localhost":                            "",
	"[localhost]:443":                      "",
	"localhost:443":                        "",
	"mail.contoso.com":                     "",
	"mail.contoso.com:25":                  "",
	"EX04":                                 "",
	"c0ffee00-0000-4000-8000-000000000000": "",
	"192.0.2":                              "",
	"192.0.2.7.9":                          "",
	"192.0.2.07":                           "",
	"192.0.2.256":                          "",
	"0xc0.0.2.7":                           "",
	"0300.0.2.7":                           "",
	"3221225991":                           "",
	"192.0.2.7:":                           "192.0.2.7",
	"192.0.2.7:port":                       "",
	"192.0.2.7:1234567":                    "",
	"[192.0.2.7":                           "",
	"192.0.2.7]":                           "",
	"[]":                                   "",
	"[]:1":                                 "",
	"[[::1]]":                              "",
	"192.0.2.7, 198.51.100.1":              "",
	"2001:db8::1::2":                       "",
	"12:34:56":                             "",
	"\x00":                                 "",
	strings.Repeat("1", 4096):              "",
	"[" + strings.Repeat(":", 4096):        "",
}

func TestParseAddress(t *testing.T) {
	for in, want := range spellings {
		got, ok := ParseAddress([]byte(in))
		if ok != (want != "") || ok && got != netip.MustParseAddr(want) {
			t.Errorf("ParseAddress(%.80q) = %v, %v, want %q", in, got, ok, want)
		}
	}
}

func TestParseAddressAllocates(t *testing.T) {
	for in := range spellings {
		b := []byte(in)
		if in == "2001:db8::1::2" || in == "12:34:56" || strings.Count(in, ".") > 0 || strings.HasPrefix(in, "::2001") {
			continue // netip's own errors allocate; nothing but broken addresses gets there
		}
		if n := testing.AllocsPerRun(100, func() { ParseAddress(b) }); n > 0 {
			t.Errorf("ParseAddress(%.80q): %v allocations", in, n)
		}
	}
	for _, in := range []string{"192.0.2.7:443", "[::ffff:192.0.2.7]:1", "fe80::1%3"} {
		b := []byte(in)
		if n := testing.AllocsPerRun(100, func() { ParseAddress(b) }); n > 0 {
			t.Errorf("ParseAddress(%q): %v allocations", in, n)
		}
	}
}

func TestCut(t *testing.T) {
	check := func(in string, v4, v6 int, want string) {
		t.Helper()
		key := ClientKey(netip.MustParseAddr(in).As16())
		if got := key.Cut(v4, v6).Addr(); got != netip.MustParseAddr(want) {
			t.Errorf("Cut of %s to %d, %d = %s, want %s", in, v4, v6, got, want)
		}
	}
	check("192.0.2.7", 32, 64, "192.0.2.7")
	check("192.0.2.7", 24, 64, "192.0.2.0")
	check("2001:db8::1:2:3:4", 32, 64, "2001:db8::")
	check("2001:db8:0:1:ffff::", 32, 56, "2001:db8::")
	check("2001:db8::1", 32, 128, "2001:db8::1")
}

func TestForwarded(t *testing.T) {
	proxies := netip.MustParsePrefix("10.0.0.0/8")
	check := func(header, want string) {
		t.Helper()
		got, ok := Forwarded([]byte(header), proxies.Contains)
		if ok != (want != "") || ok && got != netip.MustParseAddr(want) {
			t.Errorf("Forwarded(%.80q) = %v, %v, want %q", header, got, ok, want)
		}
	}
	check("192.0.2.7", "192.0.2.7")
	check("192.0.2.7:4711", "192.0.2.7")
	check("198.51.100.9, 192.0.2.7", "192.0.2.7")
	check("198.51.100.9,+192.0.2.7", "192.0.2.7")
	check("198.51.100.9,192.0.2.7,10.93.4.75", "192.0.2.7")
	check("192.0.2.7, 10.0.61.69,10.93.4.75", "192.0.2.7")
	check("[2001:db8::1]:443, 10.0.0.1", "2001:db8::1")
	check("forged, 192.0.2.7", "192.0.2.7")
	check("192.0.2.7, unknown", "")
	check("192.0.2.7, unknown, 10.0.0.1", "")
	check("10.0.0.1, 10.0.0.2", "")
	check("", "")
	check("-", "")
	check(",,,,", "")
	check(strings.Repeat("10.0.0.1,", 4096), "")
}

func FuzzParseAddress(f *testing.F) {
	for in := range spellings {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, ok := ParseAddress(b)
		if ok != a.IsValid() {
			t.Fatalf("ParseAddress(%q) = %v, %v", b, a, ok)
		}
		if !ok {
			return
		}
		if a.Zone() != "" || a.Is4In6() {
			t.Fatalf("ParseAddress(%q) = %v: not canonical", b, a)
		}
		if again, ok := ParseAddress([]byte(a.String())); !ok || again != a {
			t.Fatalf("ParseAddress(%q) = %v, but its own text reads %v", b, a, again)
		}
		Forwarded(b, func(netip.Addr) bool { return true })
	})
}
