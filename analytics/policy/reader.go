package policy

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"redshank/analytics/spelling"
)

// reader walks a YAML tree against tables of fields and gathers every problem
// instead of stopping at the first. Not yaml's own struct decoding: that names
// Go types and no keys, and stops checking where the first value is wrong.
type reader struct {
	file     string // as the user wrote it
	dir      string // what relative paths in it start from
	problems []problem
	lines    map[string]int // line of each key path, for checks across keys
	shape    *shape         // not nil: describe what would be read
}

// problem is one thing wrong with a policy.
type problem struct {
	file string
	line int
	text string // from the key path on
}

func (p problem) Error() string { return fmt.Sprintf("%s:%d: %s", p.file, p.line, p.text) }

// field reads the value of one key, whose path from the root is at.
type field func(r *reader, at string, n *yaml.Node)

// fields are the keys that a mapping may have.
type fields map[string]field

// fail notes a problem with a node.
func (r *reader) fail(n *yaml.Node, at, format string, args ...any) {
	if r.shape != nil {
		return
	}
	text := fmt.Sprintf(format, args...)
	if at != "" {
		text = at + ": " + text
	}
	r.problems = append(r.problems, problem{r.file, n.Line, text})
}

// failEach notes every error of a list file, each with the node that names the
// file.
func (r *reader) failEach(n *yaml.Node, at string, err error) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range many.Unwrap() {
			r.failEach(n, at, err)
		}
	} else if err != nil {
		r.fail(n, at, "%v", err)
	}
}

// value is the text of a scalar. Anything else is a problem.
func (r *reader) value(n *yaml.Node, at, want string) (string, bool) {
	if r.shape != nil {
		r.shape.Type = scalarTypes
		return "", false
	}
	n = resolve(n)
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.fail(n, at, "%s: not a single value (want %s)", describe(n), want)
		return "", false
	}
	return n.Value, true
}

// resolve follows an alias. One step is enough: an anchor is never an alias.
func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// describe names a node that has the wrong shape.
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "empty"
	}
	return fmt.Sprintf("%q", clip(n.Value))
}

// clip keeps a wrong value from filling the message.
func clip(s string) string {
	const most = 80
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

// section reads a mapping by a table of its keys. An empty section changes
// nothing.
func section(known fields) field {
	return func(r *reader, at string, n *yaml.Node) {
		if r.shape != nil {
			r.describeSection(known)
			return
		}
		r.each(at, n, func(key *yaml.Node, at string, value *yaml.Node) {
			read, ok := known[key.Value]
			if !ok {
				r.fail(key, at, "unknown key (%swant %s)", didYouMean(key.Value, names(known)), strings.Join(names(known), ", "))
				return
			}
			read(r, at, value)
		})
	}
}

// each calls f for every key of a mapping. A key that comes twice is a problem.
func (r *reader) each(at string, n *yaml.Node, f func(key *yaml.Node, at string, value *yaml.Node)) {
	if r.shape != nil {
		r.describeEach(f)
		return
	}
	n = resolve(n)
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.fail(n, at, "%s: not a mapping of keys to values", describe(n))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		path := join(at, key.Value)
		if seen[key.Value] {
			r.fail(key, path, "given twice")
			continue
		}
		seen[key.Value] = true
		r.lines[path] = key.Line
		f(key, path, n.Content[i+1])
	}
}

// items calls f for every element of a list; a single value is a list of one.
func (r *reader) items(at string, n *yaml.Node, f func(n *yaml.Node)) {
	if r.shape != nil {
		r.describeItems(f)
		return
	}
	n = resolve(n)
	switch {
	case n.Kind == yaml.SequenceNode:
		for _, item := range n.Content {
			f(resolve(item))
		}
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
	default:
		f(n)
	}
}

// join adds a key to the path of its mapping.
func join(at, key string) string {
	key = clip(key)
	if at == "" {
		return key
	}
	return at + "." + key
}

// names returns the keys of a table, sorted.
func names(known fields) []string { return slices.Sorted(maps.Keys(known)) }

// didYouMean returns a suggestion with a separator behind it, "" where no word
// is near.
func didYouMean(word string, known []string) string {
	if near := spelling.Nearest(word, known); near != "" {
		return "did you mean " + near + "? "
	}
	return ""
}

// err is all problems, in the order of their lines.
func (r *reader) err() error {
	slices.SortStableFunc(r.problems, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line))
	})
	errs := make([]error, len(r.problems))
	for i, p := range r.problems {
		errs[i] = p
	}
	return errors.Join(errs...)
}

// failAt notes a problem with a key path, at the line where it stands.
func (r *reader) failAt(at, text string) {
	r.problems = append(r.problems, problem{r.file, r.lines[at], at + ": " + text})
}
