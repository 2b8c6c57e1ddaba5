package hostconfig

import (
	"fmt"
	"regexp"
	"strings"
)

// anyTag are the inputs whose records bring a tag of their own.
var anyTag = map[string]bool{"forward": true, "http": true, "splunk": true, "elasticsearch": true, "opentelemetry": true, "lib": true, "mqtt": true}

// Tags returns a pattern of the tags of each input, in the order of Inputs, and
// "*" behind them where a filter gives records other tags.
func (c *Config) Tags() []string {
	var tags []string
	count := map[string]int{}
	for _, in := range c.Inputs {
		name, tag := strings.ToLower(in.Get("name")), in.Get("tag")
		switch {
		case name == "http", anyTag[name] && tag == "":
			tag = "*"
		case tag == "":
			tag = fmt.Sprintf("%s.%d", name, count[name])
		}
		count[name]++
		tags = append(tags, tag)
	}
	for _, f := range c.Filters {
		if strings.EqualFold(f.Get("name"), "rewrite_tag") {
			return append(tags, "*")
		}
	}
	return tags
}

// Matches reports whether an output or filter may be given records with tag,
// which may be a pattern. A regular expression that Go does not know, and one
// against a pattern, may match anything.
func (s Section) Matches(tag string) bool {
	if expression := s.Get("match_regex"); expression != "" {
		re, err := regexp.Compile(expression)
		return err != nil || strings.Contains(tag, "*") || re.MatchString(tag)
	}
	return overlap(s.Get("match"), tag)
}

// overlap reports whether a text exists that both patterns match. A `*` stands
// for any text, also none.
func overlap(a, b string) bool {
	// row[j] reports whether the part of a read so far overlaps b[:j].
	row := make([]bool, len(b)+1)
	row[0] = true
	for j := range len(b) {
		row[j+1] = row[j] && b[j] == '*'
	}
	for i := range len(a) {
		last := row[0]
		row[0] = last && a[i] == '*'
		for j := range len(b) {
			above := row[j+1]
			if a[i] == '*' || b[j] == '*' {
				row[j+1] = above || row[j]
			} else {
				row[j+1] = last && a[i] == b[j]
			}
			last = above
		}
	}
	return row[len(b)]
}
