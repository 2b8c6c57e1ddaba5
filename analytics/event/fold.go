package event

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"redshank/analytics/ascii"
)

// fold appends b to dst in lower case, control characters replaced by '_'. ASCII
// takes no allocation; anything else goes through Unicode's tables,
// which allocate, but then whole days pass without such a name. b may be dst
// itself.
func fold(dst, b []byte) []byte {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return foldUnicode(dst, b)
		}
	}
	start := len(dst)
	dst = append(dst, b...)
	for i, c := range dst[start:] {
		dst[start+i] = foldASCII[c]
	}
	return dst
}

// foldASCII is the lower case of each ASCII byte, '_' for a control character.
var foldASCII = func() (t [utf8.RuneSelf]byte) {
	for c := range t {
		if t[c] = ascii.Lower(byte(c)); c < ' ' || c == 0x7f {
			t[c] = '_'
		}
	}
	return t
}()

// foldUnicode is fold by NFKC and full case folding, which makes full-width and
// decomposed spellings of a name equal. Invisible format characters and invalid UTF-8 are
// treated as control characters are. Case folding can undo the normal form, which is
// therefore applied twice.
func foldUnicode(dst, b []byte) []byte {
	// The copy that ToValidUTF8 makes also keeps b, commonly on the caller's
	// stack, from escaping. Broken bytes would stop NFKC at what follows them.
	valid := bytes.ToValidUTF8(b, []byte("_"))
	folded := norm.NFKC.Bytes(cases.Fold().Bytes(norm.NFKC.Bytes(valid)))
	for len(folded) > 0 {
		r, n := utf8.DecodeRune(folded)
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			dst = append(dst, '_')
		} else {
			// Package cases swaps the two cases of Cherokee instead of folding.
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		}
		folded = folded[n:]
	}
	return dst
}

// cut shortens b to at most n bytes without splitting a rune.
func cut(b []byte, n int) []byte {
	if len(b) <= n {
		return b
	}
	for n > 0 && !utf8.RuneStart(b[n]) {
		n--
	}
	return b[:n]
}

// byteSet says which bytes belong to it. bytes.Trim builds one on every call.
type byteSet [256]bool

func setOf(members string) (s byteSet) {
	for i := range len(members) {
		s[members[i]] = true
	}
	return s
}

// What is trimmed from accounts and their parts.
var (
	quoting = setOf(" \t\r\n\x00\"'")
	spaces  = setOf(" ")
	dots    = setOf(" .")
	ats     = setOf(" @")
)

// trim cuts bytes of a set from both ends of b.
func trim(b []byte, set *byteSet) []byte {
	for len(b) > 0 && set[b[0]] {
		b = b[1:]
	}
	for len(b) > 0 && set[b[len(b)-1]] {
		b = b[:len(b)-1]
	}
	return b
}
