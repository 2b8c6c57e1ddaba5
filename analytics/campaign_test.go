package analytics

import (
	"math/rand/v2"
	"testing"
)

// A crowd against a map, at every size and from its last use on.
func TestCrowd(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	var c crowd
	for size := range maxSightings + 1 {
		c.reset(size)
		seen := map[[16]byte]bool{}
		for range size {
			address := [16]byte{10: 0xff, 11: 0xff, 12: 198, 13: byte(random.IntN(4)), 15: byte(random.IntN(256))}
			c.add(&address)
			seen[address] = true
		}
		if c.n != len(seen) {
			t.Fatalf("%d of %d addresses, want %d", c.n, size, len(seen))
		}
	}
}
