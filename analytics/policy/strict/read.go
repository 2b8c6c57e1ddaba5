package strict

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// Tree is a parsed YAML text, which can be read any number of times.
type Tree struct {
	name string
	root *yaml.Node // nil: the text is empty
}

// Parse parses a YAML text. Errors name the file name.
func Parse(name string, text []byte) (Tree, error) {
	decode := yaml.NewDecoder(bytes.NewReader(text))
	var root yaml.Node
	err := decode.Decode(&root)
	if errors.Is(err, io.EOF) {
		return Tree{name, nil}, nil
	}
	if err != nil {
		return Tree{}, syntaxError(name, err)
	}
	if err := decode.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return Tree{}, fmt.Errorf("%s: more than one document", name)
	}
	return Tree{name, root.Content[0]}, nil
}

// Read reads the tree by a table of fields. Relative paths start from dir. The Reader
// collects the errors of later checks, too.
func (t Tree) Read(dir string, known Fields) (*Reader, error) {
	r := &Reader{file: t.name, dir: dir, lines: map[string]int{}}
	if t.root != nil {
		Section(known)(r, "", t.root)
	}
	return r, r.Err()
}

// yamlLine finds the line in yaml's own errors ("yaml: line 3: did not ...").
// Those of its parser, unlike those of its scanner, count lines from 0.
var (
	yamlLine   = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)
	yamlParser = regexp.MustCompile(`^did not find expected (key|node content|',|'-'|<)`)
)

// syntaxError converts an error of package yaml to the form of all others.
func syntaxError(name string, err error) error {
	text, line := err.Error(), 0
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		text = text[len(m[0]):]
		line, _ = strconv.Atoi(m[1])
	}
	if yamlParser.MatchString(text) {
		line++
	}
	return problem{name, max(line, 1), text}
}
