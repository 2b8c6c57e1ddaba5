// Package ascii compares, cuts and converts short ASCII texts: what logs are made
// of. Nothing in it allocates or decodes UTF-8.
package ascii

import "encoding/binary"

// EqualFold reports whether b is text, which has to be in lower case, without
// regard to the case of the ASCII letters of b.
func EqualFold(b []byte, text string) bool {
	return len(b) == len(text) && HasPrefix(b, text)
}

// HasPrefix is EqualFold for the beginning of b. It compares eight bytes in one
// step, the last ones together with some of those before.
func HasPrefix(b []byte, text string) bool {
	if len(b) < len(text) {
		return false
	}
	if len(text) < 8 {
		return hasPrefixShort(b, text)
	}
	for from := 0; from < len(text); from += 8 {
		const letter = 0x4040404040404040
		at := min(from, len(text)-8)
		want := Word(text[at : at+8])
		fold := want & (want << 1) & letter >> 1 // 0x20 where text has a letter
		if binary.LittleEndian.Uint64(b[at:])|fold != want {
			return false
		}
	}
	return true
}

func hasPrefixShort(b []byte, text string) bool {
	for i := range len(text) {
		if Lower(b[i]) != text[i] {
			return false
		}
	}
	return true
}

// Lower returns c in lower case.
func Lower(c byte) byte {
	if c-'A' <= 'Z'-'A' {
		c |= 0x20
	}
	return c
}

// AppendLower appends b to dst in lower case.
func AppendLower(dst, b []byte) []byte {
	for _, c := range b {
		dst = append(dst, Lower(c))
	}
	return dst
}

// EqualAnyFold reports whether a and b are equal without regard to the case of ASCII
// letters of either.
func EqualAnyFold(a []byte, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i, c := range a {
		if c != b[i] && Lower(c) != Lower(b[i]) {
			return false
		}
	}
	return true
}

// Word returns the first eight bytes of text as a little-endian word. It panics
// if text is shorter.
func Word(text string) uint64 {
	_ = text[7]
	return uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
		uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56
}

// Contains reports whether text, which has to be in lower case, stands anywhere
// in b, without regard to the case of b. It compares at every byte and is meant
// for short texts.
func Contains(b []byte, text string) bool {
	for ; len(b) >= len(text); b = b[1:] {
		if HasPrefix(b, text) {
			return true
		}
	}
	return false
}
