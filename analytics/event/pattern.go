package event

import (
	"bytes"
	"strings"

	"redshank/analytics/ascii"
)

// Pattern is a text in which each `*` stands for anything: `curl/*` is a
// prefix, `*bot*` a part, `svc-*@contoso.com` both ends. It is compared without
// regard to ASCII case, and a plus sign is a space, since IIS writes spaces so.
type Pattern struct {
	first, last string   // what must stand at the ends
	middle      []string // what must stand between, in this order
	exact       bool     // no `*` at all: first is the whole
	needs       letters  // of all of them
	source      string
}

// ParsePattern reads a pattern. Every text is one.
func ParsePattern(s string) Pattern { return newPattern(s, string(foldAgent(nil, []byte(s)))) }

// AccountPattern reads a pattern of canonical accounts, for MatchAccount. There
// a plus sign is a plus sign.
func AccountPattern(s string) Pattern { return newPattern(s, string(fold(nil, []byte(s)))) }

func newPattern(s, folded string) Pattern {
	pieces := strings.Split(folded, "*")
	needs := lettersOf([]byte(strings.Join(pieces, "")))
	last := len(pieces) - 1
	if last == 0 {
		return Pattern{first: pieces[0], exact: true, needs: needs, source: s}
	}
	return Pattern{first: pieces[0], middle: pieces[1:last], last: pieces[last], needs: needs, source: s}
}

// letters is a set of bytes, one bit for each folded letter and for each eight
// of the digits and signs. A text that lacks one that a pattern needs need not
// be compared with it, and few texts have all that any one pattern needs.
type letters uint64

func lettersOf(b []byte) (set letters) {
	for _, c := range b {
		if c < 64 {
			c /= 8
		}
		set |= 1 << (c % 64)
	}
	return set
}

func (p Pattern) String() string { return p.source }

// Literal reports whether p matches one text only.
func (p Pattern) Literal() bool { return p.exact }

// Anything reports whether p matches every text.
func (p Pattern) Anything() bool {
	return !p.exact && p.first+p.last+strings.Join(p.middle, "") == ""
}

// matchFolded reports whether p matches b, which foldAgent has been over.
// Taking each piece as early as it can stand is enough: there is nothing in a
// pattern that a later place could satisfy and an earlier one not.
func (p Pattern) matchFolded(b []byte) bool {
	if p.exact {
		return string(b) == p.first
	}
	if len(b) < len(p.first)+len(p.last) || !hasPrefix(b, p.first) || string(b[len(b)-len(p.last):]) != p.last {
		return false
	}
	b = b[len(p.first) : len(b)-len(p.last)]
	for _, piece := range p.middle {
		i := index(b, piece)
		if i < 0 {
			return false
		}
		b = b[i+len(piece):]
	}
	return true
}

// MatchAccount reports whether p, an AccountPattern, matches a canonical account.
func (p Pattern) MatchAccount(user []byte) bool { return p.matchFolded(user) }

// Match reports whether p matches the first 512 bytes of b.
func (p Pattern) Match(b []byte) bool {
	var scratch [maxAgent]byte
	return p.matchFolded(foldAgent(scratch[:0], cut(b, maxAgent)))
}

// index is bytes.Index for a needle that is a string.
func index(b []byte, piece string) int {
	if len(piece) == 0 {
		return 0
	}
	for from := 0; ; {
		i := bytes.IndexByte(b[from:], piece[0])
		if i < 0 || from+i+len(piece) > len(b) {
			return -1
		}
		from += i
		if string(b[from:from+len(piece)]) == piece {
			return from
		}
		from++
	}
}

// foldAgent appends b in lower case, plus signs turned into spaces.
func foldAgent(dst, b []byte) []byte {
	for _, c := range b {
		if c == '+' {
			c = ' '
		}
		dst = append(dst, ascii.Lower(c))
	}
	return dst
}

// maxAgent is how much of a user agent is read, in bytes.
const maxAgent = 512
