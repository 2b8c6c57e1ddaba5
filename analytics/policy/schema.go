package policy

import (
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// shape is a JSON Schema of one value. A reader that has one describes what it
// would read instead of reading it, so the schema cannot drift from the reader.
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

// durationPattern is what ParseDuration reads, but for its bounds.
const durationPattern = `^([0-9]+d)?([0-9.]+(ns|us|µs|ms|s|m|h))*$`

// Types of values in YAML that the reader takes as text, and of a mapping: a
// key without a value leaves what it names as it is.
var (
	scalarTypes  = []string{"string", "number", "boolean"}
	mappingTypes = []string{"object", "null"}
)

// Schema returns the JSON Schema (draft 7) of a policy, indented. Descriptions
// and defaults are those of the default policy.
func Schema() []byte {
	root := &shape{}
	p := &Policy{content: loadContent(), domains: newDomains()}
	r := &reader{shape: root}
	section(p.fields(nil))(r, "", &yaml.Node{})
	var defaultPolicy yaml.Node
	if err := yaml.Unmarshal(defaults, &defaultPolicy); err != nil {
		panic(fmt.Sprintf("policy: embedded default: %v", err)) // a bug, found by any test
	}
	root.annotate(defaultPolicy.Content[0])
	root.Schema, root.Title = "http://json-schema.org/draft-07/schema#", "Redshank policy"
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("policy: schema: %v", err)) // shapes have no value that JSON has not
	}
	return append(text, '\n')
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
func (r *reader) within(child *shape, describe func()) *shape {
	outer := r.shape
	r.shape = child
	describe()
	r.shape = outer
	return child
}

// describeSection fills the shape of a mapping with a table of keys.
func (r *reader) describeSection(known fields) {
	s := r.shape
	s.Type, s.Others, s.Properties = mappingTypes, false, map[string]*shape{}
	for name, read := range known {
		s.Properties[name] = r.within(&shape{}, func() { read(r, name, &yaml.Node{}) })
	}
}

// describeEach fills the shape of a mapping with any keys.
func (r *reader) describeEach(f func(key *yaml.Node, at string, value *yaml.Node)) {
	r.shape.Type = mappingTypes
	r.shape.Others = r.within(&shape{}, func() { f(&yaml.Node{}, "", &yaml.Node{}) })
}

// describeItems fills the shape of a list, which one value can stand for.
func (r *reader) describeItems(f func(n *yaml.Node)) {
	item := r.within(&shape{}, func() { f(&yaml.Node{}) })
	r.shape.AnyOf = []*shape{{Type: "array", Items: item}, item, {Type: "null"}}
}

// either reads a mapping with the function mapping, and any other node with single.
func (r *reader) either(n *yaml.Node, mapping, single func()) {
	switch {
	case r.shape != nil:
		r.shape.AnyOf = []*shape{r.within(&shape{}, single), r.within(&shape{}, mapping)}
	case n.Kind == yaml.MappingNode:
		mapping()
	default:
		single()
	}
}
