package record

import (
	"iter"

	"redshank/analytics/ascii"

	"github.com/tinylib/msgp/msgp"
)

// Value is a view of one msgpack value: it begins at the value's first byte and may
// extend beyond its end. The zero Value is absent; every method returns a zero
// result for it. No method panics on hostile bytes or allocates. A Value is valid
// as long as the chunk it views.
type Value []byte

// Present reports whether there is a value at all (a nil counts as one).
func (v Value) Present() bool { return len(v) > 0 }

// Type returns the msgpack type; msgp.InvalidType for an absent value.
func (v Value) Type() msgp.Type {
	if len(v) == 0 {
		return msgp.InvalidType
	}
	return msgp.NextType(v)
}

// IsMap reports whether v is a map.
func (v Value) IsMap() bool { return len(v) > 0 && isMap(v[0]) }

// IsArray reports whether v is an array.
func (v Value) IsArray() bool { return len(v) > 0 && isArray(v[0]) }

// Size returns the encoded length of v in bytes, 0 if it is absent or damaged.
// It walks the whole value.
func (v Value) Size() int {
	end, _, ok := skip(v, 0)
	if !ok {
		return 0
	}
	return end
}

// Len returns the number of fields of a map or elements of an array, 0 for any
// other value. Len is never more than the bytes of v can hold, whatever the header
// declares, so it may size a buffer.
func (v Value) Len() int {
	n, _, ok := fieldCount(v)
	if !ok {
		n, _, _ = elements(v, 0)
	}
	return n
}

// Bytes returns the text of a str or bin value, nil for any other value.
func (v Value) Bytes() []byte {
	if len(v) < 2 {
		return tinyText(v)
	}
	start, end := 1, 0
	switch c := v[0]; {
	case c-0xa0 < 0x20: // as in text
		end = 1 + int(c&0x1f)
	case c == 0xd9:
		start, end = 2, 2+int(v[1])
	case c < 0xa0 || isArray(c) || isMap(c):
		return nil
	default:
		payload, _, _ := textExtent(v, 0)
		return payload
	}
	if end > len(v) {
		return nil
	}
	return v[start:end:end]
}

// tinyText is Bytes for a view of less than two bytes, which can only be an empty
// text.
func tinyText(v Value) []byte {
	if len(v) == 0 || v[0] != 0xa0 {
		return nil
	}
	return v[1:1:1]
}

// All yields the fields of a map in their order, keys as str or bin text
// (nil for any other kind of key). It stops at the first damaged byte.
func (v Value) All() iter.Seq2[[]byte, Value] {
	return func(yield func([]byte, Value) bool) {
		n, at, ok := fieldCount(v)
		for ; n > 0 && ok; n-- {
			var key []byte
			var end int
			if key, at, ok = textExtent(v, at); !ok {
				return
			}
			if end, _, ok = skip(v, at); !ok || !yield(key, v[at:end:end]) {
				return
			}
			at = end
		}
	}
}

// Cursor walks the fields of a map like All, for hot paths where the cost of an
// iterator matters.
type Cursor struct {
	m        Value
	at, left int
}

// Fields returns a cursor before the first field of a map.
func (v Value) Fields() Cursor {
	n, at, ok := fieldCount(v)
	if !ok {
		n = 0
	}
	return Cursor{v, at, n}
}

// Next returns the next field; ok is false after the last field and at damage.
func (c *Cursor) Next() (key []byte, field Value, ok bool) {
	if c.left == 0 {
		return nil, nil, false
	}
	c.left--
	key, start, ok := textExtent(c.m, c.at)
	if !ok {
		return nil, nil, false
	}
	if c.at, _, ok = skip(c.m, start); !ok {
		return nil, nil, false
	}
	return key, c.m[start:c.at:c.at], true
}

// Items yields the elements of an array, up to the first damaged byte.
func (v Value) Items() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		n, at, ok := elements(v, 0)
		for ; n > 0 && ok; n-- {
			var end int
			if end, _, ok = skip(v, at); !ok || !yield(v[at:end:end]) {
				return
			}
			at = end
		}
	}
}

// Get returns the field of a map with a key, absent if there is none; of a repeated
// key the first. Each call walks the map; Keys finds many fields at once.
func (v Value) Get(key string) Value {
	for k, field := range v.All() {
		if string(k) == key && k != nil {
			return field
		}
	}
	return nil
}

// GetFold is Get without regard to the case of ASCII letters.
func (v Value) GetFold(key string) Value {
	for k, field := range v.All() {
		if k != nil && ascii.EqualAnyFold(k, key) {
			return field
		}
	}
	return nil
}

// Path is Get on nested maps, with one key for each level.
func (v Value) Path(keys ...string) Value {
	for _, key := range keys {
		v = v.Get(key)
	}
	return v
}
