package record

import (
	"math"
	"strconv"
	"unsafe"
)

// maxNumeral bounds the text that Int and Float read as a number, in bytes.
const maxNumeral = 64

// decimal reads digits with an optional minus sign, and nothing else.
// strconv would need a string, take "+1" as well, and build an error to say
// that text is no number, which is the usual case here.
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

// decimalFloat reads a whole text as a number, with fraction and exponent.
func decimalFloat(b []byte) (float64, bool) {
	if len(b) > maxNumeral {
		return 0, false
	}
	if end, _, ok := scanNumeral(b, 0); !ok || end < len(b) {
		return 0, false
	}
	return parseFloat(b)
}

// scanNumeral finds the end of a number as JSON writes it, except that it may
// begin with zeroes. If ok is false, end is where a digit is missing.
func scanNumeral(b []byte, at int) (end int, integer, ok bool) {
	if at < len(b) && b[at] == '-' {
		at++
	}
	if end = digits(b, at); end == at {
		return end, true, false
	}
	if end < len(b) && b[end] == '.' {
		at = end + 1
		if end = digits(b, at); end == at {
			return end, false, false
		}
		return scanExponent(b, end, false)
	}
	return scanExponent(b, end, true)
}

// scanExponent goes on behind the mantissa.
func scanExponent(b []byte, at int, integer bool) (int, bool, bool) {
	if at >= len(b) || b[at]|0x20 != 'e' {
		return at, integer, true
	}
	if at++; at < len(b) && (b[at] == '+' || b[at] == '-') {
		at++
	}
	end := digits(b, at)
	return end, false, end > at
}

// digits returns where the digits that start at at end.
func digits(b []byte, at int) int {
	for at < len(b) && b[at]-'0' <= 9 {
		at++
	}
	return at
}

// zeroPadded reports whether a numeral has zeroes in front that mean nothing.
func zeroPadded(b []byte) bool {
	if b[0] == '-' {
		b = b[1:]
	}
	return len(b) > 1 && b[0] == '0' && b[1]-'0' <= 9
}

// parseFloat reads what scanNumeral found. strconv by itself would also take
// "inf", "0x1p-2" and "1_000", and allocate an error for every text that is no
// number. Not ok, and infinite, beyond the range of float64.
func parseFloat(b []byte) (float64, bool) {
	f, err := strconv.ParseFloat(unsafe.String(&b[0], len(b)), 64)
	return f, err == nil
}
