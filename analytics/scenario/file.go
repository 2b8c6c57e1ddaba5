package scenario

import (
	"bytes"
	"embed"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// populations are the files that `use: NAME` finds, beside those of a scenario's folder.
//
//go:embed company.yaml
var populations embed.FS

// file is a scenario as written.
type file struct {
	path     string
	Use      string
	Policy   yaml.Node
	Networks map[string]network
	Names    map[string]string
	History  []*group
	Acts     []*group
	Expect   expectations

	population *file // nil: it uses none
}

// network is an entry of the databases of network owners and places.
type network struct {
	AS      uint32
	Owner   string
	Country string
	At      []float64 // latitude and longitude; empty: not known
}

// read reads a scenario file and the population that it uses.
func read(path string) (*file, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f, err := parse(path, text)
	if err != nil || f.Use == "" {
		return f, err
	}
	text, err = populations.ReadFile(f.Use + ".yaml")
	if err != nil {
		text, err = os.ReadFile(filepath.Join(filepath.Dir(path), f.Use))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: use: %w", path, err)
	}
	base, err := parse(f.Use, text)
	if err != nil {
		return nil, err
	}
	f.inherit(base)
	return f, nil
}

// inherit takes what a scenario does not say itself from its population.
func (f *file) inherit(base *file) {
	if f.Networks == nil {
		f.Networks = base.Networks
	}
	if f.Policy.IsZero() {
		f.Policy = base.Policy
	}
	names := maps.Clone(base.Names)
	maps.Copy(names, f.Names)
	f.Names = names
	f.population = base
}

var yamlLine = regexp.MustCompile(`(?:yaml: )?line (\d+): `)

func parse(path string, text []byte) (*file, error) {
	f := &file{path: path}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(f); err != nil {
		short := strings.TrimPrefix(err.Error(), "yaml: unmarshal errors:\n  ")
		return nil, fmt.Errorf("%s", yamlLine.ReplaceAllString(short, filepath.Base(path)+":$1: "))
	}
	return f, nil
}

// group is one act, or several with something in common.
type group struct {
	line   int
	at     string
	every  string
	loops  []loop
	fields map[string]string
	acts   []*group
}

// loop is a variable and its values, not yet expanded.
type loop struct {
	name   string
	values []string
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (g *group) UnmarshalYAML(n *yaml.Node) error {
	g.line, g.fields = n.Line, map[string]string{}
	return pairs(n, func(key string, value *yaml.Node) (err error) {
		switch key {
		case "at":
			g.at = value.Value
		case "every":
			g.every = value.Value
		case "count":
			g.loops = append(g.loops, loop{"k", []string{value.Value}})
		case "each":
			err = pairs(value, g.each)
		case "with":
			err = pairs(value, g.set)
		case "acts":
			err = value.Decode(&g.acts)
		default:
			err = g.set(key, value)
		}
		return err
	})
}

func (g *group) each(name string, value *yaml.Node) error {
	l := loop{name: name}
	if value.Kind == yaml.SequenceNode {
		for _, v := range value.Content {
			l.values = append(l.values, v.Value)
		}
	} else {
		l.values = []string{value.Value}
	}
	g.loops = append(g.loops, l)
	return nil
}

func (g *group) set(key string, value *yaml.Node) error {
	if _, ok := fields[key]; (!ok && key != "do") || value.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d: unknown field %q of an act", value.Line, key)
	}
	g.fields[key] = value.Value
	return nil
}

// pairs calls do for the keys of a mapping in their order.
func pairs(n *yaml.Node, do func(string, *yaml.Node) error) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: not a mapping", n.Line)
	}
	for i := 0; i < len(n.Content); i += 2 {
		if err := do(n.Content[i].Value, n.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}
