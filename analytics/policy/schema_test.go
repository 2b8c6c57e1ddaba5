package policy

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "write conf/policy.schema.json")

// TestSchemaConf compares the schema that is shipped with that of the reader.
func TestSchemaConf(t *testing.T) {
	path := filepath.Join("..", "..", "conf", "policy.schema.json")
	if *update {
		if err := os.WriteFile(path, Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, Schema()) {
		t.Errorf("%s is not the schema of the reader; go test ./analytics/policy -run Schema -update writes it", path)
	}
	if !bytes.Contains(defaults, []byte("$schema=policy.schema.json\n")) {
		t.Error("the default policy does not name the schema for editors")
	}
}

// TestSchemaDescribesKeys finds the comments, defaults and bounds of keys.
func TestSchemaDescribesKeys(t *testing.T) {
	text := string(Schema())
	for _, want := range []string{`"description": "how many bits of an address make one client"`, `"default": 32`, `"maximum": 366`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("policy.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("policy.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestSchemaAgainstReader checks that the schema accepts the policies that the reader
// accepts, and rejects those that the reader rejects for their form.
func TestSchemaAgainstReader(t *testing.T) {
	schema := compiled(t)
	good := []string{
		string(defaults), company, "", "alerts:\n",
		"state: {ipv4_prefix: 24, lateness: 1h30m}",
		"stuffing: {window: {burst: 5m, slow: 7d}, campaign: {addresses: 50}}",
		"accounts: {privileged: boss@contoso.com, groups: {finance: [a@contoso.com, {file: x}]}}",
		"networks: {allowed: [192.0.2.0/24, {file: scanners.txt}], labels: [{name: tor, prefixes: [192.0.2.0/24], files: [x]}]}",
		"leaked_accounts: [{file: x, format: sha1}, y]",
		"automation: {name: b, app: x, network: [192.0.2.1], expires: 2027-06-30}",
		"mutes: [{reason: a, owner: b, expires: 2027-01-31, rule: AN1269, network: [192.0.2.0/24]}]\nalerts: {minimum_severity: high}",
		"content: {codes: {entra: {50126: {outcome: failure, reason: wrong_password}}}, agents: [{family: script, patterns: 'x*'}]}",
	}
	bad := []string{
		"stuffing: {window: {burst: 10x}}",
		"stuffing: {window: {burst: -5m}}",
		"stuffing: {failure_threshold: {burst: many}}",
		"stuffing: {failure_threshold: {burst: 2.5}}",
		"stuffing: {failure_threshold: {burst: 0}}",
		"stuffing: {treshold: 5}",
		"nonsense: 1",
		"stuffing: 5",
		"- stuffing",
		"version: 2",
		"networks: {allowed: [{path: x}]}",
		"networks: {allowed: [[192.0.2.1]]}",
		"leaked_accounts: [{file: x, format: md5}]",
		"collection: {weights: {x: 101}}",
		"content: {codes: {entra: {7: {outcome: maybe}}}}",
		"content: {codes: {exchange: {}}}",
		"mutes: [{reason: a, owner: b, expires: 2027-01-31, rule: AN1}]",
		"alerts: {minimum_severity: hihg}",
	}
	for _, text := range good {
		if err := schema.Validate(plain(t, text)); err != nil {
			t.Errorf("refused: %s\n%v", text, err)
		}
	}
	for _, text := range bad {
		if _, err := Parse("policy.yaml", "", []byte(text)); err == nil {
			t.Errorf("the reader takes %s", text)
		}
		if err := schema.Validate(plain(t, text)); err == nil {
			t.Errorf("taken: %s", text)
		}
	}
}

// plain returns a YAML text as an editor passes it to a schema.
func plain(t *testing.T, text string) any {
	t.Helper()
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(text), &root); err != nil {
		t.Fatal(err)
	}
	if len(root.Content) == 0 {
		return map[string]any{}
	}
	return plainNode(root.Content[0])
}

func plainNode(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plainNode(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range n.Content {
			list = append(list, plainNode(item))
		}
		return list
	}
	switch n.Tag {
	case "!!null":
		return nil
	case "!!int", "!!float":
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return f
		}
	}
	return n.Value
}
