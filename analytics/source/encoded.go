package source

import (
	"bytes"
	"encoding/base64"

	"redshank/analytics/source/format"
)

// Captures of an Event Hub, messages of Pub/Sub and of Kinesis hold JSON in Base64.

// minEmbedded is the shortest text that is searched for a record, in bytes.
const minEmbedded = 40

// encodedMarks are what JSON in Base64 begins with: {" or { " or [{" or a line break
// after the bracket.
var encodedMarks = [...][]byte{[]byte("eyJ"), []byte("eyAi"), []byte("W3si"), []byte("ewog"), []byte("ew0K")}

// isEncoded reports whether text begins like JSON in Base64.
func isEncoded(text []byte) bool {
	if len(text) < minEmbedded || text[0] != 'e' && text[0] != 'W' {
		return false
	}
	for _, mark := range encodedMarks {
		if bytes.HasPrefix(text, mark) {
			return true
		}
	}
	return false
}

// decoded returns the JSON that a text in Base64 holds, nil if the text is too long or
// damaged.
func decoded(b *format.Scratch, text []byte) []byte {
	if len(text) > 2*format.MaxJSON {
		return nil
	}
	encoding := base64.StdEncoding.WithPadding(base64.NoPadding)
	if bytes.ContainsAny(text, "-_") {
		encoding = base64.URLEncoding.WithPadding(base64.NoPadding)
	}
	start := len(b.Buf)
	plain, err := encoding.AppendDecode(b.Buf, bytes.TrimRight(text, "="))
	if err != nil {
		return nil
	}
	b.Buf = plain
	return plain[start:]
}
