package record

import (
	"math"
	"slices"

	"redshank/analytics/ascii"
)

// Keys is a fixed set of field names, prepared for finding fields in maps. It is
// immutable and safe for concurrent use.
//
// The names are in a hash table over their length and their first, middle and last
// letters, which distinguish nearly all field names, so that a field that is not
// wanted usually costs one empty slot and no comparison. With a Go map, which
// hashes every key as a whole, Find took a quarter longer. Letters are hashed in
// lower case, so that Find and FindFold share the table.
type Keys struct {
	names  []string
	slots  []int16 // first name of a slot, plus one; 0 for none
	next   []int16 // per name, the next one of the same slot, plus one
	mul    uint32
	shift  uint8
	unique int // names without the repeated ones
}

// NewKeys prepares names; Find sets element i for name i. Of a repeated name only
// the first is found, and only the first 32,767 names are.
func NewKeys(names ...string) *Keys {
	names = slices.Clone(names[:min(len(names), math.MaxInt16)])
	k := &Keys{names: names, shift: 32 - 4}
	for 1<<(32-k.shift) < 4*len(names) {
		k.shift--
	}
	// A multiplier that gives every name a slot of its own is usually among the
	// first few. The chains are for names that no multiplier separates.
	best := len(names) + 1
	mul := uint32(0x9e3779b1)
	for try := 0; try < 64 && best > 0; try++ {
		if shared := k.fill(mul); shared < best {
			best, k.mul = shared, mul
		}
		mul = mul*1664525 + 1013904223 | 1
	}
	k.fill(k.mul)
	return k
}

// fill builds the table with a multiplier and returns the number of names that
// share a slot.
func (k *Keys) fill(mul uint32) (shared int) {
	k.mul, k.unique = mul, 0
	k.slots = make([]int16, 1<<(32-k.shift))
	k.next = make([]int16, len(k.names))
	for i, name := range k.names {
		link := &k.slots[k.slot([]byte(name))]
		if *link != 0 {
			shared++
		}
		for *link != 0 && k.names[*link-1] != name {
			link = &k.next[*link-1]
		}
		if *link == 0 {
			*link = int16(i + 1)
			k.unique++
		}
	}
	return shared
}

// slot hashes a key. Bit 0x20 distinguishes upper from lower case; it is set in
// other characters too, which loses little information.
func (k *Keys) slot(key []byte) uint32 {
	h := uint32(len(key))
	if len(key) > 0 {
		letters := uint32(key[0])<<8 | uint32(key[len(key)/2])<<16 | uint32(key[len(key)-1])<<24
		h ^= letters | 0x20202000
	}
	return h * k.mul >> k.shift
}

// Find walks the map m once and sets dst[i] to the field named names[i], or to an
// absent Value; of a repeated key the first counts. dst must have an element for
// every name. Find returns the number of names found, and stops when all are found.
func (k *Keys) Find(m Value, dst []Value) (found int) {
	return k.find(m, dst, false)
}

// FindFold is Find without regard to the case of ASCII letters. Of names that
// differ only in case, the first is answered.
func (k *Keys) FindFold(m Value, dst []Value) (found int) {
	return k.find(m, dst, true)
}

// Index returns the index of a name, -1 for any other name.
func (k *Keys) Index(name []byte) int { return k.index(name, false) }

// IndexFold is Index without regard to the case of ASCII letters.
func (k *Keys) IndexFold(name []byte) int { return k.index(name, true) }

// find calls text and skip for each field. Inlining the common short values here
// was no faster.
func (k *Keys) find(m Value, dst []Value, fold bool) (found int) {
	clear(dst)
	n, at, ok := fieldCount(m)
	for ; n > 0 && ok && found < k.unique; n-- {
		key, start, sound := textExtent(m, at)
		if !sound {
			break
		}
		if at, _, ok = skip(m, start); !ok {
			break
		}
		if i := k.index(key, fold); i >= 0 && dst[i] == nil {
			dst[i] = m[start:at:at]
			found++
		}
	}
	return found
}

// index returns the index of the name that equals key, -1 for none. A nil key
// stands for a key that is not text.
func (k *Keys) index(key []byte, fold bool) int {
	if key == nil {
		return -1
	}
	i := k.slots[k.slot(key)]
	for i != 0 && k.names[i-1] != string(key) && !(fold && ascii.EqualAnyFold(key, k.names[i-1])) {
		i = k.next[i-1]
	}
	return int(i) - 1
}
