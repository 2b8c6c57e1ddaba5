package scenario

import (
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"go.yaml.in/yaml/v3"

	"redshank/analytics/policy"
)

// policy returns the policy of a file, with databases of its networks.
func (f *file) policy(t *testing.T) *policy.Policy {
	t.Helper()
	text := []byte("version: 1\n")
	if !f.Policy.IsZero() {
		block(&f.Policy)
		section, err := yaml.Marshal(&f.Policy)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, section...)
	}
	if len(f.Networks) > 0 {
		dir := t.TempDir()
		writeDatabase(t, filepath.Join(dir, "asn.mmdb"), "GeoLite2-ASN", f.Networks, network.owner)
		writeDatabase(t, filepath.Join(dir, "city.mmdb"), "GeoLite2-City", f.Networks, network.place)
		text = fmt.Appendf(text, "databases: {asn: %s, city: %s}\n", filepath.Join(dir, "asn.mmdb"), filepath.Join(dir, "city.mmdb"))
	}
	p, err := policy.Parse(filepath.Base(f.path)+": policy", filepath.Dir(f.path), text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// block takes the style of a node away: flow mappings may not be broken into lines.
func block(n *yaml.Node) {
	n.Style = 0
	for _, inner := range n.Content {
		block(inner)
	}
}

// writeDatabase writes a database with a record for every network.
func writeDatabase(t *testing.T, path, kind string, networks map[string]network, record func(network) mmdbtype.Map) {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, RecordSize: 24, IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, prefix := range slices.Sorted(maps.Keys(networks)) {
		_, ipnet, err := net.ParseCIDR(prefix)
		if err == nil {
			err = tree.Insert(ipnet, record(networks[prefix]))
		}
		if err != nil {
			t.Fatalf("%s: network %s: %v", kind, prefix, err)
		}
	}
	database, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	if _, err := tree.WriteTo(database); err != nil {
		t.Fatal(err)
	}
}

func (n network) owner() mmdbtype.Map {
	return mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(n.AS), "autonomous_system_organization": mmdbtype.String(n.Owner)}
}

func (n network) place() mmdbtype.Map {
	place := mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(n.Country)}}
	if len(n.At) == 2 {
		place["location"] = mmdbtype.Map{"latitude": mmdbtype.Float64(n.At[0]), "longitude": mmdbtype.Float64(n.At[1])}
	}
	return place
}
