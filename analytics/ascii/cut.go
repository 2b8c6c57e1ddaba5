package ascii

import "bytes"

// after is what stands behind mark in b, nil where mark is not there.
func After(b []byte, mark string) []byte {
	rest, _ := CutAfter(b, mark)
	return rest
}

func CutAfter(b []byte, mark string) ([]byte, bool) {
	for i := 0; i+len(mark) <= len(b); i++ {
		if b[i] == mark[0] && string(b[i:i+len(mark)]) == mark {
			return b[i+len(mark):], true
		}
	}
	return nil, false
}

// upTo is b up to the first of the bytes in ends.
func UpTo(b []byte, ends string) []byte {
	if end := bytes.IndexAny(b, ends); end >= 0 {
		return b[:end]
	}
	return b
}
