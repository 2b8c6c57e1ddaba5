package record

import (
	"iter"

	"github.com/tinylib/msgp/msgp"
)

// Value is a view of one msgpack value: it begins at the value's first byte
// and may run on past its end. The zero Value is an absent one; every method
// answers it with a zero result. Nothing here panics on hostile bytes.
type Value []byte

// Present reports whether there is a value at all (a nil counts as one).
func (v Value) Present() bool { return len(v) > 0 }

// Type is the msgpack type; msgp.InvalidType for an absent value.
func (v Value) Type() msgp.Type {
	if len(v) == 0 {
		return msgp.InvalidType
	}
	return msgp.NextType(v)
}

// IsMap reports whether v is a map.
func (v Value) IsMap() bool { return v.Type() == msgp.MapType }

// IsArray reports whether v is an array.
func (v Value) IsArray() bool { return v.Type() == msgp.ArrayType }

// Bytes is the text of a str or bin value, nil for any other.
func (v Value) Bytes() []byte {
	switch v.Type() {
	case msgp.StrType:
		b, _, _ := msgp.ReadStringZC(v)
		return b
	case msgp.BinType:
		b, _, _ := msgp.ReadBytesZC(v)
		return b
	}
	return nil
}

// All yields the fields of a map in their order, keys as str or bin text
// (nil for any other kind of key). It stops at the first damaged byte.
func (v Value) All() iter.Seq2[[]byte, Value] {
	return func(yield func([]byte, Value) bool) {
		if !v.IsMap() {
			return
		}
		n, rest, err := msgp.ReadMapHeaderBytes(v)
		for ; n > 0 && err == nil; n-- {
			key := Value(rest)
			if rest, err = msgp.Skip(rest); err != nil || len(rest) == 0 {
				return
			}
			field := Value(rest)
			if rest, err = msgp.Skip(rest); err != nil {
				return
			}
			if !yield(key.Bytes(), field) {
				return
			}
		}
	}
}

// Items yields the elements of an array, up to the first damaged byte.
func (v Value) Items() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if !v.IsArray() {
			return
		}
		n, rest, err := msgp.ReadArrayHeaderBytes(v)
		for ; n > 0 && err == nil && len(rest) > 0; n-- {
			item := Value(rest)
			if rest, err = msgp.Skip(rest); err != nil {
				return
			}
			if !yield(item) {
				return
			}
		}
	}
}

// Get is the field of a map with that key, absent where there is none.
func (v Value) Get(key string) Value {
	for k, field := range v.All() {
		if string(k) == key {
			return field
		}
	}
	return nil
}
