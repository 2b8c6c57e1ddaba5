package strict

import (
	"encoding/json"
	"strings"

	"go.yaml.in/yaml/v3"
)

// shape is the JSON Schema of one value. A Reader with a shape describes the values
// instead of reading them, so the schema cannot differ from the reader.
type shape struct {
	Schema      string            `json:"$schema,omitempty"`
	Title       string            `json:"title,omitempty"`
	Description string            `json:"description,omitempty"`
	Type        any               `json:"type,omitempty"` // a name, or several
	Default     any               `json:"default,omitempty"`
	Enum        []string          `json:"enum,omitempty"`
	Pattern     string            `json:"pattern,omitempty"`
	Minimum     *int              `json:"minimum,omitempty"`
	Maximum     *int              `json:"maximum,omitempty"`
	AnyOf       []*shape          `json:"anyOf,omitempty"`
	Items       *shape            `json:"items,omitempty"`
	Properties  map[string]*shape `json:"properties,omitempty"`
	Others      any               `json:"additionalProperties,omitempty"` // a shape, or false
}

// durationPattern matches what parseDuration reads, apart from its bounds.
const durationPattern = `^([0-9]+d)?([0-9.]+(ns|us|µs|ms|s|m|h))*$`

// The types of the YAML values that are read as text, and of a mapping. A key without
// a value changes nothing.
var (
	scalarTypes  = []string{"string", "number", "boolean"}
	mappingTypes = []string{"object", "null"}
)

// Schema returns the JSON Schema (draft 7) of a mapping of known keys, indented. Its
// descriptions and defaults are the comments and values of the YAML text defaults.
func Schema(title string, known Fields, defaults []byte) ([]byte, error) {
	root := &shape{}
	Section(known)(&Reader{shape: root}, "", &yaml.Node{})
	var tree yaml.Node
	if err := yaml.Unmarshal(defaults, &tree); err != nil {
		return nil, err
	}
	root.annotate(tree.Content[0])
	root.Schema, root.Title = "http://json-schema.org/draft-07/schema#", title
	text, err := json.MarshalIndent(root, "", "  ")
	return joinShort(text), err
}

// joinShort returns indented JSON with every object and array on one line that fits
// on one.
func joinShort(text []byte) []byte {
	const fits = 110
	var lines []string
	var open []int // where the objects and arrays around a line begin
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		lines = append(lines, line)
		switch inner := strings.TrimLeft(line, " "); {
		case strings.HasSuffix(line, "{"), strings.HasSuffix(line, "["):
			open = append(open, len(lines)-1)
		case strings.HasPrefix(inner, "}"), strings.HasPrefix(inner, "]"):
			begin := open[len(open)-1]
			open = open[:len(open)-1]
			joined := lines[begin]
			for i, next := range lines[begin+1:] {
				if next = strings.TrimLeft(next, " "); i > 0 && begin+1+i < len(lines)-1 {
					next = " " + next
				}
				joined += next
			}
			if len(joined) <= fits {
				lines = append(lines[:begin], joined)
			}
		}
	}
	return []byte(strings.Join(lines, "\n") + "\n")
}

// annotate adds the comments and values of the mapping n as descriptions and
// defaults.
func (s *shape) annotate(n *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		known := s.Properties[key.Value]
		if known == nil {
			continue
		}
		known.Description = commentText(key.HeadComment, key.LineComment, value.LineComment)
		if value.Kind == yaml.ScalarNode {
			_ = value.Decode(&known.Default) // every scalar has a value in Go
		}
		known.annotate(value)
	}
}

// commentText returns comments as one line of text.
func commentText(comments ...string) string {
	text := strings.ReplaceAll(strings.Join(comments, " "), "#", " ")
	return strings.Join(strings.Fields(text), " ")
}

// within calls describe with child as the shape to fill.
func (r *Reader) within(child *shape, describe func()) *shape {
	outer := r.shape
	r.shape = child
	describe()
	r.shape = outer
	return child
}

// describeSection fills the shape of a mapping with a table of keys.
func (r *Reader) describeSection(known Fields) {
	s := r.shape
	s.Type, s.Others, s.Properties = mappingTypes, false, map[string]*shape{}
	for name, read := range known {
		s.Properties[name] = r.within(&shape{}, func() { read(r, name, &yaml.Node{}) })
	}
}

// describeEach fills the shape of a mapping with any keys.
func (r *Reader) describeEach(f func(key *yaml.Node, at string, value *yaml.Node)) {
	r.shape.Type = mappingTypes
	r.shape.Others = r.within(&shape{}, func() { f(&yaml.Node{}, "", &yaml.Node{}) })
}

// describeItems fills the shape of a list, which one value can stand for.
func (r *Reader) describeItems(f func(n *yaml.Node)) {
	item := r.within(&shape{}, func() { f(&yaml.Node{}) })
	r.shape.AnyOf = []*shape{{Type: "array", Items: item}, item, {Type: "null"}}
}

// Either reads a mapping with the function mapping, and any other node with single.
func (r *Reader) Either(n *yaml.Node, mapping, single func()) {
	switch {
	case r.shape != nil:
		r.shape.AnyOf = []*shape{r.within(&shape{}, single), r.within(&shape{}, mapping)}
	case n.Kind == yaml.MappingNode:
		mapping()
	default:
		single()
	}
}
