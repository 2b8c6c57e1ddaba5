package day

import (
	"bytes"
	"hash/fnv"
	"net/netip"
	"regexp"
	"strings"
	"testing"
)

// whole is generated once, because a day takes some time.
var whole = New(Options{Records: 20_000})

func digest(d *Day) uint64 {
	h := fnv.New64a()
	if err := d.WriteTagged(h); err != nil {
		panic(err)
	}
	return h.Sum64()
}

func TestSameOptionsSameDay(t *testing.T) {
	one := digest(whole)
	if again := digest(New(Options{Records: 20_000})); again != one {
		t.Errorf("two days differ: %x, %x", one, again)
	}
	if digest(New(Options{Records: 20_000, Seed: 2})) == one {
		t.Error("the seed has no effect")
	}
}

func TestSize(t *testing.T) {
	for want, d := range map[int]*Day{20_000: whole, 40_000: New(Options{Records: 40_000})} {
		got := d.Lines()
		if got < want*85/100 || got > want*115/100 {
			t.Errorf("%d lines asked for, %d made", want, got)
		}
	}
}

// TestNothingReal: the day contains no real network and no real mail domain.
func TestNothingReal(t *testing.T) {
	var text bytes.Buffer
	if err := whole.WriteTagged(&text); err != nil {
		t.Fatal(err)
	}
	for _, a := range regexp.MustCompile(`\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b`).FindAll(text.Bytes(), -1) {
		if addr, err := netip.ParseAddr(string(a)); err == nil && !reserved(addr) && !version(string(a)) {
			t.Fatalf("%s is a public address", a)
		}
	}
	for _, a := range regexp.MustCompile(`@[a-z0-9.]+\.[a-z]+`).FindAllString(text.String(), -1) {
		if a != "@contoso.com" && a != "@fabrikam.com" {
			t.Fatalf("%s is not Contoso", a)
		}
	}
}

func reserved(a netip.Addr) bool {
	for _, p := range []string{"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "10.0.0.0/8"} {
		if netip.MustParsePrefix(p).Contains(a) {
			return true
		}
	}
	return false
}

// version reports whether a, which looks like an address, is the version of a
// browser or part of an object identifier.
func version(a string) bool { return strings.HasSuffix(a, ".0.0.0") || strings.HasSuffix(a, ".0.0") }
