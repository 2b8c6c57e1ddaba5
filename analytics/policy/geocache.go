package policy

import (
	"net/netip"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// maxGeoAnswers bounds a GeoCache, in answers of about 120 bytes.
const maxGeoAnswers = 8192

// GeoCache is Policy.Locate for one goroutine. It remembers the latest answers of
// the databases until the databases change.
type GeoCache struct {
	policy  *Policy
	version uint64
	answers *simplelru.LRU[netip.Addr, Location]
}

// NewGeoCache returns an empty cache.
func NewGeoCache(p *Policy) *GeoCache {
	c := &GeoCache{policy: p}
	c.answers, _ = simplelru.NewLRU[netip.Addr, Location](maxGeoAnswers, nil) // errs only for a size below 1
	return c
}

// Locate returns what the databases know about an address; the zero Location
// without a database.
func (c *GeoCache) Locate(ip netip.Addr) Location {
	version := c.policy.LocationVersion()
	if version == 0 {
		return Location{}
	}
	if version != c.version {
		c.answers.Purge()
		c.version = version
	}
	l, ok := c.answers.Get(ip)
	if !ok {
		l = c.policy.Locate(ip)
		c.answers.Add(ip, l)
	}
	return l
}
