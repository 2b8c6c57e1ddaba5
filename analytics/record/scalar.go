package record

import (
	"math"
	"strconv"

	"redshank/analytics/ascii"

	"github.com/tinylib/msgp/msgp"
)

// Int returns v as an integer: of an int or uint that fits, of a float without
// fraction, or of decimal text such as "-42". Hexadecimal text is left to the
// sources that know which fields hold it.
func (v Value) Int() (int64, bool) {
	switch v.Type() {
	case msgp.IntType:
		n, _, err := msgp.ReadInt64Bytes(v)
		return n, err == nil
	case msgp.UintType:
		n, _, err := msgp.ReadUint64Bytes(v)
		if err != nil || n > math.MaxInt64 {
			return 0, false
		}
		return int64(n), true
	case msgp.Float64Type, msgp.Float32Type:
		return whole(v.Float())
	case msgp.StrType, msgp.BinType:
		return decimal(v.Bytes())
	}
	return 0, false
}

// Float returns v as a number: of an int, uint or float, or of decimal text with or
// without fraction and exponent. ok is false for NaN and infinities.
func (v Value) Float() (float64, bool) {
	var f float64
	var err error
	switch v.Type() {
	case msgp.IntType:
		var n int64
		n, _, err = msgp.ReadInt64Bytes(v)
		f = float64(n)
	case msgp.UintType:
		var n uint64
		n, _, err = msgp.ReadUint64Bytes(v)
		f = float64(n)
	case msgp.Float64Type:
		f, _, err = msgp.ReadFloat64Bytes(v)
	case msgp.Float32Type:
		var n float32
		n, _, err = msgp.ReadFloat32Bytes(v)
		f = float64(n)
	case msgp.StrType, msgp.BinType:
		return decimalFloat(v.Bytes())
	default:
		return 0, false
	}
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

// Bool returns v as a truth value: of a bool, of "true" and "false" in any case, or
// of the numbers 0 and 1, as numbers or as text.
func (v Value) Bool() (value, ok bool) {
	if v.Type() == msgp.BoolType {
		return v[0] == 0xc3, true
	}
	if text := v.Bytes(); len(text) >= len("true") {
		value = ascii.EqualAnyFold(text, "true")
		return value, value || ascii.EqualAnyFold(text, "false")
	}
	n, ok := v.Int()
	if !ok || n>>1 != 0 {
		return false, false
	}
	return n == 1, true
}

// AppendText appends v as text: strings unchanged, numbers in decimal, bools as
// true and false, an array of one of these as its element; nothing for nil, other
// containers and extensions.
func (v Value) AppendText(dst []byte) []byte {
	switch v.Type() {
	case msgp.StrType, msgp.BinType:
		return append(dst, v.Bytes()...)
	case msgp.BoolType:
		return strconv.AppendBool(dst, v[0] == 0xc3)
	case msgp.IntType:
		if n, ok := v.Int(); ok {
			return strconv.AppendInt(dst, n, 10)
		}
	case msgp.UintType:
		if n, _, err := msgp.ReadUint64Bytes(v); err == nil {
			return strconv.AppendUint(dst, n, 10)
		}
	case msgp.Float64Type, msgp.Float32Type:
		return appendFloat(dst, v)
	case msgp.ArrayType:
		if only := v.Only(); !only.IsArray() {
			return only.AppendText(dst)
		}
	}
	return dst
}

// Only returns the element of an array of one, absent for any other value.
func (v Value) Only() Value {
	if !v.IsArray() || v.Len() != 1 {
		return nil
	}
	for item := range v.Items() {
		return item
	}
	return nil
}

// appendFloat writes integers that a JSON writer made floats (counts, ids, epoch
// times) without an exponent, and a number such as 1e300 with one.
func appendFloat(dst []byte, v Value) []byte {
	f, ok := v.Float()
	if !ok {
		return dst
	}
	bits := 64
	if v.Type() == msgp.Float32Type {
		bits = 32
	}
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e18) {
		return strconv.AppendFloat(dst, f, 'g', -1, bits)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, bits)
}

// whole returns f as an integer, if it is one. The upper bound is exclusive, since
// float64(math.MaxInt64) rounds up to 1<<63.
func whole(f float64, ok bool) (int64, bool) {
	if !ok || f < -1<<63 || f >= 1<<63 || f != math.Trunc(f) {
		return 0, false
	}
	return int64(f), true
}
