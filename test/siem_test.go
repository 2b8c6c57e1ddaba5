package test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"redshank/test/agent"
)

// siem is one file of conf/siem, in both formats, and a receiver for it.
type siem struct {
	name    string
	receive func(t *testing.T, id identity) *receiver
	env     func(host, port string) []string
	// alerts returns the alert documents that arrived. It fails the test if they
	// violate a rule of the receiver.
	alerts func(t *testing.T, r *receiver) []map[string]any
}

var siems = []siem{
	{"splunk", splunkReceiver, func(host, port string) []string {
		return []string{"SPLUNK_HOST=" + host, "SPLUNK_PORT=" + port, "SPLUNK_TOKEN=secret", "SPLUNK_INDEX=mail"}
	}, splunkAlerts},
	{"elasticsearch", bulkReceiver, func(host, port string) []string {
		return []string{"ES_HOST=" + host, "ES_PORT=" + port, "ES_API_KEY=secret"}
	}, bulkAlerts},
	{"opensearch", bulkReceiver, func(host, port string) []string {
		return []string{"OPENSEARCH_HOST=" + host, "OPENSEARCH_PORT=" + port, "OPENSEARCH_USER=redshank", "OPENSEARCH_PASSWORD=secret"}
	}, bulkAlerts},
	{"sentinel", sentinelReceiver, func(host, port string) []string {
		return []string{"SENTINEL_TENANT=tenant", "SENTINEL_CLIENT=client", "SENTINEL_SECRET=secret",
			"SENTINEL_DCE=https://" + host + ":" + port, "SENTINEL_DCR=dcr-1"}
	}, sentinelAlerts},
	{"syslog", lineReceiver, func(host, port string) []string {
		return []string{"REDSHANK_CEF=on", "SYSLOG_HOST=" + host, "SYSLOG_PORT=" + port}
	}, nil},
}

func splunkReceiver(t *testing.T, id identity) *receiver {
	return webReceiver(t, id, map[string]string{"/services/collector/event": `{"text":"Success","code":0}`})
}

func splunkAlerts(t *testing.T, r *receiver) []map[string]any {
	var alerts []map[string]any
	for _, d := range r.all() {
		if d.header.Get("Authorization") != "Splunk secret" {
			t.Errorf("Authorization: %q", d.header.Get("Authorization"))
		}
		decoder := json.NewDecoder(strings.NewReader(string(d.body)))
		for decoder.More() {
			var event struct {
				Time                    float64
				Host, Sourcetype, Index string
				Event                   map[string]any
			}
			if err := decoder.Decode(&event); err != nil {
				t.Fatalf("%v in %s", err, d.body)
			}
			if event.Sourcetype != "redshank:alert" || event.Index != "mail" || event.Host == "" || isAlert(event.Event) && event.Time != float64(attackFound.Unix()) {
				t.Errorf("event: %s", d.body)
			}
			alerts = append(alerts, event.Event)
		}
	}
	return alerts
}

func bulkReceiver(t *testing.T, id identity) *receiver {
	return webReceiver(t, id, map[string]string{"/_bulk": `{"took":1,"errors":false,"items":[{"create":{"status":201}}]}`})
}

// bulkAlerts requires an action line before each document, an id that does not
// change when a chunk is sent again, and one @timestamp.
func bulkAlerts(t *testing.T, r *receiver) []map[string]any {
	var alerts []map[string]any
	for _, d := range r.all() {
		if d.header.Get("Authorization") == "" {
			t.Error("no Authorization")
		}
		lines := strings.Split(strings.TrimSpace(string(d.body)), "\n")
		for i := 0; i+1 < len(lines); i += 2 {
			var action struct {
				Create struct {
					Index string `json:"_index"`
					ID    string `json:"_id"`
				}
			}
			var alert map[string]any
			if json.Unmarshal([]byte(lines[i]), &action) != nil || json.Unmarshal([]byte(lines[i+1]), &alert) != nil {
				t.Fatalf("not a bulk request: %s", d.body)
			}
			if action.Create.Index != "logs-redshank.alert-default" || action.Create.ID == "" || strings.Count(lines[i+1], `"@timestamp"`) != 1 {
				t.Errorf("bulk request: %s", d.body)
			}
			if isAlert(alert) && alert["@timestamp"] != attackFound.Format("2006-01-02T15:04:05.000Z") {
				t.Errorf("@timestamp: %v", alert["@timestamp"])
			}
			alerts = append(alerts, alert)
		}
	}
	return alerts
}

const sentinelPath = "/dataCollectionRules/dcr-1/streams/Custom-Redshank_CL"

func sentinelReceiver(t *testing.T, id identity) *receiver {
	return webReceiver(t, id, map[string]string{sentinelPath: ""})
}

func sentinelAlerts(t *testing.T, r *receiver) []map[string]any {
	var alerts []map[string]any
	declared := columns(t)
	for _, d := range r.all() {
		var records []map[string]any
		if err := json.Unmarshal(d.body, &records); err != nil {
			t.Fatalf("%v in %s", err, d.body)
		}
		for _, record := range records {
			if at, _ := record["TimeGenerated"].(string); isAlert(record) && !strings.HasPrefix(at, attackFound.Format("2006-01-02T15:04:05")) {
				t.Errorf("TimeGenerated: %v", record["TimeGenerated"])
			}
			for name := range record {
				if !declared[name] {
					t.Errorf("column %s is not declared", name)
				}
			}
		}
		if d.header.Get("Authorization") != "Bearer token" {
			t.Errorf("Authorization: %q", d.header.Get("Authorization"))
		}
		alerts = append(alerts, records...)
	}
	return alerts
}

// attackFound is the time of the fifth failure of attack, which opens the incident.
var attackFound = time.Date(2026, 3, 2, 8, 2, 0, 0, time.UTC)

// TestSIEMs plays an attack through a complete agent, built as example.yaml and
// example.conf are, and checks the messages that arrive.
func TestSIEMs(t *testing.T) {
	needAgent(t)
	for _, s := range siems {
		for _, format := range []string{"yaml", "conf"} {
			t.Run(s.name+"."+format, func(t *testing.T) {
				t.Parallel()
				id := newIdentity(t, t.TempDir())
				r := s.receive(t, id)
				host, port, _ := strings.Cut(r.address, ":")
				b := newSite(t, s.name, format, append(s.env(host, port), "SIEM_CA_FILE="+id.certFile)...)
				b.start(t)
				b.await(t, "delivery", func() bool { return len(r.all()) > 0 })
				b.stop(t)
				if s.alerts == nil {
					inSyslog(t, r)
					return
				}
				theAttack(t, s.alerts(t, r))
			})
		}
	}
}

var acknowledged = regexp.MustCompile(`delivered=[1-9]`)

// TestLoopback takes the alerts back by the forward protocol instead of a file.
func TestLoopback(t *testing.T) {
	needAgent(t)
	for _, format := range []string{"yaml", "conf"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			id := newIdentity(t, t.TempDir())
			r := splunkReceiver(t, id)
			host, port, _ := strings.Cut(r.address, ":")
			b := newSite(t, "splunk", format, append(siems[0].env(host, port), "SIEM_CA_FILE="+id.certFile)...)
			b.loop(t)
			b.start(t)
			b.await(t, "delivery", func() bool { return len(r.all()) > 0 })
			b.stop(t)
			theAttack(t, splunkAlerts(t, r))
			if log := read(t, filepath.Join(b.dir, "fluent-bit.log")); !acknowledged.MatchString(log) {
				t.Error("not acknowledged: ", agent.LastLines([]byte(log), 20))
			}
		})
	}
}

// theAttack fails the test unless all alerts are about the one attack played.
func theAttack(t *testing.T, alerts []map[string]any) {
	t.Helper()
	alerts = slices.DeleteFunc(alerts, func(doc map[string]any) bool { return !isAlert(doc) })
	for _, alert := range alerts {
		text, err := json.Marshal(alert)
		if err != nil {
			t.Fatal(err)
		}
		if a := parseAlerts(t, string(text)); len(a) != 1 || a[0].Rule.ID != "AN1269" || a[0].Source.IP != "203.0.113.7" {
			t.Errorf("alert: %s", text)
		}
	}
	if len(alerts) == 0 {
		t.Error("no alerts")
	}
}

// cefInSyslog matches priority, time, machine, program and the unchanged CEF line.
var cefInSyslog = regexp.MustCompile(`^<12>Mar  2 08:02:00 \S+ redshank: CEF:0\|Redshank\|Redshank\|[^|]*\|AN1269\|.* src=203\.0\.113\.7 `)

var healthInSyslog = regexp.MustCompile(`^<12>[A-Z][a-z]{2} [ \d]\d [\d:]{8} \S+ redshank: .*records read`)

// isAlert reports whether doc is an alert and not a health record.
func isAlert(doc map[string]any) bool {
	event, _ := doc["event"].(map[string]any)
	return event["kind"] == "alert"
}

func inSyslog(t *testing.T, r *receiver) {
	t.Helper()
	alerts := 0
	for _, d := range r.all() {
		switch {
		case cefInSyslog.Match(d.body):
			alerts++
		case !healthInSyslog.Match(d.body):
			t.Errorf("line: %q", d.body)
		}
	}
	if alerts == 0 {
		t.Error("no alerts")
	}
}

// TestAggregator sends alerts to a second agent, with handshake, TLS and acknowledgement.
func TestAggregator(t *testing.T) {
	needAgent(t)
	for _, format := range []string{"yaml", "conf"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			theAttack(t, aggregated(t, "aggregator", format, false))
		})
		t.Run("enriched."+format, func(t *testing.T) {
			t.Parallel()
			records := aggregated(t, "enriched", format, true, "REDSHANK_EMIT=both")
			for _, record := range records {
				if own, _ := record["redshank"].(map[string]any); own["outcome"] != "failure" || record["UserId"] == nil {
					t.Errorf("record: %v", record)
				}
			}
			if len(records) != 5 {
				t.Errorf("%d records", len(records))
			}
		})
	}
}

// aggregated returns the records that an aggregator receives from a file of siem/.
func aggregated(t *testing.T, siem, format string, loop bool, env ...string) []map[string]any {
	t.Helper()
	dir := t.TempDir()
	id := newIdentity(t, dir)
	port, err := agent.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "aggregator.yaml"), fmt.Sprintf(`service: {flush: 0.2}
pipeline:
  inputs:
    - {name: forward, listen: 127.0.0.1, port: %d, shared_key: secret, tls: on, tls.crt_file: %s, tls.key_file: %s}
  outputs:
    - {name: file, match: '*', file: %s/took, format: plain}
`, port, id.certFile, id.keyFile, dir))
	far, err := agent.Start(artefact(t, "out_redshank.so"), filepath.Join(dir, "aggregator.yaml"), filepath.Join(dir, "aggregator.log"))
	if err != nil {
		t.Fatal(err)
	}
	b := newSite(t, siem, format, append(env, "AGGREGATOR_HOST=localhost", fmt.Sprintf("AGGREGATOR_PORT=%d", port), "AGGREGATOR_KEY=secret", "SIEM_CA_FILE="+id.certFile)...)
	if loop {
		b.loop(t)
	}
	b.start(t)
	took := func() []byte { text, _ := os.ReadFile(dir + "/took"); return text }
	b.await(t, "records", func() bool { return strings.Contains(string(took()), "\n") })
	b.stop(t)
	if err := far.Stop(); err != nil {
		t.Error(err)
	}
	return documents(t, took())
}

func documents(t *testing.T, text []byte) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(string(text)) {
		var one map[string]any
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		all = append(all, one)
	}
	return all
}

// TestChronicle only checks the configuration: at start the output queries Google
// for the log type.
func TestChronicle(t *testing.T) {
	needAgent(t)
	for _, format := range []string{"yaml", "conf"} {
		b := newSite(t, "chronicle", format, "CHRONICLE_CUSTOMER=1", "CHRONICLE_PROJECT=contoso", "CHRONICLE_REGION=EU", "CHRONICLE_LOG_TYPE=CONTOSO", "CHRONICLE_CREDENTIALS=/nowhere")
		if err := agent.DryRun(b.plugin, b.config, b.env...); err != nil {
			t.Error(err)
		}
	}
	t.Log("SKIPPED: siem/chronicle was checked, not run: its output needs Google's API at start")
}

// site is a copy of conf/ with its own main file, and an attack to read.
type site struct {
	dir, plugin, config string
	env                 []string
	agent               *agent.Agent
}

func newSite(t *testing.T, siem, format string, env ...string) *site {
	t.Helper()
	s := &site{dir: t.TempDir(), plugin: artefact(t, "out_redshank.so")}
	if err := os.CopyFS(s.dir+"/conf", os.DirFS(confDir)); err != nil {
		t.Fatal(err)
	}
	s.config = filepath.Join(s.dir, "conf", "main."+format)
	example := read(t, filepath.Join(confDir, "example."+format))
	write(t, s.config, strings.ReplaceAll(example, "siem/splunk.", "siem/"+siem+"."))
	port, err := agent.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(s.dir+"/logs", 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, s.dir+"/logs/audit.ndjson", attack("203.0.113.7", 5))
	s.env = append(env, "M365_LOGS="+s.dir+"/logs", fmt.Sprintf("M365_PORT=%d", port),
		"REDSHANK_STATE="+s.dir, "REDSHANK_ALERTS="+s.dir+"/alerts.ndjson", "REDSHANK_POLICY=")
	if siem == "sentinel" {
		s.loginHere(t, format)
	}
	return s
}

// loop replaces from-file by loopback in the configuration.
func (s *site) loop(t *testing.T) {
	t.Helper()
	port, err := agent.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	write(t, s.config, strings.ReplaceAll(read(t, s.config), "siem/from-file.", "siem/loopback."))
	s.env = append(s.env, "REDSHANK_ALERTS=", "REDSHANK_SINK=forward", "REDSHANK_KEY=among ourselves", fmt.Sprintf("REDSHANK_PORT=%d", port))
}

// loginHere replaces Entra ID by a token server on the loopback, which the output
// accepts without TLS.
func (s *site) loginHere(t *testing.T, format string) {
	t.Helper()
	entra := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"token","token_type":"Bearer","expires_in":3600}`)
	}))
	t.Cleanup(entra.Close)
	file := filepath.Join(s.dir, "conf", "siem", "sentinel."+format)
	login := map[string]string{"yaml": "auth_url: " + entra.URL + "/\n      dce_url", "conf": "auth_url " + entra.URL + "/\n    dce_url"}[format]
	write(t, file, strings.Replace(read(t, file), "dce_url", login, 1))
}

func (s *site) start(t *testing.T) {
	t.Helper()
	a, err := agent.Start(s.plugin, s.config, filepath.Join(s.dir, "fluent-bit.log"), s.env...)
	if err != nil {
		t.Fatal(err)
	}
	s.agent = a
}

func (s *site) await(t *testing.T, what string, until func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !until(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(s.agent.Abandon(fmt.Errorf("no %s", what)))
		}
	}
}

func (s *site) stop(t *testing.T) {
	t.Helper()
	if err := s.agent.Stop(); err != nil {
		t.Error(err)
	}
}
