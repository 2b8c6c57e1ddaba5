package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// counter is what people write in Lua for want of a detection: it splits the
// line and counts the 401s of each address. It detects nothing.
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

// w3c takes the 15 fields apart.
const w3c = `[PARSER]
    Name   w3c
    Format regex
    Regex  ^(?<date>\S+) (?<time>\S+) (?<s_ip>\S+) (?<cs_method>\S+) (?<cs_uri_stem>\S+) (?<cs_uri_query>\S+) (?<s_port>\S+) (?<cs_username>\S+) (?<c_ip>\S+) (?<cs_user_agent>\S+) (?<cs_referer>\S+) (?<sc_status>\S+) (?<sc_substatus>\S+) (?<sc_win32_status>\S+) (?<time_taken>\S+)
`

// onFluentBit are the pipelines on a real agent. The first is the least that
// can be done with the lines.
func onFluentBit(path, build, dir, input string) ([]*subject, error) {
	redshank, getrecord := filepath.Join(build, "out_redshank.so"), filepath.Join(build, "out_getrecord.so")
	pipelines := []struct{ name, what, plugin, parser, filter, output string }{
		{"null", "tail -> null", "", "", "", "null"},
		{"redshank", "tail -> redshank", redshank, "", "", "redshank"},
		{"lua", "tail -> Lua that counts 401s -> null", "", "", "lua", "null"},
		{"regex", "tail with a regex parser -> null", "", "w3c", "", "null"},
		{"getrecord", "tail -> Go output that only decodes", getrecord, "", "", "getrecord"},
	}
	if err := os.WriteFile(filepath.Join(dir, "count.lua"), []byte(counter), 0o644); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "parsers.conf"), []byte(w3c), 0o644); err != nil {
		return nil, err
	}
	var all []*subject
	for _, p := range pipelines {
		config := filepath.Join(dir, p.name+".conf")
		if err := os.WriteFile(config, []byte(configuration(dir, input, p.parser, p.filter, p.output)), 0o644); err != nil {
			return nil, err
		}
		command := []string{path, "-c", config}
		if p.plugin != "" {
			command = append(command, "-e", p.plugin)
		}
		all = append(all, &subject{name: p.name, what: p.what, command: command, reads: p.name == "redshank"})
	}
	return all, nil
}

func configuration(dir, input, parser, filter, output string) string {
	text := fmt.Sprintf("[SERVICE]\n    Flush 0.2\n    Grace 30\n    Parsers_File %s\n[INPUT]\n    Name tail\n    Tag iis\n    Path %s\n    Read_from_Head on\n    Exit_On_Eof on\n",
		filepath.Join(dir, "parsers.conf"), input)
	if parser != "" {
		text += "    Parser " + parser + "\n"
	}
	if filter != "" {
		text += fmt.Sprintf("[FILTER]\n    Name lua\n    Match *\n    Script %s\n    Call count\n", filepath.Join(dir, "count.lua"))
	}
	return text + "[OUTPUT]\n    Name " + output + "\n    Match *\n"
}

// onHost are the pipelines on the minimal host: reading alone, reading and
// detecting, reading and decoding.
func onHost(build, input string) []*subject {
	command := func(plugin string, args ...string) []string {
		all := append([]string{filepath.Join(build, "host"), "-e", filepath.Join(build, plugin), "-c", "8000"}, args...)
		return append(all, input)
	}
	return []*subject{
		{name: "none", what: "host -> nothing", command: command("out_getrecord.so", "-p", "decode=off")},
		{name: "redshank", what: "host -> redshank", command: command("out_redshank.so"), reads: true},
		{name: "getrecord", what: "host -> Go output that only decodes", command: command("out_getrecord.so")},
	}
}
