package policy

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"
)

// fragment is a piece of script text that identifies a tool.
type fragment struct {
	text []byte // in lower case
	tool string
}

// Bounds of a fragment, in bytes: a shorter one would match too much, a longer
// one could fall between two windows of a search.
const minFragment, maxFragment = 4, 64

// scriptTool returns the first tool with a fragment in the script, "" for none.
// It reads the text in windows that overlap, so that folding its case needs no
// copy of the whole.
func (c *content) scriptTool(script []byte) string {
	var window [1024]byte
	for {
		n := min(len(script), len(window))
		for i, b := range script[:n] {
			if b >= 'A' && b <= 'Z' {
				b += 'a' - 'A'
			}
			window[i] = b
		}
		for i := range c.scripts {
			if bytes.Contains(window[:n], c.scripts[i].text) {
				return c.scripts[i].tool
			}
		}
		if n == len(script) {
			return ""
		}
		script = script[n-maxFragment:]
	}
}

// readScripts reads {tool: [fragments]}.
func (c *content) readScripts(r *reader, at string, n *yaml.Node) {
	r.each(at, n, func(tool *yaml.Node, at string, value *yaml.Node) {
		r.items(at, value, func(item *yaml.Node) {
			text, ok := r.value(item, at, "a piece of script text")
			switch {
			case ok && (len(text) < minFragment || len(text) > maxFragment):
				r.fail(item, at, "%q: %d bytes long (want %d to %d)", clip(text), len(text), minFragment, maxFragment)
			case ok:
				c.scripts = append(c.scripts, fragment{[]byte(strings.ToLower(text)), tool.Value})
			}
		})
	})
}
