package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const quietPolicy = "domains: {default: contoso.com}\n"

func TestCheckAgent(t *testing.T) {
	for _, c := range []struct{ name, config, want string }{
		{"good", `pipeline:
  inputs:
    - {name: tail, path: /logs/*.log, tag: iis}
  outputs:
    - {name: redshank, match: iis, policy: POLICY, sink: http, sink_url: https://siem.example/x, state_path: DIR}`, "ok: "},
		{"none", `pipeline: {outputs: [{name: stdout}]}`, "error: no output with the name redshank"},
		{"options", `pipeline:
  inputs: [{name: dummy}]
  outputs:
    - name: redshank
      match: '*'
      max_ips: "0"
      sink_pth: x
      host: h`, `7: error: sink_pth: "x": no such option (did you mean sink_path?)|8: error: host: "h": belongs to Fluent Bit and does not reach the plugin (want sink_host)|6: error: max_ips: "0": out of range`},
		{"policy", `pipeline: {inputs: [{name: dummy}], outputs: [{name: redshank, match: '*', policy: /absent/p.yaml}]}`, "/absent/p.yaml"},
		{"tags", `pipeline:
  inputs: [{name: tail, tag: iis}]
  outputs:
    - name: redshank
      match: m365.*`, "5: error: matches the tag of no input (iis)"},
		{"no match", `pipeline: {inputs: [{name: cpu}, {name: mem}], outputs: [{name: redshank}]}`, "error: neither match nor match_regex"},
		{"file loop", `pipeline:
  inputs: [{name: tail, path: "DIR/*.ndjson", tag: iis}]
  outputs: [{name: redshank, match: '*', sink: other, sink_path: DIR/a.ndjson}, {name: redshank, match: iis, sink: file, sink_path: DIR/a.ndjson}]`, "error: alerts come back through the input"},
		{"forward loop", `pipeline:
  inputs: [{name: forward}]
  outputs: [{name: redshank, match: '*', sink: forward}]`, "with the tag redshank.alert, which the redshank output at"},
		{"no loop", `pipeline:
  inputs: [{name: forward}, {name: tail, tag: iis}]
  outputs: [{name: redshank, match: iis, sink: forward, state_path: DIR, policy: POLICY}]`, "ok: "},
		{"http loop", `pipeline:
  inputs: [{name: http, port: 8888}]
  outputs: [{name: redshank, match: 'a.*', sink: http, sink_url: "http://localhost:8888/a.b"}]`, "with the tag a.b, which"},
		{"workers", `service: {hot_reload: on}
pipeline: {inputs: [{name: dummy}], outputs: [{name: redshank, match: '*', workers: 1}]}`, "error: workers 1 with hot_reload"},
		{"daemon", `service: {daemon: on}
pipeline: {inputs: [{name: dummy}], outputs: [{name: redshank, match: '*'}]}`, "error: daemon forks"},
		{"folders", `pipeline: {inputs: [{name: dummy}], outputs: [{name: redshank, match: '*', state_path: DIR/a/b}]}`, "error: state_path: stat "},
		{"no state", `pipeline: {inputs: [{name: dummy}], outputs: [{name: redshank, match: '*'}]}`, "warning: no state_path"},
		{"shared", `pipeline: {inputs: [{name: dummy}], outputs: [{name: redshank, match: '*', state_path: DIR/a}, {name: redshank, match: '*', state_path: DIR/./a}]}`, "error: state_path: DIR/a: used by the redshank output at"},
		{"plain http", `pipeline: {inputs: [{name: dummy}], outputs: [{name: redshank, match: '*', sink: http, sink_url: "http://siem.example/"}]}`, "warning: sink_url: alerts and headers cross the network in plain text"},
		{"plain forward", `pipeline: {inputs: [{name: dummy}], outputs: [{name: redshank, match: '*', sink: forward, sink_host: siem.example}]}`, "warning: sink_tls off"},
		{"no verify", `pipeline: {inputs: [{name: dummy}], outputs: [{name: redshank, match: '*', sink: forward, sink_host: siem.example, sink_tls: on, sink_tls_verify: off}]}`, "warning: sink_tls_verify off"},
		{"pop", `pipeline: {inputs: [{name: tail, path: /logs/HttpProxy/*.LOG}], outputs: [{name: redshank, match: '*'}]}`, "warning: no input reads Pop3"},
		{"unset", `pipeline: {inputs: [{name: dummy}], outputs: [{name: redshank, match: '${REDSHANK_NOT_SET}*'}]}`, "warning: the environment variable REDSHANK_NOT_SET is not set"},
		{"no parser", `parsers: [{name: other, format: json}]
pipeline: {inputs: [{name: tail, path: /logs/*.log, parser: w3c}], outputs: [{name: redshank, match: '*'}]}`, `error: parser: "w3c": not defined`},
		{"parser", `parsers: [{name: w3c, format: json}]
pipeline:
  inputs: [{name: tail, tag: iis, path: /logs/*.log, parser: w3c}]
  outputs: [{name: redshank, match: iis, policy: POLICY, sink: http, sink_url: https://siem.example/x, state_path: DIR}]`, "ok: "},
		{"no parsers file", `service: {parsers_file: absent.conf}
pipeline: {inputs: [{name: tail, path: /logs/*.log, parser: w3c}], outputs: [{name: redshank, match: '*'}]}`, "error: parsers_file: open "},
		{"no folder of positions", `pipeline: {inputs: [{name: tail, path: /logs/*.log, db: DIR/absent/x.db}], outputs: [{name: redshank, match: '*'}]}`, "error: db: stat "},
		{"advice", `pipeline: {inputs: [{name: dummy}], outputs: [{name: redshank, match: '*'}]}`, "built-in policy: warning: no domains"},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			put := func(name, text string) string {
				path := filepath.Join(folder, name)
				text = strings.ReplaceAll(strings.ReplaceAll(text, "DIR", folder), "POLICY", filepath.Join(folder, "policy.yaml"))
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				return path
			}
			put("policy.yaml", quietPolicy)
			var out, errs strings.Builder
			status := Run("v1.2.3", []string{"check", "-c", put("agent.yaml", c.config)}, strings.NewReader(""), &out, &errs)
			for want := range strings.SplitSeq(c.want, "|") {
				if !strings.Contains(out.String(), strings.ReplaceAll(want, "DIR", folder)) {
					t.Errorf("no %q in\n%s%s", want, out.String(), errs.String())
				}
			}
			if failed := strings.Contains(out.String(), "error: "); failed != (status == StatusFindings) || errs.Len() > 0 {
				t.Errorf("status %d\n%s%s", status, out.String(), errs.String())
			}
		})
	}
}
