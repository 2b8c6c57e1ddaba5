// Package hostconfig reads configurations of Fluent Bit, classic and YAML, as
// far as a check of the redshank outputs in them needs it: sections with their
// properties, includes and variables. It does not know what properties mean.
package hostconfig

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Bounds of the input, so that a wrong path or a recursive include terminates.
const (
	maxFile  = 8 << 20 // bytes
	maxDepth = 16      // includes within includes
)

// Config is the configuration of one agent.
type Config struct {
	Service                  Section
	Inputs, Filters, Outputs []Section
	Parsers                  []Section // also those for several lines

	// Unset are the variables that are used, have no default and are not set.
	// Fluent Bit takes them as empty.
	Unset []string

	variables map[string]string // set by the configuration itself
	getenv    func(name string) (value string, ok bool)
	depth     int
}

// Section is one service, input, filter or output.
type Section struct {
	File       string
	Line       int
	Properties []Property
}

// Property is one key of a section, with variables replaced in the value.
type Property struct {
	Key, Value string // the key in lower case
	Line       int
}

// Get returns the value of key, "" where the section does not have it. The
// last of several wins.
func (s Section) Get(key string) string {
	value := ""
	for _, p := range s.Properties {
		if p.Key == key {
			value = p.Value
		}
	}
	return value
}

// At returns the place of a property as FILE:LINE, or the place of the section if it
// does not have the property.
func (s Section) At(key string) string {
	line := s.Line
	for _, p := range s.Properties {
		if p.Key == key {
			line = p.Line
		}
	}
	return fmt.Sprintf("%s:%d", s.File, line)
}

// On reports whether the value of a switch is on.
func (s Section) On(key string) bool {
	switch strings.ToLower(s.Get(key)) {
	case "on", "true", "yes":
		return true
	}
	return false
}

// Load reads the file path and the files it includes. getenv is os.LookupEnv,
// or another for tests. Files that end in .yaml or .yml are YAML.
func Load(path string, getenv func(name string) (value string, ok bool)) (*Config, error) {
	c := &Config{getenv: getenv, variables: map[string]string{}}
	return c, c.load(path)
}

func (c *Config) load(path string) error {
	if c.depth == maxDepth {
		return fmt.Errorf("%s: includes within includes (want at most %d)", path, maxDepth)
	}
	c.depth++
	defer func() { c.depth-- }()
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	switch ending := strings.ToLower(filepath.Ext(path)); {
	case err != nil:
		return err
	case len(text) > maxFile:
		return fmt.Errorf("%s: larger than %d MiB", path, maxFile>>20)
	case ending == ".yaml" || ending == ".yml":
		return c.loadYAML(path, text)
	}
	return c.loadClassic(path, string(text))
}

// LoadParsers reads the parsers of a file that the key parsers_file names. The path is
// relative to folder, that of the main file.
func (c *Config) LoadParsers(folder, path string) error {
	if !filepath.IsAbs(path) {
		path = filepath.Join(folder, path)
	}
	return c.load(path)
}

// include reads the files that pattern names, which is relative to the file
// that includes them.
func (c *Config) include(from, pattern string) error {
	pattern = c.expand(pattern)
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(filepath.Dir(from), pattern)
	}
	paths, err := filepath.Glob(pattern)
	if err == nil && len(paths) == 0 {
		err = fmt.Errorf("no such file")
	}
	if err != nil {
		return fmt.Errorf("%s: include %s: %w", from, pattern, err)
	}
	for _, path := range paths {
		if err := c.load(path); err != nil {
			return err
		}
	}
	return nil
}

// add adds a section by its kind. Kinds that a check does not need are left
// out.
func (c *Config) add(kind string, s Section) {
	switch strings.ToLower(kind) {
	case "service":
		s.Properties = append(c.Service.Properties, s.Properties...)
		c.Service = s
	case "input":
		c.Inputs = append(c.Inputs, s)
	case "filter":
		c.Filters = append(c.Filters, s)
	case "output":
		c.Outputs = append(c.Outputs, s)
	case "parser", "multiline_parser":
		c.Parsers = append(c.Parsers, s)
	}
}

// property returns a property with variables replaced.
func (c *Config) property(key, value string, line int) Property {
	return Property{strings.ToLower(key), c.expand(value), line}
}

// expand replaces ${NAME} and ${NAME:-DEFAULT}.
func (c *Config) expand(text string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "${")
		name, rest, closed := strings.Cut(after, "}")
		if !found || !closed {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(before)
		b.WriteString(c.variable(name))
		text = rest
	}
}

func (c *Config) variable(text string) string {
	name, def, hasDefault := strings.Cut(text, ":-")
	if value, ok := c.variables[name]; ok {
		return value
	}
	value, ok := c.getenv(name)
	switch {
	case hasDefault && value == "":
		return def
	case !ok:
		c.Unset = append(c.Unset, name)
	}
	return value
}
