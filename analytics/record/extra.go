package record

import "encoding/binary"

// AppendWith appends rec to dst unchanged, with one more field at the end of its
// body: key, of at most 31 bytes, and value, encoded. Only the count in the header
// of the body changes. The header keeps its form if the count fits, so the form
// does not change for a receiver.
//
// The key marks a header that had to grow: it then has a length byte (d9). The
// added field can therefore be removed again, which restores the original bytes.
func AppendWith(dst []byte, rec *Record, key string, value []byte) []byte {
	n, first, _ := fieldCount(rec.Body)
	head := len(rec.Raw) - len(rec.Body)
	dst = append(dst, rec.Raw[:head]...)
	dst, grown := appendMapHeader(dst, rec.Body[0], n+1)
	dst = append(dst, rec.Body[first:]...)
	if grown {
		dst = append(dst, 0xd9, byte(len(key)))
	} else {
		dst = append(dst, 0xa0|byte(len(key)))
	}
	return append(append(dst, key...), value...)
}

// appendMapHeader appends the header of a map of n fields, at least as wide as the
// header that begins with was.
func appendMapHeader(dst []byte, was byte, n int) (out []byte, grown bool) {
	switch {
	case was&0xf0 == 0x80 && n <= 0x0f:
		return append(dst, 0x80|byte(n)), false
	case was != 0xdf && n <= 0xffff:
		return binary.BigEndian.AppendUint16(append(dst, 0xde), uint16(n)), was != 0xde
	}
	return binary.BigEndian.AppendUint32(append(dst, 0xdf), uint32(n)), was != 0xdf
}

// Whole returns the length of the complete values at the beginning of b.
func Whole(b []byte) int {
	at := 0
	for at < len(b) {
		end, _, ok := skip(b, at)
		if !ok {
			break
		}
		at = end
	}
	return at
}

// At returns the offset of the end of the last record that Next returned.
func (r *Reader) At() int { return r.at }
