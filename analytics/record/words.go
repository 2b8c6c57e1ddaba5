package record

import "encoding/binary"

// Bounds of a vocabulary: its words, how long a key that becomes one may be, as
// encoded, and the window that has to be left of the bytes to read one in it.
// Longer keys, and those in a longer form than they need, are read each time.
const (
	maxWords   = 1024
	maxWordLen = 31
	maxProbes  = 4
	maxSets    = 8
	keyWindow  = 40
)

// vocabulary is the keys of the maps that were read, and which came behind
// which. Logs repeat theirs in one order, so that nearly every key is known by
// one comparison with the one that is expected, and what a set of names has to
// say of it has been asked before. It takes 80 KB, and 2 KB for each set.
//
// Who invents keys can fill it, and it then forgets all: each of those keys
// costs one more hash than without a vocabulary.
type vocabulary struct {
	words *[maxWords]word // the first stands for the start of a map, and for keys that are no words
	known int             // how many words there are
	table [2 * maxWords]uint16
	sets  [maxSets]*set
}

// word is one key.
type word struct {
	text [4]uint64 // of the key, as encoded
	mask [2]uint64 // cuts the first two out of 16 bytes
	next [2]*word  // what came behind it
	self uint16    // its number
	size uint8     // of the key, as encoded, in bytes
}

// textMasks cut a text of each size out of 32 bytes.
var textMasks = func() (masks [maxWordLen + 1][4]uint64) {
	for size := range masks {
		for i := range size {
			masks[size][i/8] |= 0xff << (i % 8 * 8)
		}
	}
	return masks
}()

// noWord is c1, with which no key begins.
var noWord = word{text: [4]uint64{0xc1}, mask: [2]uint64{0xff}}

// starts reports whether w is the key at the start of b, as far as its first 16
// bytes tell; ends, whether the others are too. Nothing is called, and nothing
// branches by the length.
func (w *word) starts(b *[keyWindow]byte) bool {
	return (binary.LittleEndian.Uint64(b[0:])^w.text[0])&w.mask[0]|(binary.LittleEndian.Uint64(b[8:])^w.text[1])&w.mask[1] == 0
}

func (w *word) ends(b *[keyWindow]byte) bool {
	m := &textMasks[w.size&maxWordLen]
	return (binary.LittleEndian.Uint64(b[16:])^w.text[2])&m[2]|(binary.LittleEndian.Uint64(b[24:])^w.text[3])&m[3] == 0
}

// set is a list of names that is looked for, and how.
type set struct {
	keys  *Keys
	fold  bool
	slots [maxWords]int16 // of each word, the index among the names
}

// Words that are not among the names, and those of which it is not known. The
// first word always is among these.
const (
	noSlot   = -1
	notAsked = -2
)

func (s *set) forget() {
	for i := range s.slots {
		s.slots[i] = notAsked
	}
}

// set finds or makes a set of names. There are as many as there are formats that
// look for fields of maps; were there more, they would take turns in the last
// place and have to ask each time.
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

// read returns the word of a key at b[at:] that was not expected behind last, the
// first one for any other key, and where the key ends. A key may be a container.
func (v *vocabulary) read(b []byte, at int, last *word) (w *word, end, opened int, ok bool) {
	w = &v.words[0]
	key, end, ok := text(b, at)
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

// learn finds or adds a word; the first one if there is no room.
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

// hash has no secret. Who finds keys of one hash gains that they are read each
// time.
func (w *word) hash() uint64 {
	h := uint64(0)
	for _, part := range w.text {
		h = (h ^ part) * 0x9e3779b97f4a7c15
		h ^= h >> 32
	}
	return h
}

// makeRoom forgets all words if there is no room for another. No word must
// be in use.
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
