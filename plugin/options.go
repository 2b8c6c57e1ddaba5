package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"redshank/analytics/event"
)

// settings are the checked options of one instance. They are read once, in
// Init: Fluent Bit has no way to change them without a reload.
type settings struct {
	policy       string // path; empty: the built-in policy
	source       string
	emit         string
	format       string
	sink         string
	sinkPath     string
	sinkMaxSize  int // MiB
	sinkMaxFiles int
	maxIPs       int
	maxUsers     int

	shown []any // name, value, name, value ... in the order of the table
}

// option is one key of the [OUTPUT] section. Parsing, defaults, the start-up
// log and the documentation all read this one table, so they cannot drift.
type option struct {
	name string
	def  string // as a user would write it; empty: none
	want string // what a value looks like
	help string
	set  func(s *settings, value string) error
}

// options are in the order of the README. No name may be one that Fluent Bit
// keeps for itself (host, port, match, tls, workers, log_level, ...): the
// plugin would never see its value.
var options = []option{
	{"policy", "", "path of a YAML file", "The policy a SOC tunes; without it the built-in one.",
		func(s *settings, v string) error { s.policy = v; return nil }},
	{"source", "auto", "auto, " + strings.Join(sourceNames(), ", "), "Log format of the records; `auto` finds it and remembers it per tag.",
		func(s *settings, v string) error { s.source = v; return oneOf(v, append(sourceNames(), "auto")...) }},
	{"emit", "alerts", "alerts", "What leaves the sink.",
		func(s *settings, v string) error {
			s.emit = v
			return oneOfNow(v, []string{"alerts"}, "enriched", "both")
		}},
	{"format", "ecs", "ecs", "Schema of what leaves: Elastic Common Schema.",
		func(s *settings, v string) error { s.format = v; return oneOfNow(v, []string{"ecs"}, "ocsf") }},
	{"sink", "stdout", "stdout or file", "Where alerts go, as one JSON document a line.",
		func(s *settings, v string) error {
			s.sink = v
			return oneOfNow(v, []string{"stdout", "file"}, "forward", "http")
		}},
	{"sink_path", "", "path of a file", "File of the `file` sink; created with mode 0600.",
		func(s *settings, v string) error { s.sinkPath = v; return nil }},
	{"sink_max_size", "64M", "1M to 1048576M", "Size at which the file is rotated.",
		func(s *settings, v string) (err error) { s.sinkMaxSize, err = mebibytes(v); return err }},
	{"sink_max_files", "8", "0 to 10000", "Rotated files kept; 0 keeps all.",
		func(s *settings, v string) (err error) { s.sinkMaxFiles, err = within(v, 0, 10_000); return err }},
	{"max_ips", "200000", "1000 to 100000000", "Bound of the table of client addresses, in entries.",
		func(s *settings, v string) (err error) { s.maxIPs, err = within(v, 1000, 100_000_000); return err }},
	{"max_users", "200000", "1000 to 100000000", "Bound of the table of accounts, in entries.",
		func(s *settings, v string) (err error) { s.maxUsers, err = within(v, 1000, 100_000_000); return err }},
}

// parseOptions reads every option through lookup, which gives "" for what is
// not set. The error joins one error per wrong value: name, value, what is
// wanted.
func parseOptions(lookup func(key string) string) (settings, error) {
	var s settings
	var errs []error
	for _, o := range options {
		value := strings.TrimSpace(lookup(o.name))
		if value == "" {
			value = o.def
		}
		if err := o.set(&s, value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %q: %w (want %s)", o.name, value, err, o.want))
		}
		s.shown = append(s.shown, o.name, value)
	}
	errs = append(errs, s.contradictions()...)
	errs = append(errs, misspelt(lookup)...)
	return s, errors.Join(errs...)
}

// contradictions are options that are each right but not together.
func (s *settings) contradictions() []error {
	switch {
	case s.sink == "file" && s.sinkPath == "":
		return []error{errors.New(`sink_path: "": missing (sink file needs the path of a file)`)}
	case s.sink == "stdout" && s.sinkPath != "":
		return []error{fmt.Errorf("sink_path: %q: not used by sink stdout (want sink file)", s.sinkPath)}
	}
	return nil
}

// slips are keys that people write for another option.
var slips = [][2]string{
	{"path", "sink_path"}, {"file", "sink_path"}, {"sink_file", "sink_path"}, {"output", "sink"},
	{"policy_file", "policy"}, {"policy_path", "policy"},
	{"state_path", "nothing: this version keeps state in memory only"},
}

// misspelt asks for keys that people write instead of the right ones. Fluent
// Bit does not let an output in Go see the keys it did not ask for, so this
// catches the likely slips, not all.
func misspelt(lookup func(string) string) []error {
	var errs []error
	ask := func(wrong, right string) {
		if v := lookup(wrong); v != "" {
			errs = append(errs, fmt.Errorf("%s: %q: no such option (want %s)", wrong, v, right))
		}
	}
	for _, o := range options {
		for _, wrong := range variants(o.name) {
			ask(wrong, o.name)
		}
	}
	for _, slip := range slips {
		ask(slip[0], slip[1])
	}
	return errs
}

// variants are the ways in which name is written wrongly most often.
func variants(name string) []string {
	number := name + "s"
	if one, many := strings.CutSuffix(name, "s"); many {
		number = one
	}
	if !strings.Contains(name, "_") {
		return []string{number}
	}
	wrong := []string{number}
	for _, sep := range []string{"", "-", "."} {
		wrong = append(wrong, strings.ReplaceAll(name, "_", sep))
	}
	return wrong
}

// sourceNames are the formats by the names that the counts use, so that what a
// log shows can be given back as an option.
func sourceNames() []string {
	var names []string
	for s := event.IIS; s <= event.Graph; s++ {
		names = append(names, s.String())
	}
	return names
}

// oneOf compares exactly: Fluent Bit folds the case of keys, not of values.
func oneOf(value string, known ...string) error {
	for _, k := range known {
		if value == k {
			return nil
		}
	}
	return errors.New("unknown")
}

// oneOfNow tells values that are planned from those that are wrong.
func oneOfNow(value string, known []string, later ...string) error {
	if oneOf(value, later...) == nil {
		return errors.New("not available in this version")
	}
	return oneOf(value, known...)
}

// within reads a whole number from least to most, both included.
func within(value string, least, most int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil {
		return 0, errors.New("not a whole number")
	}
	if n < least || n > most {
		return 0, errors.New("out of range")
	}
	return n, nil
}

// mebibytes reads 64M or 2G, the units Fluent Bit itself uses. A bare number
// is refused, because half the readers take it for bytes.
func mebibytes(value string) (int, error) {
	digits, unit := value, 0
	switch strings.ToUpper(value[max(0, len(value)-1):]) {
	case "M":
		digits, unit = value[:len(value)-1], 1
	case "G":
		digits, unit = value[:len(value)-1], 1024
	}
	n, err := strconv.Atoi(digits)
	if err != nil || unit == 0 {
		return 0, errors.New("not a size with its unit")
	}
	if n < 1 || n > 1<<20/unit {
		return 0, errors.New("out of range")
	}
	return n * unit, nil
}

// optionsTable is the table of the README, in markdown.
func optionsTable() string {
	var b strings.Builder
	b.WriteString("| option | default | value | meaning |\n| --- | --- | --- | --- |\n")
	for _, o := range options {
		def := "-"
		if o.def != "" {
			def = "`" + o.def + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", o.name, def, o.want, o.help)
	}
	return b.String()
}
