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

// Read reads a YAML text by a table of fields. Errors name the file name, and
// relative paths start from dir. The Reader is nil if the text is not YAML; it
// collects the errors of later checks, too.
func Read(name, dir string, text []byte, known Fields) (*Reader, error) {
	r := &Reader{file: name, dir: dir, lines: map[string]int{}}
	decode := yaml.NewDecoder(bytes.NewReader(text))
	var root yaml.Node
	err := decode.Decode(&root)
	if errors.Is(err, io.EOF) {
		return r, nil
	}
	if err != nil {
		return nil, syntaxError(name, err)
	}
	if err := decode.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: more than one document", name)
	}
	Section(known)(r, "", root.Content[0])
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
