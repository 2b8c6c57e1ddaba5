package command

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"redshank/plugin/hostconfig"
)

// checkParsers finds files of parsers that cannot be read, and inputs and filters that
// name a parser which is nowhere defined. folder is that of the main file.
func (a *agentCheck) checkParsers(folder string) {
	whole := true
	for _, p := range slices.Clone(a.config.Service.Properties) {
		if p.Key != "parsers_file" {
			continue
		}
		if err := a.config.LoadParsers(folder, p.Value); err != nil {
			a.error(a.config.Service.At("parsers_file"), "parsers_file: %v", err)
			whole = false
		}
	}
	if !whole {
		return // the parser may be in the file that was not read
	}
	var defined []string
	for _, p := range a.config.Parsers {
		defined = append(defined, strings.ToLower(p.Get("name")))
	}
	for _, s := range slices.Concat(a.config.Inputs, a.config.Filters) {
		name := s.Get("parser")
		if name != "" && !slices.Contains(defined, strings.ToLower(name)) && hasParsers(s) {
			a.error(s.At("parser"), "parser: %q: not defined in a parsers_file, so lines stay as they are (want a parser, or none: raw lines are read)", name)
		}
	}
}

// hasParsers reports whether the key parser of an input or a filter names one of the
// parsers of the agent.
func hasParsers(s hostconfig.Section) bool {
	return slices.Contains([]string{"tail", "parser", "tcp", "udp", "syslog", "systemd", "exec", "head", "serial", "stdin", "kubernetes", "mqtt"}, strings.ToLower(s.Get("name")))
}

// checkPositions finds databases of positions whose folder does not exist: the input
// does not start then.
func (a *agentCheck) checkPositions() {
	for _, s := range a.config.Inputs {
		db := s.Get("db")
		if db == "" {
			continue
		}
		if _, err := os.Stat(filepath.Dir(db)); err != nil {
			a.error(s.At("db"), "db: %v", err)
		}
	}
}
