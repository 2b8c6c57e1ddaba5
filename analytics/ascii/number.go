package ascii

// Number returns a decimal number of at most ten digits, and -1 for any other
// text.
func Number(b []byte) int64 {
	if len(b) > 10 {
		return -1
	}
	return Decimal(b)
}

// Decimal returns a decimal number of at most 18 digits, or of 19 that begin with
// 1 (nanoseconds since 1970 have as many), and -1 for any other text.
func Decimal(b []byte) int64 {
	if len(b) == 0 || len(b) > 19 || len(b) == 19 && b[0] != '1' {
		return -1
	}
	var n int64
	for _, c := range b {
		if !IsDigit(c) {
			return -1
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// IsDigit reports whether b is a decimal digit.
func IsDigit(b byte) bool { return b-'0' <= 9 }

// Clip returns b, cut at max bytes.
func Clip(b []byte, max int) []byte { return b[:min(len(b), max)] }
