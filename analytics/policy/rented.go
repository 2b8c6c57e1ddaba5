package policy

import (
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// rented are the owners of networks of servers for rent and of VPN services.
type rented struct {
	words   map[string]bool // in lower case
	numbers map[uint32]bool
}

// read reads {words: [...], numbers: [...]}.
func (l *rented) read(r *reader, at string, n *yaml.Node) {
	section(fields{
		"words": func(r *reader, at string, n *yaml.Node) {
			r.items(at, n, func(item *yaml.Node) {
				if word, ok := r.value(item, at, "a word of an owner's name"); ok {
					l.words[strings.ToLower(word)] = true
				}
			})
		},
		"numbers": func(r *reader, at string, n *yaml.Node) {
			r.items(at, n, func(item *yaml.Node) {
				text, ok := r.value(item, at, "the number of an autonomous system")
				if !ok {
					return
				}
				number, err := strconv.ParseUint(text, 10, 32)
				if err != nil || number == 0 {
					r.fail(item, at, "%q: not the number of an autonomous system (want 1 to 4294967295)", clip(text))
					return
				}
				l.numbers[uint32(number)] = true
			})
		},
	})(r, at, n)
}

// has reports whether an owner is on the list, by number or by a word of its
// name.
func (l *rented) has(number uint32, name string) bool {
	if l.numbers[number] {
		return number != 0
	}
	for _, word := range strings.FieldsFunc(name, func(c rune) bool { return c != '-' && !unicode.IsLetter(c) && !unicode.IsDigit(c) }) {
		if l.words[strings.ToLower(word)] {
			return true
		}
	}
	return false
}
