package policy

import (
	"bytes"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"redshank/analytics/ascii"
	"redshank/analytics/policy/strict"
)

// fragment is a piece of script text that identifies a tool.
type fragment struct {
	text []byte // in lower case
	tool string
}

// Bounds of a fragment, in bytes: a shorter one would match too much, a longer
// one could fall between two windows of a search.
const minFragment, maxFragment = 4, 64

// scripts are the fragments, in the order of the content.
type scripts struct {
	list  []fragment
	texts searchTexts // of all of them
}

// ScriptTool returns the first tool with a fragment in the script, "" for none.
// It reads the text in windows that overlap, so that folding its case needs no
// copy of the whole.
func (s *scripts) ScriptTool(script []byte) string {
	var window [1024]byte
	for {
		n := min(len(script), len(window))
		for i, b := range script[:n] {
			window[i] = ascii.Lower(b)
		}
		if s.texts.in(window[:n]) {
			return s.first(window[:n])
		}
		if n == len(script) {
			return ""
		}
		script = script[n-maxFragment:]
	}
}

// first returns the first tool with a fragment in a text in lower case, "" for none.
func (s *scripts) first(text []byte) string {
	for _, f := range s.list {
		if bytes.Contains(text, f.text) {
			return f.tool
		}
	}
	return ""
}

// read reads {tool: [fragments]}.
func (s *scripts) read(r *strict.Reader, at string, n *yaml.Node) {
	r.Each(at, n, func(tool *yaml.Node, at string, value *yaml.Node) {
		strict.Texts("a piece of script text", func(text string) string {
			if len(text) < minFragment || len(text) > maxFragment {
				return fmt.Sprintf("%d bytes long (want %d to %d)", len(text), minFragment, maxFragment)
			}
			text = strings.ToLower(text)
			s.list = append(s.list, fragment{[]byte(text), tool.Value})
			s.texts.add(text)
			return ""
		})(r, at, value)
	})
}

// searchTexts are texts that are looked for in others all at once: by their first two
// bytes, one pass over the other text however many there are. To search for each
// of the 18 there are took six times as long in what the directory audit writes.
type searchTexts struct {
	texts []string
	pairs [1 << 16 / 64]uint64 // which first two bytes there are
}

// add takes a text of at least two bytes.
func (p *searchTexts) add(text string) {
	p.texts = append(p.texts, text)
	pair := pairOf(text[0], text[1])
	p.pairs[pair/64] |= 1 << (pair % 64)
}

// lower reads a list of texts in lower case.
func (p *searchTexts) lower() strict.Field {
	return strict.Texts("a part of a value", func(text string) string {
		if len(text) < minPart || text != strings.ToLower(text) {
			return fmt.Sprintf("not in lower case, or too short (want at least %d bytes)", minPart)
		}
		p.add(text)
		return ""
	})
}

// minPart is the least length of a part of a value, in bytes.
const minPart = 3

func pairOf(first, second byte) uint16 { return uint16(first)<<8 | uint16(second) }

// in reports whether one of them stands in b.
func (p *searchTexts) in(b []byte) bool {
	for i := 1; i < len(b); i++ {
		pair := pairOf(b[i-1], b[i])
		if p.pairs[pair/64]>>(pair%64)&1 != 0 && p.start(b[i-1:]) {
			return true
		}
	}
	return false
}

// start reports whether b starts with one of them.
func (p *searchTexts) start(b []byte) bool {
	for _, text := range p.texts {
		if len(b) >= len(text) && string(b[:len(text)]) == text {
			return true
		}
	}
	return false
}
