package ascii

import "bytes"

// After returns what follows the first mark in b, and nil if b has no mark.
func After(b []byte, mark string) []byte {
	rest, _ := CutAfter(b, mark)
	return rest
}

// CutAfter is After, and reports whether b has the mark.
func CutAfter(b []byte, mark string) ([]byte, bool) {
	for i := 0; i+len(mark) <= len(b); i++ {
		if b[i] == mark[0] && string(b[i:i+len(mark)]) == mark {
			return b[i+len(mark):], true
		}
	}
	return nil, false
}

// UpTo returns b up to the first of the bytes in ends, or the whole of it.
func UpTo(b []byte, ends string) []byte {
	if end := bytes.IndexAny(b, ends); end >= 0 {
		return b[:end]
	}
	return b
}
