package event

import "github.com/cespare/xxhash/v2"

// SaltedHash returns a hash of a value and the kind of value.
func SaltedHash(kind byte, value []byte) uint64 {
	h := xxhash.Sum64(value) ^ uint64(kind)*0x9e3779b97f4a7c15
	h = (h ^ h>>32) * 0xd6e8feb86659fd93
	return h ^ h>>32
}
