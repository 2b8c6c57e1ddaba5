package test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"redshank/test/agent"
)

// health holds the compared fields of a health record.
type health struct {
	Event struct {
		Kind, Action string
		Sequence     int
	}
	Redshank struct {
		Health struct {
			Records struct{ Chunks, Read, Understood, Ignored, Unknown, Malformed int }
			Sources map[string]struct{ Understood, Ignored, Malformed int }
			Events  struct{ Total, Duplicates, Late, Future int }
			Tables  struct {
				Clients        int
				ClientsEvicted int `json:"clients_evicted"`
				Accounts       int
			}
			Rules            map[string]struct{ Incidents, Alerts map[string]int }
			Enriched         struct{ Chunks, Errors int }
			Incidents        int
			Alerts           int
			SinkErrors       int     `json:"sink_errors"`
			FlushSeconds     float64 `json:"flush_seconds"`
			SuppressedAlerts int     `json:"suppressed"`
		}
		Findings []struct{ Code, Subject string }
	}
}

// healthOf returns the health records in the output of an agent.
func healthOf(t *testing.T, text string) (list []health) {
	t.Helper()
	for line := range strings.Lines(text) {
		if !strings.Contains(line, ofHealth) {
			continue
		}
		var h health
		if err := json.Unmarshal([]byte(line), &h); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		list = append(list, h)
	}
	return list
}

// withServer returns service settings that enable the agent's endpoint on a free port.
func withServer(t *testing.T) (service string, url string) {
	t.Helper()
	port, err := agent.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("  http_server: on\n  http_listen: 127.0.0.1\n  http_port: %d\n", port), fmt.Sprintf("http://127.0.0.1:%d/api/v2/metrics/prometheus", port)
}

var sample = regexp.MustCompile(`(?m)^fluentbit_redshank_(\w+)\{name="([^"]*)",?([^}]*)\} (\S+)$`)

// scrape returns the plugin's metrics at the endpoint by labels, such as
// "redshank.0 records_total ual understood".
func scrape(t *testing.T, url string) map[string]float64 {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		return nil // not listening yet
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, m := range sample.FindAllStringSubmatch(string(text), -1) {
		key := m[2] + " " + m[1]
		for _, label := range strings.Split(m[3], ",") {
			if _, value, ok := strings.Cut(label, "="); ok {
				key += " " + strings.Trim(value, `"`)
			}
		}
		if values[key], err = strconv.ParseFloat(m[4], 64); err != nil {
			t.Error(err)
		}
	}
	return values
}

// TestFluentBitMetrics: the metrics equal the figures of the health record and the
// input of the test; two instances have separate metrics.
func TestFluentBitMetrics(t *testing.T) {
	t.Parallel()
	service, url := withServer(t)
	input := attacks(3) + "of no known format\nneither is this\n"
	b := newFluentBit(t, input, service, "health_interval: 5m", "alias: second\nsink: file\nsink_path: /dev/null")
	b.start("out_redshank.so").awaitAlerts(3)
	var got map[string]float64
	b.await("metrics of all records", func() bool {
		got = scrape(t, url)
		return got["redshank.0 records_total unknown unknown"] == 2 && got["second records_total unknown unknown"] == 2
	})
	r := b.stop()
	r.endedWell(t)
	records := healthOf(t, r.out)
	if len(records) != 1 || records[0].Event.Kind != "metric" || records[0].Event.Action != "health_at_exit" {
		t.Fatalf("health records: %+v", records)
	}
	h := records[0].Redshank.Health
	want := map[string]int{
		"records_total ual understood": 3 * attackSize, "records_total unknown unknown": 2, "records_total iis understood": 0,
		"events_total": 3 * attackSize, "duplicates_total": 0, "late_total": h.Events.Late, "future_total": 0, "chunks_total": h.Records.Chunks,
		"table_entries clients": 3, "table_entries accounts": h.Tables.Accounts, "table_evictions_total clients": 0,
		"incidents_total AN1269 high":  h.Rules["AN1269"].Incidents["high"],
		"alerts_total AN1269 high":     h.Rules["AN1269"].Alerts["high"],
		"alerts_total AN1269 critical": h.Rules["AN1269"].Alerts["critical"], "sink_errors_total": 0, "crashes_total": 0,
	}
	for key, value := range want {
		for _, name := range []string{"redshank.0 ", "second "} {
			if is, ok := got[name+key]; !ok || is != float64(value) {
				t.Errorf("%s%s: %v, want %d", name, key, is, value)
			}
		}
	}
	sum := 0.0
	for key, value := range got {
		if strings.HasPrefix(key, "redshank.0 alerts_total") {
			sum += value
		}
	}
	if h.Records.Read != 3*attackSize+2 || h.Records.Unknown != 2 || h.Sources["ual"].Understood != 3*attackSize || h.Incidents != 3 || int(sum) != h.Alerts {
		t.Errorf("health record: %+v, %v alerts by metrics", h, sum)
	}
	if f := got["redshank.0 flush_seconds_total"]; f <= 0 || f > h.FlushSeconds {
		t.Errorf("flush time %v, %v in the health record", f, h.FlushSeconds)
	}
}

// TestFluentBitMetricsReload: the metrics are correct after a reload.
func TestFluentBitMetricsReload(t *testing.T) {
	t.Parallel()
	service, url := withServer(t)
	b := newFluentBit(t, attacks(2), service+"  hot_reload: on\n", "workers: 0")
	b.start("out_redshank.so").awaitAlerts(2)
	all := func() bool { return scrape(t, url)["redshank.0 records_total ual understood"] == 2*attackSize }
	b.await("metrics", all)
	b.reload(1)
	b.await("metrics after the reload", all)
	b.stop().endedWell(t)
}

// TestFluentBitEnriched: both sends alerts and every record once, unchanged except
// for one more field; enriched sends no alerts.
func TestFluentBitEnriched(t *testing.T) {
	t.Parallel()
	for _, emit := range []string{"both", "enriched"} {
		b := newFluentBit(t, attack("203.0.113.7", 12)+"of no known format\n", "", "")
		out := filepath.Join(b.folder, "out.ndjson")
		b.write("fluent-bit.yaml", configuration(b.folder, "", "health_interval: 5m\nemit: "+emit+"\nsink: file\nsink_path: "+out))
		b.write("out.ndjson", "")
		b.start("out_redshank.so").await("records", func() bool { return strings.Contains(b.read("out.ndjson"), "of no known format") })
		b.stop().endedWell(t)
		var lines []string
		for line := range strings.Lines(attack("203.0.113.7", 12)) {
			lines = append(lines, strings.TrimSpace(line))
		}
		records, open := 0, 0
		for line := range strings.Lines(b.read("out.ndjson")) {
			var doc struct {
				Log      string
				Time     string `json:"@timestamp"`
				Redshank *struct {
					IP        string
					Incidents []string
				}
			}
			if err := json.Unmarshal([]byte(line), &doc); err != nil {
				t.Fatal(err, line)
			}
			if doc.Log == "" {
				continue
			}
			records++
			if records <= len(lines) && (doc.Log != lines[records-1] || doc.Redshank == nil || doc.Redshank.IP != "203.0.113.7") {
				t.Errorf("%s", line)
			}
			if records > len(lines) && doc.Redshank != nil || doc.Time == "" {
				t.Errorf("%s", line)
			}
			if doc.Redshank != nil && len(doc.Redshank.Incidents) == 1 {
				open++
			}
		}
		alerts := parseAlerts(t, b.read("out.ndjson"))
		raised := strings.Count(b.read("out.ndjson"), `"dataset":"redshank.alert"`)
		if records != 13 || open == 0 || (raised > 0) != (emit == "both") || len(healthOf(t, b.read("out.ndjson"))) != 1 {
			t.Errorf("%s: %d records, %d with an incident, %d alerts, %d lines", emit, records, open, raised, len(alerts))
		}
	}
}

// TestFluentBitEnrichedForward sends enriched records by the forward protocol to
// the same agent, which receives the original records with the added field, under
// their original tag.
func TestFluentBitEnrichedForward(t *testing.T) {
	t.Parallel()
	free, err := agent.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	b := newFluentBit(t, attack("203.0.113.7", 12)+"of no known format\n", "", fmt.Sprintf("sink: forward\nsink_port: %d\nworkers: 1\nemit: both\nhealth_interval: 5m", free))
	c := strings.Replace(b.read("fluent-bit.yaml"), "  outputs:\n", fmt.Sprintf("    - name: forward\n      listen: 127.0.0.1\n      port: %d\n  outputs:\n", free), 1)
	c += fmt.Sprintf("    - name: file\n      match: redshank.enriched.tenant\n      path: %s\n      file: out\n      format: plain\n", b.folder)
	b.write("fluent-bit.yaml", c)
	b.write("out", "")
	b.start("out_redshank.so").await("the last record", func() bool { return strings.Contains(b.read("out"), "of no known format") })
	b.awaitLog("alerts of this output come back", 1)
	r := b.stop()
	r.endedWell(t)
	out := b.read("out")
	if strings.Count(out, "\n") != 13 || strings.Count(out, `"redshank":{"source":"ual"`) != 12 || strings.Count(out, `"incidents":["AN1269-`) == 0 || r.counter(t, "records") != 13 {
		t.Errorf("%s\n%s", out, r.end())
	}
}
