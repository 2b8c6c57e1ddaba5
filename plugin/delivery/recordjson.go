package delivery

import (
	"encoding/base64"
	"math"
	"strconv"

	"github.com/tinylib/msgp/msgp"

	"redshank/analytics/record"
	"redshank/plugin/text"
)

// stampField is the field for the time of a record, unless the record has a field
// of that name.
const stampField = "@timestamp"

// AppendRecord appends a record as one line of JSON, without the line end, as the
// file sink writes enriched records.
func AppendRecord(dst []byte, rec *record.Record) []byte { return appendRecord(dst, rec) }

// appendRecord appends a record of a chunk as one line of JSON, its time first.
// Values that JSON cannot express become null. msgp.UnmarshalAsJSON is no
// alternative: it writes NaN, fails on keys that are no text, and encodes text in
// bin as base64.
func appendRecord(dst []byte, rec *record.Record) []byte {
	dst = append(dst, '{')
	if !rec.Time.IsZero() && !rec.Body.Get(stampField).Present() {
		dst = append(dst, `"`+stampField+`":"`...)
		dst = append(rec.Time.UTC().AppendFormat(dst, "2006-01-02T15:04:05.000000Z"), '"')
		if rec.Body.Len() > 0 {
			dst = append(dst, ',')
		}
	}
	return append(appendFields(dst, rec.Body), '}')
}

func appendFields(dst []byte, m record.Value) []byte {
	first := true
	for key, v := range m.All() {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(text.AppendJSON(dst, key), ':')
		dst = appendValue(dst, v)
	}
	return dst
}

// appendValue appends a value. Its recursion is as deep as the value is nested,
// which the reader of the chunk bounds.
func appendValue(dst []byte, v record.Value) []byte {
	switch v.Type() {
	case msgp.StrType, msgp.BinType:
		return text.AppendJSON(dst, v.Bytes())
	case msgp.MapType:
		return append(appendFields(append(dst, '{'), v), '}')
	case msgp.ArrayType:
		return appendItems(dst, v)
	case msgp.BoolType:
		b, _ := v.Bool()
		return strconv.AppendBool(dst, b)
	case msgp.UintType:
		n, _, _ := msgp.ReadUint64Bytes(v)
		return strconv.AppendUint(dst, n, 10)
	case msgp.IntType:
		n, _, _ := msgp.ReadInt64Bytes(v)
		return strconv.AppendInt(dst, n, 10)
	case msgp.Float32Type, msgp.Float64Type:
		return appendFloat(dst, v)
	case msgp.NilType, msgp.InvalidType:
		return append(dst, "null"...)
	}
	return appendExtension(dst, v)
}

func appendItems(dst []byte, list record.Value) []byte {
	dst = append(dst, '[')
	first := true
	for v := range list.Items() {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendValue(dst, v)
	}
	return append(dst, ']')
}

func appendFloat(dst []byte, v record.Value) []byte {
	f, ok := v.Float()
	if !ok || math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}

func appendExtension(dst []byte, v record.Value) []byte {
	ext := msgp.RawExtension{Type: int8(extensionType(v))}
	if _, err := msgp.ReadExtensionBytes(v, &ext); err != nil {
		return append(dst, "null"...)
	}
	dst = append(dst, '"')
	return append(base64.StdEncoding.AppendEncode(dst, ext.Data), '"')
}

// extensionType returns the type of an extension, which ReadExtensionBytes needs
// as its input: the byte after the lead byte of a fixext, or after the length.
func extensionType(v record.Value) byte {
	at := map[byte]int{0xc7: 2, 0xc8: 3, 0xc9: 5}[v[0]]
	at = max(at, 1)
	if at >= len(v) {
		return 0
	}
	return v[at]
}
