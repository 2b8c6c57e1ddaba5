package source

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/ascii"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

// Pipelines change the keys of a record: they flatten nested maps
// (properties.userPrincipalName, properties_userPrincipalName), put a prefix before each
// key, write all keys in snake case, put each value into a list, as a search returns it,
// or end each key with the type of its value, as the custom tables of Log Analytics do
// (UserId_s). A map that no format takes is tried again with its keys restored.

// respellings are the forms in which a map is tried again, in this order: keys that end
// with a type, keys that are paths with a separator, or keys in snake case.
var respellings = [...]byte{withTypes, '.', '/', ':', '_', inSnakeCase}

const (
	inSnakeCase = iota
	withTypes
)

// restorer restores keys. It keeps its memory.
type restorer struct {
	fields []flatField
	keys   []byte
}

// restore returns the map with keys restored from one of respellings, absent if fewer than
// least keys are of that form.
func (r *restorer) restore(b *format.Scratch, m record.Value, form byte, least int) record.Value {
	start := len(b.Buf)
	switch {
	case form == withTypes:
		if 2*typed(m) <= m.Len() {
			return nil
		}
		b.Buf = appendUntyped(b.Buf, m)
	case form == inSnakeCase && (separated(m, '_') >= least || listed(m) >= least):
		b.Buf = appendSquashed(b.Buf, m, 0)
	case form > withTypes && separated(m, form) >= least:
		r.unflatten(b, m, form)
	default:
		return nil
	}
	return record.Value(b.Buf[start:])
}

// unflatten appends the map with a map for each part of its keys before a separator.
func (r *restorer) unflatten(b *format.Scratch, m record.Value, separator byte) {
	r.fields, r.keys = r.fields[:0], r.keys[:0]
	for key, value := range m.All() {
		r.add(bytes.TrimLeft(key, "_"), value, separator) // GELF has one before each key
	}
	fields := r.fields
	slices.SortStableFunc(fields, func(a, b flatField) int { return compareKeys(a.key, b.key) })
	b.Buf = appendNested(b.Buf, fields, 0, separator, 0)
	clear(fields) // views into the record
}

// add adds a field. The key of an element of a list may have brackets around its number,
// and a search of Splunk returns the values of one key in all elements of a list as a list:
//
//	{"Parameters[0].Name": "a"}, {"Parameters{}.Name": ["a", ...]}
func (r *restorer) add(key []byte, value record.Value, separator byte) {
	if separator == '_' && bytes.Contains(key, twoUnderscores) {
		key = bytes.ReplaceAll(key, twoUnderscores, underscore)
	}
	if separator != '.' || bytes.IndexAny(key, "[{") < 1 {
		r.fields = append(r.fields, flatField{key, value})
		return
	}
	if !value.IsArray() || !bytes.Contains(key, anyElement) {
		r.fields = append(r.fields, flatField{r.numbered(key, 0), value})
		return
	}
	n := 0
	for item := range value.Items() {
		if len(r.keys)+len(key) > maxElementKeys {
			return
		}
		r.fields = append(r.fields, flatField{r.numbered(key, n), item})
		n++
	}
}

var (
	anyElement     = []byte("{}")
	twoUnderscores = []byte("__")
)

// numbered returns a key with .0 for each {} and .n for the last, and .1 for [1].
func (r *restorer) numbered(key []byte, n int) []byte {
	start, last := len(r.keys), bytes.LastIndex(key, anyElement)
	for i, c := range key {
		switch {
		case c == '{' || c == '[':
			r.keys = append(r.keys, '.')
		case c == '}' && i == last+1:
			r.keys = strconv.AppendInt(r.keys, int64(n), 10)
		case c == '}':
			r.keys = append(r.keys, '0')
		case c != ']':
			r.keys = append(r.keys, c)
		}
	}
	return r.keys[start:len(r.keys):len(r.keys)]
}

// compareKeys orders keys by their bytes, but by their value where both have numbers: the
// elements of a list keep their order.
func compareKeys(a, b []byte) int {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	for i > 0 && ascii.IsDigit(a[i-1]) {
		i--
	}
	if n, m := leadingDigits(a[i:]), leadingDigits(b[i:]); n > 0 && m > 0 && n != m {
		return cmp.Compare(n, m)
	}
	return bytes.Compare(a[i:], b[i:])
}

// leadingDigits returns how many digits a text begins with.
func leadingDigits(text []byte) (n int) {
	for n < len(text) && ascii.IsDigit(text[n]) {
		n++
	}
	return n
}

// typed returns how many keys end with the type of their value.
func typed(m record.Value) (n int) {
	for key := range m.All() {
		if len(withoutType(key)) < len(key) {
			n++
		}
	}
	return n
}

// withoutType returns a key without the type at its end: _s for a text, _d for a number, _b
// for a truth value, _t for a time, _g for a GUID.
func withoutType(key []byte) []byte {
	end := len(key) - 2
	if end > 0 && key[end] == '_' && bytes.IndexByte(valueTypes, key[end+1]) >= 0 {
		return key[:end]
	}
	return key
}

var valueTypes = []byte("sdbtg")

// appendUntyped appends the map without the types in its keys.
func appendUntyped(dst []byte, m record.Value) []byte {
	dst = msgp.AppendMapHeader(dst, uint32(soundFields(m)))
	for key, value := range m.All() {
		dst = append(msgp.AppendStringFromBytes(dst, withoutType(key)), value...)
	}
	return dst
}

// separated returns how many keys have a separator inside, the underscore of GELF before
// them, or the brackets of a list.
func separated(m record.Value, separator byte) (n int) {
	for key := range m.All() {
		switch {
		case splitAt(key, 0, separator) > 0, separator == '_' && len(key) > 1 && key[0] == '_', separator == '.' && bytes.IndexAny(key, "[{") > 0:
			n++
		}
	}
	return n
}

// listed returns how many fields are lists of one scalar.
func listed(m record.Value) (n int) {
	for _, value := range m.All() {
		if onlyScalar(value).Present() {
			n++
		}
	}
	return n
}

// onlyScalar returns the element of a list of one scalar, absent for any other value.
func onlyScalar(v record.Value) record.Value {
	if only := v.Only(); !only.IsMap() && !only.IsArray() {
		return only
	}
	return nil
}

// flatField is one field of a flattened map.
type flatField struct {
	key   []byte
	value record.Value
}

// splitAt returns the offset of the first separator of key behind from that stands between
// two parts, or 0 for none.
func splitAt(key []byte, from int, separator byte) int {
	if from+1 >= len(key) {
		return 0
	}
	at := bytes.IndexByte(key[from+1:], separator)
	if at < 0 || from+1+at == len(key)-1 {
		return 0
	}
	return from + 1 + at
}

// appendNested appends sorted fields whose keys are equal up to from as a map, or as an
// array if the next parts of all keys are numbers.
func appendNested(dst []byte, fields []flatField, from int, separator byte, depth int) []byte {
	n, numbers := uint32(0), from > 0
	for at := 0; at < len(fields); n++ {
		var part []byte
		part, at = nextPart(fields, at, from, separator, depth)
		numbers = numbers && ascii.Number(part) >= 0
	}
	if numbers {
		dst = msgp.AppendArrayHeader(dst, n)
	} else {
		dst = msgp.AppendMapHeader(dst, n)
	}
	for at := 0; at < len(fields); {
		part, end := nextPart(fields, at, from, separator, depth)
		if !numbers {
			dst = msgp.AppendStringFromBytes(dst, part)
		}
		if inner := from + len(part) + 1; inner <= len(fields[at].key) {
			dst = appendNested(dst, fields[at:end], inner, separator, depth+1)
		} else {
			value := fields[at].value
			if only := onlyScalar(value); only.Present() {
				value = only
			}
			dst = append(dst, value...)
		}
		at = end
	}
	return dst
}

// nextPart returns the part of the key at from of fields[at], and the end of the fields
// that have the same part and more behind it.
func nextPart(fields []flatField, at, from int, separator byte, depth int) (part []byte, end int) {
	key := fields[at].key
	cut := splitAt(key, from, separator)
	if cut == 0 || depth >= maxRespeltDepth {
		return key[min(from, len(key)):], at + 1
	}
	for end = at + 1; end < len(fields) && bytes.HasPrefix(fields[end].key, key[:cut+1]) && len(fields[end].key) > cut+1; end++ {
	}
	return key[from:cut], end
}

// appendSquashed appends v with keys without underscores. A map whose keys are all numbers
// becomes an array, and an array of one scalar this scalar.
func appendSquashed(dst []byte, v record.Value, depth int) []byte {
	switch {
	case depth >= maxRespeltDepth:
		return append(dst, v[:v.Size()]...)
	case v.IsMap():
		return appendSquashedMap(dst, v, depth)
	case v.IsArray():
		if only := onlyScalar(v); only.Present() {
			return append(dst, only...)
		}
		if only := v.Only(); only.IsArray() {
			return appendSquashed(dst, only, depth+1)
		}
		dst = msgp.AppendArrayHeader(dst, uint32(soundItems(v)))
		for item := range v.Items() {
			dst = appendSquashed(dst, item, depth+1)
		}
		return dst
	}
	return append(dst, v[:v.Size()]...)
}

func appendSquashedMap(dst []byte, m record.Value, depth int) []byte {
	n, numbers := uint32(0), true
	for key := range m.All() {
		n++
		numbers = numbers && ascii.Number(key) >= 0
	}
	if numbers && n > 0 {
		dst = msgp.AppendArrayHeader(dst, n)
	} else {
		dst = msgp.AppendMapHeader(dst, n)
	}
	for key, value := range m.All() {
		if !numbers {
			dst = appendSquashedKey(dst, key)
		}
		dst = appendSquashed(dst, value, depth+1)
	}
	return dst
}

// appendSquashedKey appends a key without underscores.
func appendSquashedKey(dst, key []byte) []byte {
	dst = msgp.AppendStringFromBytes(dst, key[:len(key)-bytes.Count(key, underscore)])
	dst = dst[:len(dst)-(len(key)-bytes.Count(key, underscore))]
	for _, c := range key {
		if c != '_' {
			dst = append(dst, c)
		}
	}
	return dst
}

var underscore = []byte("_")

// soundFields returns how many fields of a map come before any damage.
func soundFields(m record.Value) (n int) {
	for range m.All() {
		n++
	}
	return n
}

// soundItems returns how many elements of an array come before any damage.
func soundItems(list record.Value) (n int) {
	for range list.Items() {
		n++
	}
	return n
}
