package hostconfig

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// loadYAML reads the YAML format. Variables are set before they are used and
// files are included last, as Fluent Bit does it.
func (c *Config) loadYAML(path string, text []byte) error {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return fmt.Errorf("%s: %s", path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(root.Content) == 0 {
		return nil
	}
	top := root.Content[0]
	if top.Kind != yaml.MappingNode {
		return fmt.Errorf("%s:%d: not a mapping of sections", path, top.Line)
	}
	eachKey(get(top, "env"), func(key, value *yaml.Node) {
		c.variables[key.Value] = c.expand(value.Value)
	})
	if service := get(top, "service"); service != nil {
		c.add("service", c.section(path, service))
	}
	pipeline := get(top, "pipeline")
	for _, kind := range []string{"input", "filter", "output"} {
		list := get(pipeline, kind+"s")
		if list == nil {
			continue
		}
		for _, item := range list.Content {
			c.add(kind, c.section(path, item))
		}
	}
	for _, kind := range []string{"parser", "multiline_parser"} {
		if list := get(top, kind+"s"); list != nil {
			for _, item := range list.Content {
				c.add(kind, c.section(path, item))
			}
		}
	}
	if includes := get(top, "includes"); includes != nil {
		for _, item := range includes.Content {
			if err := c.include(path, item.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

// section returns a mapping as a section. Of a value that is a list, each
// element becomes a property; nested mappings (processors) are left out.
func (c *Config) section(path string, n *yaml.Node) Section {
	s := Section{File: path, Line: n.Line}
	eachKey(n, func(key, value *yaml.Node) {
		values := []*yaml.Node{value}
		if value.Kind == yaml.SequenceNode {
			values = value.Content
		}
		for _, v := range values {
			if v.Kind == yaml.ScalarNode {
				s.Properties = append(s.Properties, c.property(key.Value, v.Value, key.Line))
			}
		}
	})
	return s
}

// get returns the value of a key of a mapping, or nil if the key is absent.
func get(n *yaml.Node, name string) (found *yaml.Node) {
	eachKey(n, func(key, value *yaml.Node) {
		if strings.EqualFold(key.Value, name) {
			found = value
		}
	})
	return found
}

// eachKey calls f for every key of a mapping. It does nothing for any other node.
func eachKey(n *yaml.Node, f func(key, value *yaml.Node)) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		value := n.Content[i+1]
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		f(n.Content[i], value)
	}
}
