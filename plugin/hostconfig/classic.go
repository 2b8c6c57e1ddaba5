package hostconfig

import (
	"fmt"
	"strings"
)

// loadClassic reads the classic format: [SECTION] lines, with the properties
// of the section on the lines below it.
func (c *Config) loadClassic(path, text string) error {
	var kind string
	var section Section
	end := func() {
		c.add(kind, section)
		kind = ""
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			end()
			name, rest, closed := strings.Cut(line[1:], "]")
			if !closed || rest != "" {
				return fmt.Errorf("%s:%d: %q: not a section (want [OUTPUT])", path, number, line)
			}
			kind, section = name, Section{File: path, Line: number}
		case line[0] == '@':
			end()
			if err := c.command(path, number, line); err != nil {
				return err
			}
		case kind == "":
			return fmt.Errorf("%s:%d: %q: outside of a section", path, number, line)
		default:
			key, value := word(line)
			section.Properties = append(section.Properties, c.property(key, value, number))
		}
	}
	end()
	return nil
}

// command follows @INCLUDE and @SET.
func (c *Config) command(path string, number int, line string) error {
	name, value := word(line)
	switch strings.ToUpper(name) {
	case "@INCLUDE":
		return c.include(path, value)
	case "@SET":
		key, value, ok := strings.Cut(value, "=")
		if !ok {
			return fmt.Errorf("%s:%d: %q: no assignment (want @SET NAME=VALUE)", path, number, line)
		}
		c.variables[strings.TrimSpace(key)] = c.expand(strings.TrimSpace(value))
		return nil
	}
	return fmt.Errorf("%s:%d: %q: unknown (want @INCLUDE or @SET)", path, number, line)
}

// word returns the first word of line and the rest of the line.
func word(line string) (first, rest string) {
	i := strings.IndexAny(line, " \t")
	if i < 0 {
		return line, ""
	}
	return line[:i], strings.TrimSpace(line[i:])
}
