package ascii

// number is a decimal cell, -1 where it is none or beyond 32 bits.
func Number(b []byte) int64 {
	if len(b) == 0 || len(b) > 10 {
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

// capped is b, cut at max bytes.
func Clip(b []byte, max int) []byte { return b[:min(len(b), max)] }

func IsDigit(b byte) bool { return b-'0' <= 9 }
