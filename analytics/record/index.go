package record

// maxPlaces bounds the fields for which an Index keeps memory. The memory for a
// larger map is released.
const maxPlaces = 1 << 12

// Index holds the positions of the fields of one map. One walk serves all readers
// of the map. The zero Index is ready for use and should be reused, because it
// remembers the keys of earlier maps. An Index is not safe for concurrent use.
type Index struct {
	m      Value   // the map, to its end
	fields int     // of it
	places []place // of its fields, and the end of the last
	keys   dictionary
}

// place is the offset of a field in its map, the offset of its value, and its key.
// 32 bits suffice, since the length of a chunk is a C int.
type place struct {
	key, value uint32
	entry      uint16
}

// Read walks the map m, up to the first damaged byte. A value that is not a map has
// no fields.
func (x *Index) Read(m Value) { x.walk(m) }

// Of reports whether x is the index of m.
func (x *Index) Of(m Value) bool { return len(m) > 0 && len(x.m) > 0 && &x.m[0] == &m[0] }

// Forget clears x. It must be called before the memory of the map is reused.
func (x *Index) Forget() { x.m, x.fields = nil, 0 }

// Field returns the field with a number, counted from 1; absent for 0.
func (x *Index) Field(n uint32) Value {
	if n == 0 || int(n) > x.fields {
		return nil
	}
	end := x.places[n].key
	return x.m[x.places[n-1].value:end:end]
}

// Find sets dst[i] to the number of the field named names[i], or to 0; of a
// repeated key the first counts. dst must have an element for every name. With
// fold, the case of ASCII letters is ignored.
func (x *Index) Find(k *Keys, fold bool, dst []uint32) {
	clear(dst)
	set := x.keys.set(k, fold)
	for n := x.find(0, set, dst); n < x.fields; n = x.find(n+1, set, dst) {
		if slot := x.ask(&x.places[n], set); slot > noSlot && dst[slot] == 0 {
			dst[slot] = uint32(n + 1)
		}
	}
}

// find is Find from field n to the first field whose key has not been looked up. It
// makes no calls.
func (x *Index) find(n int, set *keySet, dst []uint32) int {
	for places := x.places[:x.fields]; n < len(places); n++ {
		slot := int(set.slots[places[n].entry%maxEntries])
		if slot <= noSlot {
			if slot == notAsked {
				break
			}
		} else if slot < len(dst) && dst[slot] == 0 {
			dst[slot] = uint32(n + 1)
		}
	}
	return n
}

// ask looks a key up in a set, and stores the answer with its entry.
func (x *Index) ask(p *place, set *keySet) int {
	key, _, _ := textExtent(x.m, int(p.key))
	slot := set.keys.index(key, set.fold)
	if p.entry != 0 {
		set.slots[p.entry] = int16(slot)
	}
	return slot
}

// walk is skip for the map at the beginning of m. If ok is false, the fields before
// the damage are indexed.
func (x *Index) walk(m []byte) (end, opened int, ok bool) {
	x.Forget()
	n, at, ok := fieldCount(m)
	if !ok {
		return at, 0, false
	}
	x.begin(m, n)
	opened = min(n, 1)
	for last, inside := &x.keys.entries[0], 0; ; x.fields++ {
		var known bool
		at, last, known = x.expected(m, at, n, last)
		p := &x.places[x.fields]
		if !known {
			if p.key = uint32(at); x.fields == n {
				return at, opened, true
			}
			if last, at, inside, ok = x.keys.read(m, at, last); !ok {
				return at, opened, false
			}
			opened += inside
			p.value, p.entry = uint32(at), last.self
		}
		if at, inside, ok = skip(m, at); !ok {
			return at, opened, false
		}
		opened += inside
	}
}

// expected walks as long as each key is one of the two that followed the previous
// key before, and each value is a number, a short text or similar, as in most of
// most maps. known reports that it stopped at a value. It makes no calls, so that
// its variables stay in registers.
func (x *Index) expected(m []byte, at, n int, last *entry) (end int, w *entry, known bool) {
	places, i := x.places[:n], x.fields
	for ; i < len(places) && len(m)-at >= keyWindow; i++ {
		key := (*[keyWindow]byte)(m[at:])
		if w = last.next[0]; !w.starts(key) {
			if w = last.next[1]; !w.starts(key) {
				break
			}
		}
		size := int(w.size & maxKeyLen)
		if size > 16 && !w.ends(key) {
			break
		}
		places[i] = place{uint32(at), uint32(at + size), w.self}
		last, end = w, int(sizes[key[size]])
		if end == 0 && key[size] == 0xd9 {
			end = 2 + int(key[size+1])
		}
		if at += size; end == 0 || end > len(m)-at {
			known = true
			break
		}
		at += end
	}
	x.fields = i
	return at, last, known
}

// begin allocates room for n fields.
func (x *Index) begin(m Value, n int) {
	x.keys.makeRoom()
	if x.m = m; n >= len(x.places) || len(x.places) > maxPlaces {
		x.places = make([]place, max(n+1, min(2*n, maxPlaces), 64))
	}
}
