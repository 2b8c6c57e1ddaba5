package record

import "encoding/binary"

// Bounds of a key dictionary: its entries, the encoded length of a key in bytes,
// and the number of bytes that must be left to compare a key. Longer keys, and keys
// in a longer form than necessary, are read each time.
const (
	maxEntries = 1024
	maxKeyLen  = 31
	maxProbes  = 4
	maxSets    = 8
	keyWindow  = 40
)

// dictionary holds the keys of the maps that were read, with the order in which they
// followed each other. Logs repeat their keys in one order, so nearly
// every key is identified by one comparison with the expected key, and its index in
// a set of names is known already. A dictionary takes 80 KB, and 2 KB for each set.
//
// A sender that invents keys can fill the dictionary, which is then cleared. Each
// of those keys costs one more hash than without a dictionary.
type dictionary struct {
	entries *[maxEntries]entry // the first stands for the start of a map, and for keys without an entry
	known   int                // number of entries
	table   [2 * maxEntries]uint16
	sets    [maxSets]*keySet
}

// entry is one key.
type entry struct {
	text [4]uint64 // of the key, as encoded
	mask [2]uint64 // cuts the first two out of 16 bytes
	next [2]*entry // the keys that followed it
	self uint16    // its number
	size uint8     // of the key, as encoded, in bytes
}

// textMasks[n] keeps the first n of 32 bytes.
var textMasks = func() (masks [maxKeyLen + 1][4]uint64) {
	for size := range masks {
		for i := range size {
			masks[size][i/8] |= 0xff << (i % 8 * 8)
		}
	}
	return masks
}()

// noEntry is c1, a byte with which no key begins.
var noEntry = entry{text: [4]uint64{0xc1}, mask: [2]uint64{0xff}}

// starts reports whether the first 16 bytes of e equal the key at the start of b;
// ends compares the other bytes. Neither makes calls or branches by the length.
func (e *entry) starts(b *[keyWindow]byte) bool {
	return (binary.LittleEndian.Uint64(b[0:])^e.text[0])&e.mask[0]|(binary.LittleEndian.Uint64(b[8:])^e.text[1])&e.mask[1] == 0
}

func (e *entry) ends(b *[keyWindow]byte) bool {
	m := &textMasks[e.size&maxKeyLen]
	return (binary.LittleEndian.Uint64(b[16:])^e.text[2])&m[2]|(binary.LittleEndian.Uint64(b[24:])^e.text[3])&m[3] == 0
}

// keySet is a list of names that a reader looks for.
type keySet struct {
	keys  *Keys
	fold  bool
	slots [maxEntries]int16 // for each entry, its index in names
}

// Slots of entries that are not in names, and of entries that have not been looked up.
// The first entry is never looked up.
const (
	noSlot   = -1
	notAsked = -2
)

func (s *keySet) forget() {
	for i := range s.slots {
		s.slots[i] = notAsked
	}
}

// set finds or makes a set of names. There is one set for each format that looks
// for fields of maps. Further sets would share the last place and be looked up each
// time.
func (d *dictionary) set(k *Keys, fold bool) *keySet {
	n := 0
	for ; n < len(d.sets) && d.sets[n] != nil; n++ {
		if s := d.sets[n]; s.keys == k && s.fold == fold {
			return s
		}
	}
	n = min(n, len(d.sets)-1)
	if d.sets[n] == nil {
		d.sets[n] = new(keySet)
	}
	s := d.sets[n]
	s.keys, s.fold = k, fold
	s.forget()
	return s
}

// read returns the entry of the key at b[at:], which was not expected after last,
// and the end of the key. It returns the first entry for a key without an entry. A
// key may be a container.
func (d *dictionary) read(b []byte, at int, last *entry) (e *entry, end, opened int, ok bool) {
	e = &d.entries[0]
	key, end, ok := textExtent(b, at)
	if key == nil {
		end, opened, ok = skip(b, at)
	}
	if !ok || len(key) >= maxKeyLen || key == nil || b[at] != 0xa0|byte(len(key)) {
		return e, end, opened, ok
	}
	e = d.learn(b[at:end])
	if next := &last.next; e.self != 0 && e != next[0] && e != next[1] {
		next[0], next[1] = e, next[0]
	}
	return e, end, 0, true
}

// learn finds or adds an entry; it returns the first one if there is no room.
func (d *dictionary) learn(key []byte) *entry {
	fresh := entry{size: uint8(len(key)), self: uint16(d.known), next: [2]*entry{&d.entries[0], &d.entries[0]}}
	var text [32]byte
	copy(text[:], key)
	for i := range fresh.text {
		fresh.text[i] = binary.LittleEndian.Uint64(text[8*i:])
	}
	copy(fresh.mask[:], textMasks[len(key)][:])
	slot := fresh.hash()
	for range maxProbes {
		at := &d.table[slot%uint64(len(d.table))]
		if *at == 0 && d.known < maxEntries {
			*at = fresh.self
			d.entries[*at] = fresh
			d.known++
		}
		if w := &d.entries[*at]; w.text == fresh.text {
			return w
		}
		slot++
	}
	return &d.entries[0]
}

// hash has no secret seed. Keys with equal hashes only cost a look-up each time.
func (e *entry) hash() uint64 {
	h := uint64(0)
	for _, part := range e.text {
		h = (h ^ part) * 0x9e3779b97f4a7c15
		h ^= h >> 32
	}
	return h
}

// makeRoom clears the dictionary if it is full. No entry may be in use.
func (d *dictionary) makeRoom() {
	if d.known > 0 && d.known < maxEntries {
		return
	}
	if d.entries == nil {
		d.entries = new([maxEntries]entry)
	}
	d.entries[0] = noEntry
	d.entries[0].next = [2]*entry{&d.entries[0], &d.entries[0]}
	d.known = 1
	clear(d.table[:])
	for _, s := range d.sets {
		if s != nil {
			s.forget()
		}
	}
}
