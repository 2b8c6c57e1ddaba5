package policy

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

// writeDatabase writes a tiny database, as MaxMind's own writer does.
func writeDatabase(t *testing.T, path, kind string, records map[string]mmdbtype.Map) {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, RecordSize: 24, IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	for prefix, record := range records {
		_, network, err := net.ParseCIDR(prefix)
		if err == nil {
			err = tree.Insert(network, record)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.Create(path)
	if err == nil {
		_, err = tree.WriteTo(file)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

func owner(number uint32, name string) mmdbtype.Map {
	return mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(number), "autonomous_system_organization": mmdbtype.String(name)}
}

func town(country, name string, lat, lon float64) mmdbtype.Map {
	return mmdbtype.Map{
		"country":  mmdbtype.Map{"iso_code": mmdbtype.String(country)},
		"city":     mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String(name), "de": mmdbtype.String("-")}},
		"location": mmdbtype.Map{"latitude": mmdbtype.Float64(lat), "longitude": mmdbtype.Float64(lon)},
	}
}

func TestLocate(t *testing.T) {
	dir := t.TempDir()
	asn, city := filepath.Join(dir, "asn.mmdb"), filepath.Join(dir, "city.mmdb")
	writeDatabase(t, asn, "GeoLite2-ASN", map[string]mmdbtype.Map{"192.0.2.0/24": owner(64500, "Example Net"), "2001:db8::/32": owner(64501, "Six")})
	writeDatabase(t, city, "GeoLite2-City", map[string]mmdbtype.Map{"192.0.2.0/25": town("NL", "Utrecht", 52.09, 5.12), "198.51.100.0/24": {"country": mmdbtype.Map{"iso_code": mmdbtype.String("BR")}}})
	p, err := Parse("p.yaml", dir, []byte("version: 1\ndatabases: {asn: asn.mmdb, city: city.mmdb}"))
	if err != nil {
		t.Fatal(err)
	}
	for ip, want := range map[string]Location{
		"192.0.2.7":    {Country: "NL", City: "Utrecht", Lat: 52.09, Lon: 5.12, Located: true, ASN: 64500, Organization: "Example Net"},
		"192.0.2.200":  {ASN: 64500, Organization: "Example Net"},
		"198.51.100.1": {Country: "BR"},
		"2001:db8::5":  {ASN: 64501, Organization: "Six"},
		"203.0.113.9":  {},
	} {
		if got := p.Locate(netip.MustParseAddr(ip)); got != want {
			t.Errorf("%s: %+v, want %+v", ip, got, want)
		}
	}
	if p.Locate(netip.Addr{}) != (Location{}) || !p.HasOwners() {
		t.Error("no address, or owners")
	}

	t.Run("a broken new version leaves the old one", func(t *testing.T) {
		before := p.LocationVersion()
		whole, _ := os.ReadFile(asn)
		for name, text := range map[string][]byte{"cut off": whole[:len(whole)/2], "empty": nil, "text": []byte("not a database at all"), "other kind": nil} {
			if name == "other kind" {
				writeDatabase(t, asn, "GeoLite2-City", map[string]mmdbtype.Map{"192.0.2.0/24": owner(1, "x")})
			} else if err := os.WriteFile(asn, text, 0o600); err != nil {
				t.Fatal(err)
			}
			if changed, err := p.Refresh(); err == nil || len(changed) > 0 || !strings.Contains(err.Error(), "asn.mmdb") {
				t.Errorf("%s: changed %v, %v", name, changed, err)
			}
			if p.Locate(netip.MustParseAddr("192.0.2.7")).ASN != 64500 || p.LocationVersion() != before {
				t.Errorf("%s: the old version is gone", name)
			}
		}
	})
	t.Run("a new version takes its place", func(t *testing.T) {
		before := p.LocationVersion()
		writeDatabase(t, asn, "GeoLite2-ASN", map[string]mmdbtype.Map{"192.0.2.0/24": owner(64599, "Another Net")})
		if changed, err := p.Refresh(); err != nil || len(changed) != 1 || changed[0] != asn {
			t.Errorf("changed %v, %v", changed, err)
		}
		if p.Locate(netip.MustParseAddr("192.0.2.7")).Organization != "Another Net" || p.LocationVersion() == before {
			t.Error("not in force")
		}
	})
}

func TestDatabaseErrors(t *testing.T) {
	dir := t.TempDir()
	writeDatabase(t, filepath.Join(dir, "city.mmdb"), "GeoLite2-City", map[string]mmdbtype.Map{"192.0.2.0/24": town("NL", "x", 1, 2)})
	_, err := Parse("p.yaml", dir, []byte("version: 1\ndatabases:\n  asn: city.mmdb\n  city: none.mmdb\n"))
	if err == nil || !strings.Contains(err.Error(), `p.yaml:3: databases.asn: `) || !strings.Contains(err.Error(), `"GeoLite2-City": not the right database (want ASN, ISP, Enterprise)`) ||
		!strings.Contains(err.Error(), "p.yaml:4: databases.city: ") {
		t.Errorf("got %v", err)
	}
	if p := Default(); p.LocationVersion() != 0 || p.Locate(netip.MustParseAddr("192.0.2.1")) != (Location{}) {
		t.Error("locates without databases")
	}
}

func TestWeightOfNoSignal(t *testing.T) {
	_, err := Parse("p.yaml", "", []byte("version: 1\ncollection:\n  weights:\n    access.tool: 10\n    access.tol: 10\n"))
	if err == nil || err.Error() != "p.yaml:5: collection.weights.access.tol: no such signal (did you mean access.tool? see redshank docs signals)" {
		t.Errorf("got %v", err)
	}
	p, err := Parse("p.yaml", "", []byte("version: 1\ncollection:\n  weights: {access.tool: 10}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.Signals() {
		if s.Code == "access.tool" && (s.Weight != 10 || s.Default != 100) {
			t.Errorf("%+v", s)
		}
	}
}
