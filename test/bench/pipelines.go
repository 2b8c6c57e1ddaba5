package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// counter is a typical Lua filter without a detection plugin: it splits the line
// and counts the 401s of each address. It detects nothing.
const counter = `local counts = {}
function count(tag, ts, record)
  local n, address, status = 0, nil, nil
  for field in string.gmatch(record["log"], "%S+") do
    n = n + 1
    if n == 9 then address = field end
    if n == 12 then status = field; break end
  end
  if status == "401" then counts[address] = (counts[address] or 0) + 1 end
  return 0, ts, record
end
`

// w3c is a regular expression parser for the 15 fields.
const w3c = `[PARSER]
    Name   w3c
    Format regex
    Regex  ^(?<date>\S+) (?<time>\S+) (?<s_ip>\S+) (?<cs_method>\S+) (?<cs_uri_stem>\S+) (?<cs_uri_query>\S+) (?<s_port>\S+) (?<cs_username>\S+) (?<c_ip>\S+) (?<cs_user_agent>\S+) (?<cs_referer>\S+) (?<sc_status>\S+) (?<sc_substatus>\S+) (?<sc_win32_status>\S+) (?<time_taken>\S+)
`

// pipeline is one configuration of a real agent.
type pipeline struct {
	name, what, base string // base: the case to compare with
	plugin           string // file of a Go output, below build
	parser           string
	lua              bool
	outputs          int // 0 means one
	output           string
	options          string
	line             bool // reads one line only
	state            bool
}

// pipelines begin with the cheapest processing of the lines.
var pipelines = []pipeline{
	{name: "null", what: "tail -> null", base: "null", output: "null"},
	{name: "redshank", what: "tail -> redshank", base: "null", plugin: "out_redshank.so", output: "redshank"},
	{name: "lua", what: "tail -> Lua that counts 401s -> null", base: "null", lua: true, output: "null"},
	{name: "regex", what: "tail with a regex parser -> null", base: "null", parser: "w3c", output: "null"},
	{name: "getrecord", what: "tail -> Go output that only decodes", base: "null", plugin: "out_getrecord.so", output: "getrecord"},
	{name: "workers1", what: "tail -> redshank, workers 1", base: "redshank", plugin: "out_redshank.so", output: "redshank", options: "workers 1"},
	{name: "workers2", what: "tail -> redshank, workers 2", base: "redshank", plugin: "out_redshank.so", output: "redshank", options: "workers 2"},
	{name: "two", what: "tail -> two redshank", base: "redshank", plugin: "out_redshank.so", output: "redshank", outputs: 2},
	{name: "state", what: "tail -> redshank with a state_path", base: "redshank", plugin: "out_redshank.so", output: "redshank", state: true},
	{name: "start-null", what: "one line -> null", base: "start-null", output: "null", line: true},
	{name: "start", what: "one line -> redshank", base: "start-null", plugin: "out_redshank.so", output: "redshank", line: true},
}

// onFluentBit returns the pipelines on a real agent.
func onFluentBit(path, build, dir, input, line string) ([]*subject, error) {
	if err := os.WriteFile(filepath.Join(dir, "count.lua"), []byte(counter), 0o644); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "parsers.conf"), []byte(w3c), 0o644); err != nil {
		return nil, err
	}
	var all []*subject
	for _, p := range pipelines {
		s := &subject{name: p.name, what: p.what, line: p.line}
		if p.output == "redshank" {
			s.reads = max(p.outputs, 1)
		}
		if s.base = named(all, p.base); s.base == nil {
			s.base = s
		}
		if p.state {
			s.state = filepath.Join(dir, "state")
		}
		text := configuration(dir, input, p)
		if p.line {
			text = configuration(dir, line, p)
		}
		config := filepath.Join(dir, p.name+".conf")
		if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
			return nil, err
		}
		s.command = []string{path, "-c", config}
		if p.plugin != "" {
			s.command = append(s.command, "-e", filepath.Join(build, p.plugin))
		}
		all = append(all, s)
	}
	return all, nil
}

func named(subjects []*subject, name string) *subject {
	for _, s := range subjects {
		if s.name == name {
			return s
		}
	}
	return nil
}

func configuration(dir, input string, p pipeline) string {
	text := fmt.Sprintf("[SERVICE]\n    Flush 0.2\n    Grace 30\n    Parsers_File %s\n[INPUT]\n    Name tail\n    Tag iis\n    Path %s\n    Read_from_Head on\n    Exit_On_Eof on\n",
		filepath.Join(dir, "parsers.conf"), input)
	if p.parser != "" {
		text += "    Parser " + p.parser + "\n"
	}
	if p.lua {
		text += fmt.Sprintf("[FILTER]\n    Name lua\n    Match *\n    Script %s\n    Call count\n", filepath.Join(dir, "count.lua"))
	}
	output := "[OUTPUT]\n    Name " + p.output + "\n    Match *\n"
	if p.options != "" {
		output += "    " + p.options + "\n"
	}
	if p.state {
		output += "    state_path " + filepath.Join(dir, "state") + "\n"
	}
	return text + strings.Repeat(output, max(p.outputs, 1))
}

// onHost returns the pipelines on the minimal host: reading only, reading and
// detecting, reading and decoding.
func onHost(build, dir, input, line string) []*subject {
	var all []*subject
	add := func(name, what, base, plugin, from string, args ...string) {
		command := []string{filepath.Join(build, "host"), "-e", filepath.Join(build, plugin), "-c", "8000"}
		s := &subject{name: name, what: what, command: append(append(command, args...), from), line: from == line}
		if plugin == "out_redshank.so" {
			s.reads = 1
		}
		if s.base = named(all, base); s.base == nil {
			s.base = s
		}
		all = append(all, s)
	}
	const redshank, getrecord = "out_redshank.so", "out_getrecord.so"
	add("null", "host -> nothing", "", getrecord, input, "-p", "decode=off")
	add("redshank", "host -> redshank", "null", redshank, input)
	add("getrecord", "host -> Go output that only decodes", "null", getrecord, input)
	add("workers1", "host -> redshank, 1 worker", "redshank", redshank, input, "--workers", "1")
	add("workers2", "host -> redshank, 2 workers", "redshank", redshank, input, "--workers", "2")
	add("two", "host -> two redshank", "redshank", redshank, input, "-p", "emit=alerts", "-o")
	all[len(all)-1].reads = 2
	add("state", "host -> redshank with a state_path", "redshank", redshank, input, "-p", "state_path="+filepath.Join(dir, "state"))
	all[len(all)-1].state = filepath.Join(dir, "state")
	add("start-null", "one line -> nothing", "", getrecord, line, "-p", "decode=off")
	add("start", "one line -> redshank", "start-null", redshank, line)
	return all
}
