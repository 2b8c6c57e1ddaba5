package policy

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"redshank/analytics/event"
)

// TestNetworkTable holds the table to the obvious way: ask every list.
func TestNetworkTable(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	address := func() netip.Addr {
		b := [4]byte{192, 0, 2 + byte(random.IntN(2)), byte(random.IntN(256))}
		if random.IntN(2) == 0 {
			return netip.AddrFrom4(b)
		}
		return netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, b[2], b[3], 14: b[2], 15: b[3]})
	}
	var s networkLists
	for i := range 5 {
		s.labels = append(s.labels, &label{name: fmt.Sprint("l", i)})
	}
	for _, l := range s.lists() {
		for range 20 {
			a := address()
			prefix, err := a.Prefix(8 + random.IntN(a.BitLen()-7))
			if err != nil {
				t.Fatal(err)
			}
			l.inline = append(l.inline, prefix)
		}
	}
	table := s.table()
	for range 2000 {
		a := address()
		want := place{}
		in := func(l *policyList[netip.Prefix], p place) {
			for _, prefix := range l.inline {
				if prefix.Contains(a) {
					want.marks |= p.marks
					want.labels |= p.labels
				}
			}
		}
		in(&s.allowed, place{marks: event.AllowedNetwork})
		in(&s.egress, place{marks: event.CorporateEgress})
		in(&s.proxies, place{marks: trustedProxy})
		in(&s.microsoft, place{marks: event.MicrosoftRange})
		in(&s.locations, place{marks: event.KnownLocation})
		for i, l := range s.labels {
			in(&l.prefixes, place{labels: 1 << i})
		}
		if got := table.find(a); got != want {
			t.Fatalf("%s: %+v, want %+v", a, got, want)
		}
	}
}

func TestLabelFiles(t *testing.T) {
	path := write(t, "tor.txt", "# exits\n192.0.2.1\n\n2001:db8::/32 # all of it\r\n")
	p := must(t, "networks: {labels: [{name: tor, files: ["+path+"]}]}")
	for ip, want := range map[string]string{"192.0.2.1": "tor", "2001:db8::7": "tor", "192.0.2.2": ""} {
		if got := strings.Join(p.NetworkLabels(netip.MustParseAddr(ip)), " "); got != want {
			t.Errorf("%s: %q", ip, got)
		}
	}
}

func TestTooManyLabels(t *testing.T) {
	text := "networks: {labels: [" + strings.Repeat("{name: x}, ", maxLabels+1) + "]}"
	if _, err := Parse("policy.yaml", "", []byte(text)); err == nil || !strings.Contains(err.Error(), "at most 64") {
		t.Errorf("%v", err)
	}
}
