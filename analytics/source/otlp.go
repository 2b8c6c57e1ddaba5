package source

import (
	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

// OpenTelemetry's JSON names the type of each value, and has lists of keys and
// values for maps: {"kvlistValue":{"values":[{"key":"id","value":{"intValue":
// "4625"}}]}}. A log record may be such a body, or a list of attributes without
// the outer map.

// maxOTLP is how deep the values of one map may be nested. Deeper ones become nil.
const maxOTLP = 16

// isOTLP reports whether list has keys and values. The first element decides.
func isOTLP(list record.Value) bool {
	for item := range list.Items() {
		name, _ := otlpValue(item.Get("value"))
		return name != "" && item.Get("key").Bytes() != nil
	}
	return false
}

// otlpMap returns a list of keys and values as the map that they are.
func otlpMap(b *format.Scratch, list record.Value) record.Value {
	start := len(b.Buf)
	b.Buf = appendOTLPMap(b.Buf, list, 0)
	return record.Value(b.Buf[start:])
}

// otlpValue returns the type of a value, as OpenTelemetry's JSON names it or
// scalar, and its content. The type is empty if m is no such value.
func otlpValue(m record.Value) (name string, inner record.Value) {
	if m.Len() != 1 || !m.IsMap() {
		return "", nil
	}
	c := m.Fields()
	key, inner, _ := c.Next()
	switch string(key) {
	case "stringValue", "string_value":
		return "stringValue", inner
	case "kvlistValue", "kvlist_value":
		return "kvlistValue", inner
	case "arrayValue", "array_value":
		return "arrayValue", inner
	case "intValue", "int_value", "doubleValue", "double_value", "boolValue", "bool_value", "bytesValue", "bytes_value":
		return "scalar", inner
	}
	return "", nil
}

// appendOTLPMap appends a list of keys and values as a map. Elements without a
// key are left out.
func appendOTLPMap(dst []byte, list record.Value, depth int) []byte {
	n := uint32(0)
	for item := range list.Items() {
		if item.Get("key").Bytes() != nil {
			n++
		}
	}
	dst = msgp.AppendMapHeader(dst, n)
	for item := range list.Items() {
		if key := item.Get("key").Bytes(); key != nil {
			dst = msgp.AppendStringFromBytes(dst, key)
			dst = appendOTLP(dst, item.Get("value"), depth+1)
		}
	}
	return dst
}

// appendOTLP appends a value without the name of its type.
func appendOTLP(dst []byte, v record.Value, depth int) []byte {
	name, inner := otlpValue(v)
	switch {
	case depth > maxOTLP || !inner.Present():
		return msgp.AppendNil(dst)
	case name == "kvlistValue":
		return appendOTLPMap(dst, inner.Get("values"), depth)
	case name == "arrayValue":
		return appendOTLPList(dst, inner.Get("values"), depth)
	}
	return append(dst, inner...)
}

func appendOTLPList(dst []byte, list record.Value, depth int) []byte {
	n := uint32(0)
	for range list.Items() {
		n++
	}
	dst = msgp.AppendArrayHeader(dst, n)
	for item := range list.Items() {
		dst = appendOTLP(dst, item, depth+1)
	}
	return dst
}
