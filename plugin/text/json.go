package text

import (
	"bytes"
	"encoding/json"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON returns document as one line of JSON: valid UTF-8 whatever the strings
// contain, HTML characters as they are, invisible characters escaped. It costs
// reflection and some allocations, so it is for alerts and not for records.
func JSON(document any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(document); err != nil {
		return nil, err
	}
	return escapeInvisible(bytes.TrimSuffix(b.Bytes(), []byte{'\n'})), nil
}

// AppendJSON appends s as a JSON string, with the same escapes as JSON.
func AppendJSON(dst, s []byte) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		if c := s[i]; c >= ' ' && c < 0x7f && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		r, size := utf8.DecodeRune(s[i:])
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == utf8.RuneError && size == 1 || isInvisible(r):
			dst = appendEscape(dst, r)
		default:
			dst = append(dst, s[i:i+size]...)
		}
		i += size
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}

// escapeInvisible replaces the invisible characters that encoding/json leaves
// in a document by \u escapes. Such characters can occur in strings only, so
// the document keeps its meaning, and an account name that contains them cannot
// mislead a terminal or an analyst. A document of visible ASCII is returned as
// it is.
func escapeInvisible(doc []byte) []byte {
	n := visibleASCII(doc)
	if n == len(doc) {
		return doc
	}
	out := make([]byte, 0, len(doc)+len(doc)/8)
	for len(doc) > 0 {
		out, doc = append(out, doc[:n]...), doc[n:]
		if r, size := utf8.DecodeRune(doc); isInvisible(r) {
			out, doc = appendEscape(out, r), doc[size:]
		} else {
			out, doc = append(out, doc[:size]...), doc[size:]
		}
		n = visibleASCII(doc)
	}
	return out
}

// visibleASCII returns the number of leading bytes of b that are visible ASCII
// characters or blanks.
func visibleASCII(b []byte) (n int) {
	for n < len(b) && b[n] >= ' ' && b[n] < 0x7f {
		n++
	}
	return n
}

// isInvisible reports whether r is a control or format character (DEL, the C1
// range, bidirectional overrides, zero-width characters) or of a private area.
func isInvisible(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co) }

func appendEscape(out []byte, r rune) []byte {
	if r > 0xFFFF {
		high, low := utf16.EncodeRune(r)
		return appendEscape(appendEscape(out, high), low)
	}
	const hex = "0123456789abcdef"
	return append(out, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}
