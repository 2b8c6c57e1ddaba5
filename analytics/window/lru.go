package window

// lru is a hash table whose entries are members of one of two lists, the most recent
// entry first. All entries are in one slice and linked by their places in it. A
// look-up reads one cache line of slots and one of the entry, where the map of nodes of
// golang-lru reads six or more, and a table takes one object of the garbage collector
// instead of two for each entry. With tables of golang-lru an input of ever new
// addresses takes 1.5 times the CPU in process, and routine traffic the same.
type lru[K comparable, V any] struct {
	// slots is a hash table with linear probing. The upper half of a slot is the upper
	// half of the hash of a key, the lower half the place of its entry; 0: empty.
	slots []uint64
	shift int           // of the upper half of a hash to the index of its slot
	all   []entry[K, V] // by place; the first two are the ends of the lists
	free  uint32        // the first place without an entry, linked by older; 0: none
	count int
	hash  func(K) uint64
}

// entry is a member of a list. For the end of a list, older is its newest member and
// newer its oldest.
type entry[K comparable, V any] struct {
	key          K
	value        V
	newer, older uint32
}

// minSlots is the number of slots of an empty table, a power of two.
const minSlots = 16

func newLRU[K comparable, V any](hash func(K) uint64) lru[K, V] {
	l := lru[K, V]{hash: hash, all: make([]entry[K, V], 2, minSlots/2)}
	l.all[1].newer, l.all[1].older = 1, 1
	l.resize(minSlots)
	return l
}

// tag returns the upper half of the slot of a key.
func (l *lru[K, V]) tag(k K) uint32 { return uint32(l.hash(k) >> 32) }

// home returns the index of the slot at which the search for a tag begins.
func (l *lru[K, V]) home(tag uint32) int { return int(tag >> l.shift) }

// next returns the index of the slot after n.
func (l *lru[K, V]) next(n int) int { return (n + 1) & (len(l.slots) - 1) }

// find returns the place of the entry of a key, or 0.
func (l *lru[K, V]) find(k K) uint32 {
	tag := l.tag(k)
	for n := l.home(tag); ; n = l.next(n) {
		slot := l.slots[n]
		if slot == 0 {
			return 0
		}
		if place := uint32(slot); uint32(slot>>32) == tag && l.all[place].key == k {
			return place
		}
	}
}

// insert adds an entry, whose key must be new, at the front of a list.
func (l *lru[K, V]) insert(k K, v V, list uint32) {
	if l.count++; 3*l.count > 2*len(l.slots) {
		l.resize(2 * len(l.slots))
	}
	place := l.free
	if place != 0 {
		l.free = l.all[place].older
	} else {
		place = uint32(len(l.all))
		l.all = append(l.all, entry[K, V]{})
	}
	e := &l.all[place]
	e.key, e.value = k, v
	l.link(place, list)
	l.put(uint64(l.tag(k))<<32 | uint64(place))
}

// put writes a slot to the first free one from its home on.
func (l *lru[K, V]) put(slot uint64) {
	n := l.home(uint32(slot >> 32))
	for l.slots[n] != 0 {
		n = l.next(n)
	}
	l.slots[n] = slot
}

// resize makes the table one of n slots, a power of two.
func (l *lru[K, V]) resize(n int) {
	before := l.slots
	l.slots, l.shift = make([]uint64, n), 33
	for ; n > 0; n /= 2 {
		l.shift--
	}
	for _, slot := range before {
		if slot != 0 {
			l.put(slot)
		}
	}
}

// remove removes an entry.
func (l *lru[K, V]) remove(place uint32) {
	n := l.home(l.tag(l.all[place].key))
	for uint32(l.slots[n]) != place {
		n = l.next(n)
	}
	l.clearSlot(n)
	l.unlink(place)
	l.all[place] = entry[K, V]{older: l.free}
	l.free = place
	l.count--
}

// clearSlot empties a slot and moves later ones over it that would not be found
// beyond an empty slot.
func (l *lru[K, V]) clearSlot(n int) {
	mask := len(l.slots) - 1
	for m := l.next(n); l.slots[m] != 0; m = l.next(m) {
		if home := l.home(uint32(l.slots[m] >> 32)); (m-home)&mask >= (m-n)&mask {
			l.slots[n] = l.slots[m]
			n = m
		}
	}
	l.slots[n] = 0
}

// link puts an entry at the front of a list.
func (l *lru[K, V]) link(place, list uint32) {
	end, e := &l.all[list], &l.all[place]
	e.newer, e.older = list, end.older
	l.all[end.older].newer = place
	end.older = place
}

func (l *lru[K, V]) unlink(place uint32) {
	e := &l.all[place]
	l.all[e.newer].older, l.all[e.older].newer = e.older, e.newer
}

// toFront moves an entry to the front of a list.
func (l *lru[K, V]) toFront(place, list uint32) {
	if l.all[list].older != place {
		l.unlink(place)
		l.link(place, list)
	}
}

// oldest returns the place of the last entry of a list, or the list itself if it is
// empty.
func (l *lru[K, V]) oldest(list uint32) uint32 { return l.all[list].newer }
