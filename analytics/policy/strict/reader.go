// Package strict reads YAML strictly: unknown keys, bad values and missing files are
// all reported, with file, line, value and what is expected. The functions that read
// a value also describe it, so a JSON Schema comes from the same tables.
package strict

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"redshank/analytics/spelling"
)

// Reader walks a YAML tree against tables of fields and collects every problem
// instead of stopping at the first. The struct decoding of package yaml reports Go
// types instead of keys, and stops checking at the first wrong value.
type Reader struct {
	file     string // as the user wrote it
	dir      string // relative paths in the file start from here
	problems []problem
	lines    map[string]int // line of each key path, for checks across keys
	shape    *shape         // not nil: describe the values instead of reading them
}

// problem is one mistake in a file.
type problem struct {
	file string
	line int
	text string // from the key path on
}

func (p problem) Error() string { return fmt.Sprintf("%s:%d: %s", p.file, p.line, p.text) }

// Field reads the value of one key, whose path from the root is at.
type Field func(r *Reader, at string, n *yaml.Node)

// Fields are the keys that a mapping may have.
type Fields map[string]Field

// Fail adds a problem with a node to the errors.
func (r *Reader) Fail(n *yaml.Node, at, format string, args ...any) {
	if r.shape != nil {
		return
	}
	text := fmt.Sprintf(format, args...)
	if at != "" {
		text = at + ": " + text
	}
	r.problems = append(r.problems, problem{r.file, n.Line, text})
}

// FailEach adds every error of a list file, each with the node that names the file.
func (r *Reader) FailEach(n *yaml.Node, at string, err error) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range many.Unwrap() {
			r.FailEach(n, at, err)
		}
	} else if err != nil {
		r.Fail(n, at, "%v", err)
	}
}

// Value returns the text of a scalar, and reports false for anything else, which is a
// problem.
func (r *Reader) Value(n *yaml.Node, at, want string) (string, bool) {
	if r.shape != nil {
		r.shape.Type = scalarTypes
		return "", false
	}
	n = resolve(n)
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.Fail(n, at, "%s: not a single value (want %s)", describeNode(n), want)
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

// describeNode names a node that has the wrong shape.
func describeNode(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "empty"
	}
	return fmt.Sprintf("%q", Clip(n.Value))
}

// Clip shortens a value for a message.
func Clip(s string) string {
	const most = 80
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

// Section reads a mapping by a table of its keys. An empty section changes
// nothing.
func Section(known Fields) Field {
	return func(r *Reader, at string, n *yaml.Node) {
		if r.shape != nil {
			r.describeSection(known)
			return
		}
		r.Each(at, n, func(key *yaml.Node, at string, value *yaml.Node) {
			read, ok := known[key.Value]
			if !ok {
				r.Fail(key, at, "unknown key (%swant %s)", DidYouMean(key.Value, names(known)), strings.Join(names(known), ", "))
				return
			}
			read(r, at, value)
		})
	}
}

// Each calls f for every key of a mapping. A key that is given twice is a problem.
func (r *Reader) Each(at string, n *yaml.Node, f func(key *yaml.Node, at string, value *yaml.Node)) {
	if r.shape != nil {
		r.describeEach(f)
		return
	}
	n = resolve(n)
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.Fail(n, at, "%s: not a mapping of keys to values", describeNode(n))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		path := Join(at, key.Value)
		if seen[key.Value] {
			r.Fail(key, path, "given twice")
			continue
		}
		seen[key.Value] = true
		r.lines[path] = key.Line
		f(key, path, n.Content[i+1])
	}
}

// Items calls f for every element of a list; a single value is a list of one.
func (r *Reader) Items(at string, n *yaml.Node, f func(n *yaml.Node)) {
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

// Join adds a key to the path of its mapping.
func Join(at, key string) string {
	key = Clip(key)
	if at == "" {
		return key
	}
	return at + "." + key
}

// names returns the keys of a table, sorted.
func names(known Fields) []string { return slices.Sorted(maps.Keys(known)) }

// DidYouMean returns a suggestion followed by a space, or "" if no known word is
// similar.
func DidYouMean(word string, known []string) string {
	if near := spelling.Nearest(word, known); near != "" {
		return "did you mean " + near + "? "
	}
	return ""
}

// Err returns all problems, in the order of their lines.
func (r *Reader) Err() error {
	slices.SortStableFunc(r.problems, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line))
	})
	errs := make([]error, len(r.problems))
	for i, p := range r.problems {
		errs[i] = p
	}
	return errors.Join(errs...)
}

// FailAt adds a problem with a key path to the errors, with the line of the key.
func (r *Reader) FailAt(at, text string) {
	r.problems = append(r.problems, problem{r.file, r.lines[at], at + ": " + text})
}

// Path returns a path of the file, relative to the place of the file.
func (r *Reader) Path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(r.dir, p)
}
