package record

import "encoding/binary"

// Bounds of a key dictionary: its entries, the encoded length of a key in bytes,
// and the number of bytes that must be left to compare a key. Longer keys, and keys
// in a longer form than necessary, are read each time.
const (
	maxWords   = 1024
	maxWordLen = 31
	maxProbes  = 4
	maxSets    = 8
	keyWindow  = 40
)

// vocabulary is a dictionary of the keys of the maps that were read, with the order
// in which they followed each other. Logs repeat their keys in one order, so nearly
// every key is identified by one comparison with the expected key, and its index in
// a set of names is known already. A vocabulary takes 80 KB, and 2 KB for each set.
//
// A sender that invents keys can fill the dictionary, which is then cleared. Each
// of those keys costs one more hash than without a dictionary.
type vocabulary struct {
	words *[maxWords]word // the first stands for the start of a map, and for keys without an entry
	known int             // number of words
	table [2 * maxWords]uint16
	sets  [maxSets]*set
}

// word is one key.
type word struct {
	text [4]uint64 // of the key, as encoded
	mask [2]uint64 // cuts the first two out of 16 bytes
	next [2]*word  // the words that followed it
	self uint16    // its number
	size uint8     // of the key, as encoded, in bytes
}

// textMasks[n] keeps the first n of 32 bytes.
var textMasks = func() (masks [maxWordLen + 1][4]uint64) {
	for size := range masks {
		for i := range size {
			masks[size][i/8] |= 0xff << (i % 8 * 8)
		}
	}
	return masks
}()

// noWord is c1, a byte with which no key begins.
var noWord = word{text: [4]uint64{0xc1}, mask: [2]uint64{0xff}}

// starts reports whether the first 16 bytes of w equal the key at the start of b;
// ends compares the other bytes. Neither makes calls or branches by the length.
func (w *word) starts(b *[keyWindow]byte) bool {
	return (binary.LittleEndian.Uint64(b[0:])^w.text[0])&w.mask[0]|(binary.LittleEndian.Uint64(b[8:])^w.text[1])&w.mask[1] == 0
}

func (w *word) ends(b *[keyWindow]byte) bool {
	m := &textMasks[w.size&maxWordLen]
	return (binary.LittleEndian.Uint64(b[16:])^w.text[2])&m[2]|(binary.LittleEndian.Uint64(b[24:])^w.text[3])&m[3] == 0
}

// set is a list of names that a reader looks for.
type set struct {
	keys  *Keys
	fold  bool
	slots [maxWords]int16 // for each word, its index in names
}

// Slots of words that are not in names, and of words that have not been looked up.
// The first word is never looked up.
const (
	noSlot   = -1
	notAsked = -2
)

func (s *set) forget() {
	for i := range s.slots {
		s.slots[i] = notAsked
	}
}

// set finds or makes a set of names. There is one set for each format that looks
// for fields of maps. Further sets would share the last place and be looked up each
// time.
func (v *vocabulary) set(k *Keys, fold bool) *set {
	n := 0
	for ; n < len(v.sets) && v.sets[n] != nil; n++ {
		if s := v.sets[n]; s.keys == k && s.fold == fold {
			return s
		}
	}
	n = min(n, len(v.sets)-1)
	if v.sets[n] == nil {
		v.sets[n] = new(set)
	}
	s := v.sets[n]
	s.keys, s.fold = k, fold
	s.forget()
	return s
}

// read returns the word of the key at b[at:], which was not expected after last,
// and the end of the key. It returns the first word for a key without an entry. A
// key may be a container.
func (v *vocabulary) read(b []byte, at int, last *word) (w *word, end, opened int, ok bool) {
	w = &v.words[0]
	key, end, ok := textExtent(b, at)
	if key == nil {
		end, opened, ok = skip(b, at)
	}
	if !ok || len(key) >= maxWordLen || key == nil || b[at] != 0xa0|byte(len(key)) {
		return w, end, opened, ok
	}
	w = v.learn(b[at:end])
	if next := &last.next; w.self != 0 && w != next[0] && w != next[1] {
		next[0], next[1] = w, next[0]
	}
	return w, end, 0, true
}

// learn finds or adds a word; it returns the first word if there is no room.
func (v *vocabulary) learn(key []byte) *word {
	fresh := word{size: uint8(len(key)), self: uint16(v.known), next: [2]*word{&v.words[0], &v.words[0]}}
	var text [32]byte
	copy(text[:], key)
	for i := range fresh.text {
		fresh.text[i] = binary.LittleEndian.Uint64(text[8*i:])
	}
	copy(fresh.mask[:], textMasks[len(key)][:])
	slot := fresh.hash()
	for range maxProbes {
		at := &v.table[slot%uint64(len(v.table))]
		if *at == 0 && v.known < maxWords {
			*at = fresh.self
			v.words[*at] = fresh
			v.known++
		}
		if w := &v.words[*at]; w.text == fresh.text {
			return w
		}
		slot++
	}
	return &v.words[0]
}

// hash has no secret seed. Keys with equal hashes only cost a look-up each time.
func (w *word) hash() uint64 {
	h := uint64(0)
	for _, part := range w.text {
		h = (h ^ part) * 0x9e3779b97f4a7c15
		h ^= h >> 32
	}
	return h
}

// makeRoom clears the dictionary if it is full. No word may be in use.
func (v *vocabulary) makeRoom() {
	if v.known > 0 && v.known < maxWords {
		return
	}
	if v.words == nil {
		v.words = new([maxWords]word)
	}
	v.words[0] = noWord
	v.words[0].next = [2]*word{&v.words[0], &v.words[0]}
	v.known = 1
	clear(v.table[:])
	for _, s := range v.sets {
		if s != nil {
			s.forget()
		}
	}
}
