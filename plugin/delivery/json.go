package delivery

import (
	"bytes"
	"encoding/json"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON is document as one line: valid UTF-8 whatever was in it, HTML left
// alone, everything invisible escaped. Costs reflection and some allocations
// an alert, which are rare.
func JSON(document any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(document); err != nil {
		return nil, err
	}
	return escapeInvisible(bytes.TrimSuffix(b.Bytes(), []byte{'\n'})), nil
}

// escapeInvisible writes control and format characters that encoding/json
// leaves as they are (DEL, the C1 range, bidirectional overrides, zero
// widths) as \u escapes. They can stand only inside strings, so the document
// means the same; but a terminal or an analyst cannot be fooled by an account
// that is spelt with them.
func escapeInvisible(doc []byte) []byte {
	out := make([]byte, 0, len(doc))
	for len(doc) > 0 {
		r, size := utf8.DecodeRune(doc)
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co) {
			out = appendEscape(out, r)
		} else {
			out = append(out, doc[:size]...)
		}
		doc = doc[size:]
	}
	return out
}

func appendEscape(out []byte, r rune) []byte {
	if r > 0xFFFF {
		high, low := utf16.EncodeRune(r)
		return appendEscape(appendEscape(out, high), low)
	}
	const hex = "0123456789abcdef"
	return append(out, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}
