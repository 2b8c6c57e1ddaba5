package test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const evidenceFields = "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status sc-substatus sc-win32-status time-taken\r\n"

// iisAttack returns a log of failures without record ids, from an address.
func iisAttack(ip string) string {
	var b strings.Builder
	b.WriteString(evidenceFields)
	for n := range 8 {
		at := time.Now().UTC().Add(time.Duration(n-60) * time.Second)
		fmt.Fprintf(&b, "%s 10.0.0.1 POST /EWS/Exchange.asmx - 443 user%d %s curl/8.%d 401 1 1326 15\r\n", at.Format("2006-01-02 15:04:05"), n, ip, n)
	}
	return b.String()
}

// TestFluentBitEvidence has a real agent tail logs without record ids, as lines and
// through a parser, and finds the lines by the evidence of the alerts.
func TestFluentBitEvidence(t *testing.T) {
	b := newFluentBit(t, "", "", "sink: file\nsink_path: ALERTS")
	at := func(name string) string { return filepath.Join(b.folder, name) }
	logs := []struct{ name, ip, input, evidence string }{
		{"offset.log", "240.1.2.1", "path_key: path\n      offset_key: offset", `^.*/offset\.log:\d+$`},
		{"path.log", "240.1.2.2", "path_key: path", `^sha256:[0-9a-f]{16} \S+Z .*/path\.log$`},
		{"line.log", "240.1.2.3", "", `^sha256:[0-9a-f]{16} \S+Z$`},
		{"parsed-offset.log", "240.1.2.4", "parser: w3c\n      path_key: path\n      offset_key: offset", `^.*/parsed-offset\.log:\d+$`},
		{"parsed-path.log", "240.1.2.5", "parser: w3c\n      path_key: path", `^event:[0-9a-f]{16} \S+Z .*/parsed-path\.log$`},
		{"parsed.log", "240.1.2.6", "parser: w3c", `^event:[0-9a-f]{16} \S+Z$`},
	}
	var inputs strings.Builder
	for _, l := range logs {
		b.write(l.name, iisAttack(l.ip))
		inputs.WriteString(tail("tag-"+strings.TrimSuffix(l.name, ".log"), at(l.name)))
		if l.input != "" {
			fmt.Fprintf(&inputs, "      %s\n", l.input)
		}
	}
	const parser = `parsers:
  - name: w3c
    format: regex
    regex: '^(?<date>\S+) (?<time>\S+) (?<s_ip>\S+) (?<cs_method>\S+) (?<cs_uri_stem>\S+) (?<cs_uri_query>\S+) (?<s_port>\S+) (?<cs_username>\S+) (?<c_ip>\S+) (?<cs_User_Agent>\S+) (?<sc_status>\S+) (?<sc_substatus>\S+) (?<sc_win32_status>\S+) (?<time_taken>\S+)$'
`
	config := strings.NewReplacer("ALERTS", at("alerts.ndjson")).Replace(b.read("fluent-bit.yaml"))
	b.write("fluent-bit.yaml", parser+strings.Replace(config, "  outputs:\n", inputs.String()+"  outputs:\n", 1))
	b.start("out_redshank.so")
	evidence := map[string][]string{}
	b.await("evidence of every log", func() bool {
		text, _ := os.ReadFile(at("alerts.ndjson"))
		for line := range strings.Lines(string(text)) {
			var doc struct {
				Source   struct{ IP string }
				Redshank struct{ Evidence []string }
			}
			if json.Unmarshal([]byte(line), &doc) == nil && doc.Source.IP != "" { // a campaign has no source
				evidence[doc.Source.IP] = doc.Redshank.Evidence
			}
		}
		return len(evidence) == len(logs)
	})
	b.stop().endedWell(t)
	for _, l := range logs {
		found := map[string]bool{}
		for _, record := range evidence[l.ip] {
			args := []string{"find", record}
			if !strings.Contains(l.input, "path_key") {
				args = append(args, at(l.name))
			}
			out, err := exec.Command(artefact(t, "redshank"), args...).CombinedOutput()
			if err != nil || !regexp.MustCompile(l.evidence).MatchString(record) || strings.Count(string(out), "\n") != 1 || !strings.Contains(string(out), " "+l.ip+" ") {
				t.Errorf("%s: redshank %q: %v\n%s(want one line of %s by a record like %s)", l.name, args, err, out, l.ip, l.evidence)
			}
			found[string(out)] = true
		}
		if len(found) < 3 || len(found) != len(evidence[l.ip]) {
			t.Errorf("%s: %d lines by %d records", l.name, len(found), len(evidence[l.ip]))
		}
	}
}
