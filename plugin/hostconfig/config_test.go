package hostconfig

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// written puts files into a folder and returns the folder.
func written(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func environment(name string) (string, bool) {
	value, ok := map[string]string{"LOGS": "/logs", "EMPTY": ""}[name]
	return value, ok
}

// brief returns the sections of a configuration in one line.
func brief(c *Config) string {
	var b strings.Builder
	fmt.Fprintf(&b, "service %s", c.Service.Get("flush"))
	for _, list := range [][]Section{c.Inputs, c.Filters, c.Outputs} {
		b.WriteString(" |")
		for _, s := range list {
			fmt.Fprintf(&b, " %s:%d %s", filepath.Base(s.File), s.Line, s.Get("name"))
			for _, p := range s.Properties {
				if p.Key != "name" {
					fmt.Fprintf(&b, " %s=%s@%d", p.Key, p.Value, p.Line)
				}
			}
		}
	}
	return b.String()
}

func TestLoad(t *testing.T) {
	folder := written(t, map[string]string{
		"a.conf": `# a comment
@SET OUT=out.ndjson
[SERVICE]
    Flush 5
[INPUT]
    Name  tail
    Path  ${LOGS}/*.log
    Tag   iis
@INCLUDE b*.conf
[OUTPUT]
	Name redshank
	Match *
	Sink_Path ${OUT}
`,
		"b.conf": "[FILTER]\n    Name grep\n    Match ${FILTER:-iis}\n",
		"a.yaml": `env: {OUT: out.ndjson}
service: {flush: 5}
pipeline:
  inputs:
    - name: tail
      path: ${LOGS}/*.log
      tag: iis
      processors: {logs: []}
  outputs:
    - name: redshank
      match: '*'
      sink_path: ${OUT}
includes: [b.yaml]
`,
		"b.yaml": "pipeline:\n  filters:\n    - {name: grep, match: '${FILTER:-iis}'}\n",
	})
	for name, want := range map[string]string{
		"a.conf": "service 5 | a.conf:5 tail path=/logs/*.log@7 tag=iis@8 | b.conf:1 grep match=iis@3 | a.conf:10 redshank match=*@12 sink_path=out.ndjson@13",
		"a.yaml": "service 5 | a.yaml:5 tail path=/logs/*.log@6 tag=iis@7 | b.yaml:3 grep match=iis@3 | a.yaml:10 redshank match=*@11 sink_path=out.ndjson@12",
	} {
		c, err := Load(filepath.Join(folder, name), environment)
		if err != nil {
			t.Fatal(err)
		}
		if got := brief(c); got != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
	}
}

func TestVariables(t *testing.T) {
	c := &Config{getenv: environment, variables: map[string]string{"OWN": "x"}}
	for text, want := range map[string]string{
		"${LOGS}/a${OWN}": "/logs/ax", "${EMPTY:-d}": "d", "${EMPTY}": "", "${NONE}b": "b", "${NONE:-d}": "d", "$x ${open": "$x ${open", "": "",
	} {
		if got := c.expand(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	if strings.Join(c.Unset, " ") != "NONE" {
		t.Errorf("unset: %v", c.Unset)
	}
}

func TestLoadErrors(t *testing.T) {
	folder := written(t, map[string]string{
		"self.conf":   "@INCLUDE self.conf\n",
		"self.yaml":   "includes: [self.yaml]\n",
		"absent.conf": "@INCLUDE none/*.conf\n",
		"open.conf":   "[OUTPUT\n",
		"loose.conf":  "\nName redshank\n",
		"at.conf":     "@WHAT x\n",
		"set.conf":    "@SET x\n",
		"list.yaml":   "- a\n",
		"bad.yaml":    "a: [\n",
	})
	for name, want := range map[string]string{
		"self.conf": "includes within includes", "self.yaml": "includes within includes", "absent.conf": "no such file",
		"open.conf": ":1: ", "loose.conf": ":2: ", "at.conf": "want @INCLUDE or @SET", "set.conf": "want @SET NAME=VALUE",
		"list.yaml": "not a mapping", "bad.yaml": "line", "none.yaml": "none.yaml",
	} {
		if _, err := Load(filepath.Join(folder, name), environment); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

func TestOverlap(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"*", "", true}, {"", "", true}, {"", "x", false}, {"a.*", "a.b", true}, {"a.*", "b.a", false}, {"*.log", "iis.*", true},
		{"a*c", "*b*", true}, {"a*c", "b*", false}, {"m365.*", "m365", false}, {"**", "*", true}, {"exchange.*", "exchange.iis", true},
	} {
		if got := overlap(c.a, c.b); got != c.want || overlap(c.b, c.a) != got {
			t.Errorf("%q %q: %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestTags(t *testing.T) {
	section := func(pairs ...string) Section {
		var s Section
		for i := 0; i < len(pairs); i += 2 {
			s.Properties = append(s.Properties, Property{Key: pairs[i], Value: pairs[i+1]})
		}
		return s
	}
	c := Config{Inputs: []Section{section("name", "tail", "tag", "iis.*"), section("name", "tail"), section("name", "cpu"), section("name", "forward"), section("name", "http", "tag", "x")}}
	if got := strings.Join(c.Tags(), " "); got != "iis.* tail.1 cpu.0 * *" {
		t.Error(got)
	}
	c.Filters = []Section{section("name", "rewrite_tag")}
	if got := c.Tags(); len(got) != 6 || got[5] != "*" {
		t.Error(got)
	}
	re := section("match_regex", `^(exchange|windows)\.`)
	if !re.Matches("exchange.iis") || re.Matches("m365.files") || !re.Matches("x*") || !section("match_regex", "(?<x").Matches("y") {
		t.Error("match_regex")
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("[OUTPUT]\n    Name redshank\n@SET a=${a}\n", false)
	f.Add("pipeline: {outputs: [{name: x, match: [a, {b: c}]}]}\nenv: &x {a: ${a}}\nservice: *x", true)
	f.Fuzz(func(t *testing.T, text string, isYAML bool) {
		if strings.Contains(strings.ToLower(text), "include") {
			return // no reading of files at random
		}
		c := &Config{getenv: environment, variables: map[string]string{}}
		if isYAML {
			_ = c.loadYAML("x.yaml", []byte(text))
		} else {
			_ = c.loadClassic("x.conf", text)
		}
		for _, o := range c.Outputs {
			for _, tag := range c.Tags() {
				o.Matches(tag)
			}
		}
	})
}
