package record

import (
	"math"
	"strconv"
	"unsafe"
)

// maxNumeral bounds the text that Int and Float parse, in bytes.
const maxNumeral = 64

// decimal parses digits with an optional minus sign. strconv would need a string,
// accept "+1", and allocate an error for text that is not a number, which is the
// usual case here.
func decimal(b []byte) (int64, bool) {
	digits := b
	if len(b) > 0 && b[0] == '-' {
		digits = b[1:]
	}
	if len(digits) == 0 || len(digits) > maxNumeral {
		return 0, false
	}
	var n uint64
	for _, c := range digits {
		if c-'0' > 9 || n > math.MaxInt64/10 {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	switch {
	case len(digits) < len(b) && n <= 1<<63:
		return -int64(n), true
	case len(digits) == len(b) && n <= math.MaxInt64:
		return int64(n), true
	}
	return 0, false
}

// decimalFloat parses a text as a number, with fraction and exponent.
func decimalFloat(b []byte) (float64, bool) {
	if len(b) > maxNumeral {
		return 0, false
	}
	if end, _, ok := scanNumeral(b, 0); !ok || end < len(b) {
		return 0, false
	}
	return parseFloat(b)
}

// scanNumeral returns the end of a JSON number, which may have leading zeroes. If
// ok is false, a digit is missing at end.
func scanNumeral(b []byte, at int) (end int, integer, ok bool) {
	if at < len(b) && b[at] == '-' {
		at++
	}
	if end = digitsOf(b, at); end == at {
		return end, true, false
	}
	if end < len(b) && b[end] == '.' {
		at = end + 1
		if end = digitsOf(b, at); end == at {
			return end, false, false
		}
		return scanExponent(b, end, false)
	}
	return scanExponent(b, end, true)
}

// scanExponent continues after the mantissa.
func scanExponent(b []byte, at int, integer bool) (int, bool, bool) {
	if at >= len(b) || b[at]|0x20 != 'e' {
		return at, integer, true
	}
	if at++; at < len(b) && (b[at] == '+' || b[at] == '-') {
		at++
	}
	end := digitsOf(b, at)
	return end, false, end > at
}

// digitsOf returns the end of the digits that start at at.
func digitsOf(b []byte, at int) int {
	for at < len(b) && b[at]-'0' <= 9 {
		at++
	}
	return at
}

// zeroPadded reports whether a numeral has redundant leading zeroes.
func zeroPadded(b []byte) bool {
	if b[0] == '-' {
		b = b[1:]
	}
	return len(b) > 1 && b[0] == '0' && b[1]-'0' <= 9
}

// parseFloat parses a numeral found by scanNumeral. strconv by itself would also
// accept "inf", "0x1p-2" and "1_000", and allocate an error for every text that is
// not a number. Beyond the range of float64 the result is infinite and ok is false.
func parseFloat(b []byte) (float64, bool) {
	f, err := strconv.ParseFloat(unsafe.String(&b[0], len(b)), 64)
	return f, err == nil
}
