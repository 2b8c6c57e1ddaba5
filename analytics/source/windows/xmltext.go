package windows

import (
	"bytes"
	"unicode/utf8"

	"redshank/analytics/ascii"
)

// xmlEntities are the five named entities of XML.
var xmlEntities = map[string]rune{"lt": '<', "gt": '>', "amp": '&', "quot": '"', "apos": '\''}

// longestEntity is the length of &#x10ffff; with some leading zeros, in bytes.
const longestEntity = 14

// xmlEntity reads the entity at the beginning of text; n is its length, 0 for none.
func xmlEntity(text []byte) (r rune, n int) {
	end := bytes.IndexByte(ascii.Clip(text, longestEntity), ';')
	if end < 2 {
		return 0, 0
	}
	name := text[1:end]
	if r, ok := xmlEntities[string(name)]; ok {
		return r, end + 1
	}
	if name[0] != '#' || len(name) < 2 {
		return 0, 0
	}
	// A surrogate becomes U+FFFD when it is appended: UTF-8 has no surrogates.
	base, digits := rune(10), name[1:]
	if digits[0]|0x20 == 'x' {
		base, digits = 16, digits[1:]
	}
	if len(digits) == 0 {
		return 0, 0
	}
	for _, c := range digits {
		d := rune(ascii.Hex(c))
		if d >= base || r > utf8.MaxRune {
			return 0, 0
		}
		r = r*base + d
	}
	return r, end + 1
}
