package record

// Keys is a fixed set of field names, prepared to be found in maps.
type Keys struct{ index map[string]int }

// NewKeys prepares names; name i is answered in slot i of Find.
func NewKeys(names ...string) *Keys {
	k := &Keys{index: make(map[string]int, len(names))}
	for i, n := range names {
		k.index[n] = i
	}
	return k
}

// Find walks the map m once and sets dst[i] to the field named names[i], or
// to an absent Value; of a repeated key the first wins. dst must have a slot
// for every name. It returns how many names were found.
func (k *Keys) Find(m Value, dst []Value) (found int) {
	clear(dst)
	for key, field := range m.All() {
		if i, ok := k.index[string(key)]; ok && dst[i] == nil {
			dst[i], found = field, found+1
		}
	}
	return found
}
