package record

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"

	"redshank/analytics/ascii"
)

// text appends a string whose first byte is quote. An unescaped character is never
// longer than its escape, so the header is chosen by the length of the raw text and
// corrected afterwards; it may be wider than necessary.
func (t *transcoder) text(quote byte) error {
	start := t.at + 1
	end := special(t.src, start, quote)
	if end < len(t.src) && t.src[end] == quote {
		t.dst = appendStrHeader(t.dst, end-start)
		t.dst = append(t.dst, t.src[start:end]...)
		t.at = end + 1
		return nil
	}
	escape := end - start
	for end < len(t.src) && t.src[end] != quote {
		end = special(t.src, min(end+2, len(t.src)), quote)
	}
	if end >= len(t.src) {
		t.at = len(t.src)
		return ErrJSONTruncated
	}
	mark := len(t.dst)
	t.dst = appendStrHeader(t.dst, end-start)
	body := len(t.dst)
	t.dst = append(t.dst, t.src[start:start+escape]...)
	t.dst = appendUnescaped(t.dst, t.src[start+escape:end])
	putStrLen(t.dst[mark:body], len(t.dst)-body)
	t.at = end + 1
	return nil
}

// special returns the index of the first quote or backslash in b[at:], or len(b).
// It tests eight bytes at a time, because the overhead of two calls of
// bytes.IndexByte exceeds the cost of most strings.
func special(b []byte, at int, quote byte) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	quotes := ones * uint64(quote)
	for ; at+8 <= len(b); at += 8 {
		word := binary.LittleEndian.Uint64(b[at:])
		q, s := word^quotes, word^(ones*'\\')
		// The lowest marked byte is certainly a zero byte; higher marks may be wrong
		// because of borrowing.
		if hit := ((q-ones)&^q | (s-ones)&^s) & tops; hit != 0 {
			return at + bits.TrailingZeros64(hit)/8
		}
	}
	for at < len(b) && b[at] != quote && b[at] != '\\' {
		at++
	}
	return at
}

// appendStrHeader appends the header of a str of n bytes in the form that putStrLen
// expects.
func appendStrHeader(dst []byte, n int) []byte {
	switch {
	case n < 1<<5:
		return append(dst, 0xa0|byte(n))
	case n < 1<<8:
		return append(dst, 0xd9, byte(n))
	case n < 1<<16:
		return append(dst, 0xda, byte(n>>8), byte(n))
	}
	return append(dst, 0xdb, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

// putStrLen writes a smaller length into a header without changing its width.
func putStrLen(header []byte, n int) {
	switch len(header) {
	case 1:
		header[0] = 0xa0 | byte(n)
	case 2:
		header[1] = byte(n)
	case 3:
		binary.BigEndian.PutUint16(header[1:], uint16(n))
	case 5:
		binary.BigEndian.PutUint32(header[1:], uint32(n))
	}
}

// escapes are the one-letter escapes; 0 stands for none.
var escapes = [256]byte{
	'"': '"', '\'': '\'', '\\': '\\', '/': '/',
	'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// appendUnescaped appends text with its escapes replaced, never more bytes than
// text has. An invalid escape is kept with its backslash.
func appendUnescaped(dst, text []byte) []byte {
	for at := 0; at < len(text); {
		plain := special(text, at, '\\')
		dst = append(dst, text[at:plain]...)
		if at = plain; at+1 >= len(text) {
			return append(dst, text[at:]...)
		}
		if c := escapes[text[at+1]]; c != 0 {
			dst = append(dst, c)
			at += 2
		} else if r, size := unicodeEscape(text[at:]); size > 0 {
			dst = utf8.AppendRune(dst, r)
			at += size
		} else {
			dst = append(dst, '\\')
			at++
		}
	}
	return dst
}

// unicodeEscape reads \uXXXX, or two of them that are a surrogate pair; size is the
// number of bytes read, 0 if b does not start with such an escape.
func unicodeEscape(b []byte) (r rune, size int) {
	if r = hex4(b); r < 0 {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if low := hex4(b[6:]); low >= 0 {
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

// hex4 returns the number in an escape \uXXXX at the start of b, -1 for no escape.
func hex4(b []byte) (r rune) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	for _, c := range b[2:6] {
		if c = ascii.Hex(c); c > 15 {
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}
