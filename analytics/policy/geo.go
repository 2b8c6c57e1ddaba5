package policy

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/oschwald/maxminddb-golang/v2"
	"go.yaml.in/yaml/v3"

	"redshank/analytics/policy/strict"
)

// Location is the information of the databases about an address. Unknown fields are
// zero.
type Location struct {
	Country, City string // ISO 3166 code; English name
	Lat, Lon      float64
	Located       bool   // Lat and Lon are known
	ASN           uint32 // autonomous system; Organization is its owner
	Organization  string
}

// maxDatabase bounds a database, in bytes. The file is read into memory, because
// overwriting a mapped file in place would crash the agent.
const maxDatabase = 1 << 30

// geoDatabases are the MaxMind-format files of a policy.
type geoDatabases struct {
	asn, city database
	version   atomic.Uint64 // grows with every change; 0 without databases
}

// database is one file. The reader may be replaced during concurrent lookups.
type database struct {
	path   string
	holds  []string // texts of which the database type must contain one
	stamp  stamp
	reader atomic.Pointer[maxminddb.Reader]

	at   string
	node *yaml.Node
}

func (d *geoDatabases) fields() strict.Fields {
	d.asn.holds, d.city.holds = []string{"ASN", "ISP", "Enterprise"}, []string{"City", "Country", "Enterprise"}
	return strict.Fields{"asn": d.asn.field, "city": d.city.field}
}

func (f *database) field(r *strict.Reader, at string, n *yaml.Node) {
	if path, ok := r.Value(n, at, "a path"); ok && path != "" {
		f.path, f.at, f.node = r.Path(path), at, n
	}
}

// finish opens the databases that the policy names.
func (d *geoDatabases) finish(r *strict.Reader) {
	for _, f := range [...]*database{&d.asn, &d.city} {
		if f.path == "" {
			continue
		}
		if _, err := f.refresh(); err != nil {
			r.Fail(f.node, f.at, "%v", err)
		}
		d.version.Store(1)
	}
}

// refresh reads the files that have changed. An invalid file leaves its old version
// in use.
func (d *geoDatabases) refresh() (changed []string, err error) {
	for _, f := range [...]*database{&d.asn, &d.city} {
		again, e := f.refresh()
		err = errors.Join(err, e)
		if again {
			changed = append(changed, f.path)
			d.version.Add(1)
		}
	}
	return changed, err
}

// refresh does not have the reader verify the file: verification takes seconds for
// a real file and requires texts that are not used, and a lookup of a damaged record
// merely finds nothing.
func (f *database) refresh() (bool, error) {
	if f.path == "" {
		return false, nil
	}
	now, err := stampOf(f.path)
	if err != nil || now == f.stamp {
		return false, err
	}
	if now.size > maxDatabase {
		return false, fmt.Errorf("%s: larger than %d MiB", f.path, maxDatabase>>20)
	}
	bytes, err := os.ReadFile(f.path)
	if err != nil {
		return false, err
	}
	reader, err := maxminddb.OpenBytes(bytes)
	if err != nil {
		return false, fmt.Errorf("%s: not a MaxMind database: %w", f.path, err)
	}
	if kind := reader.Metadata.DatabaseType; !holdsOne(kind, f.holds) {
		return false, fmt.Errorf("%s: %q: not the right database (want %s)", f.path, strict.Clip(kind), strings.Join(f.holds, ", "))
	}
	f.reader.Store(reader)
	f.stamp = now
	return true, nil
}

func holdsOne(text string, parts []string) bool {
	for _, p := range parts {
		if strings.Contains(text, p) {
			return true
		}
	}
	return false
}

// The parts of the records that are read.
type (
	ownerRecord struct {
		Number       uint32 `maxminddb:"autonomous_system_number"`
		Organization string `maxminddb:"autonomous_system_organization"`
	}
	cityRecord struct {
		Country struct {
			Code string `maxminddb:"iso_code"`
		} `maxminddb:"country"`
		City struct {
			Names struct {
				English string `maxminddb:"en"`
			} `maxminddb:"names"`
		} `maxminddb:"city"`
		Location struct {
			Lat *float64 `maxminddb:"latitude"`
			Lon *float64 `maxminddb:"longitude"`
		} `maxminddb:"location"`
	}
)

// LocationVersion returns a number that grows whenever a database changes; 0 without databases.
func (d *geoDatabases) LocationVersion() uint64 { return d.version.Load() }

// HasOwners reports whether the policy names a database of network owners.
func (d *geoDatabases) HasOwners() bool { return d.asn.reader.Load() != nil }

// Owner returns the number of the autonomous system that an address belongs to,
// 0 if unknown. It allocates less than Locate, and no text.
func (d *geoDatabases) Owner(ip netip.Addr) uint32 {
	r := d.asn.reader.Load()
	if r == nil || !ip.IsValid() {
		return 0
	}
	var owner struct {
		Number uint32 `maxminddb:"autonomous_system_number"`
	}
	if r.Lookup(ip).Decode(&owner) != nil {
		return 0
	}
	return owner.Number
}

// Locate looks an address up in the databases. It allocates; GeoCache avoids
// repeated lookups of the same address.
func (d *geoDatabases) Locate(ip netip.Addr) (l Location) {
	if !ip.IsValid() {
		return l
	}
	if r := d.asn.reader.Load(); r != nil {
		var owner ownerRecord
		if r.Lookup(ip).Decode(&owner) == nil {
			l.ASN, l.Organization = owner.Number, owner.Organization
		}
	}
	if r := d.city.reader.Load(); r != nil {
		var c cityRecord
		if r.Lookup(ip).Decode(&c) == nil {
			l.Country, l.City = c.Country.Code, c.City.Names.English
			if c.Location.Lat != nil && c.Location.Lon != nil {
				l.Lat, l.Lon, l.Located = *c.Location.Lat, *c.Location.Lon, true
			}
		}
	}
	return l
}

// maxGeoAnswers bounds a GeoCache, in answers of about 120 bytes.
const maxGeoAnswers = 8192

// GeoCache is Policy.Locate for one goroutine. It remembers the latest answers of
// the databases until the databases change.
type GeoCache struct {
	policy  *Policy
	version uint64
	answers *simplelru.LRU[netip.Addr, geoAnswer]
}

// geoAnswer is what the databases have about an address.
type geoAnswer struct {
	Location
	rented bool // see Policy.RentedNetwork, which takes an organization apart
}

// NewGeoCache returns an empty cache.
func NewGeoCache(p *Policy) *GeoCache {
	c := &GeoCache{policy: p}
	c.answers, _ = simplelru.NewLRU[netip.Addr, geoAnswer](maxGeoAnswers, nil) // errs only for a size below 1
	return c
}

// Locate returns what the databases know about an address; the zero Location
// without a database.
func (c *GeoCache) Locate(ip netip.Addr) Location { return c.answer(ip).Location }

// Rented reports whether an address is in a network of servers for rent or of a VPN
// service.
func (c *GeoCache) Rented(ip netip.Addr) bool { return c.answer(ip).rented }

func (c *GeoCache) answer(ip netip.Addr) geoAnswer {
	version := c.policy.LocationVersion()
	if version == 0 {
		return geoAnswer{}
	}
	if version != c.version {
		c.answers.Purge()
		c.version = version
	}
	a, ok := c.answers.Get(ip)
	if !ok {
		a.Location = c.policy.Locate(ip)
		a.rented = c.policy.RentedNetwork(a.Location)
		c.answers.Add(ip, a)
	}
	return a
}
