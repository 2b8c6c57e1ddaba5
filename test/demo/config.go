package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// config writes a pipeline for this day, with one tail input for each tag. The
// configurations for production are in conf/.
func (p *player) config() string {
	var b strings.Builder
	b.WriteString("service:\n  flush: 1\n  log_level: info\n  http_listen: 127.0.0.1\n")
	b.WriteString("parsers:\n  - name: json\n    format: json\npipeline:\n  inputs:\n")
	for _, tag := range p.tags() {
		b.WriteString(p.input(tag))
	}
	fmt.Fprintf(&b, "  outputs:\n    - name: redshank\n      match: '*'\n      policy: %s\n      sink: file\n      sink_path: %s\n", p.policy(), p.alerts)
	return b.String()
}

func (p *player) tags() []string {
	var tags []string
	for _, s := range p.day.Streams {
		tags = append(tags, s.Tag)
	}
	return slices.Compact(tags) // the streams are sorted by tag
}

func (p *player) input(tag string) string {
	var paths []string
	parser := ""
	for _, s := range p.day.Streams {
		if s.Tag != tag {
			continue
		}
		paths = append(paths, filepath.Join(p.out, s.Path))
		if s.JSON {
			parser = "      parser: json\n"
		}
	}
	return fmt.Sprintf(`    - name: tail
      tag: %s
      path: %s
      path_key: path
      read_from_head: on
      buffer_max_size: 1M
      skip_long_lines: on
%s`, tag, strings.Join(paths, ","), parser)
}
