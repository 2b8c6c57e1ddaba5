package policy

import "testing"

func TestRentedNetworks(t *testing.T) {
	p, err := Parse("test", "", []byte("version: 1\ncontent:\n  rented: {words: [Privatix], numbers: [64512]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		number uint32
		name   string
		want   bool
	}{
		{14061, "DIGITALOCEAN-ASN", true},
		{64512, "", true},
		{1, "Example Hosting Ltd.", true},
		{1, "Example-Hosting", false}, // words are whole
		{1, "EXAMPLE (VPN)", true},
		{1, "privatix", true},
		{1, "Cloudy Skies Broadband", false},
		{3320, "Deutsche Telekom AG", false},
		{0, "", false},
	} {
		if got := p.RentedNetwork(Location{ASN: c.number, Organization: c.name}); got != c.want {
			t.Errorf("%d %q: %t", c.number, c.name, got)
		}
	}
}
