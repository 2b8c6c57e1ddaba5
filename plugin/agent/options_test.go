package agent

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func from(given map[string]string) func(string) string {
	return func(key string) string { return given[key] }
}

func TestOptionDefaults(t *testing.T) {
	s, err := parseOptions(from(nil))
	if err != nil {
		t.Fatal(err)
	}
	want := settings{source: "auto", emit: "alerts", format: "ecs", sink: "stdout", sinkMaxSize: 64, sinkMaxFiles: 8,
		maxIPs: 200_000, maxUsers: 200_000}
	if shown := fmt.Sprint(s.shown); !strings.Contains(shown, "max_ips 200000") || strings.Contains(shown, "sink_") {
		t.Errorf("shown: %s", shown)
	}
	s.shown = nil
	if s.source != want.source || s.sinkMaxSize != want.sinkMaxSize || s.maxIPs != want.maxIPs || s.maxUsers != want.maxUsers ||
		s.sinkMaxFiles != want.sinkMaxFiles || s.sink != want.sink || s.emit != want.emit || s.format != want.format {
		t.Errorf("%+v, want %+v", s, want)
	}
}

func TestOptionsTaken(t *testing.T) {
	s, err := parseOptions(from(map[string]string{"source": " iis ", "sink": "file", "sink_path": "/var/log/a b.ndjson",
		"sink_max_size": "2g", "max_ips": "1000"}))
	if err != nil || s.source != "iis" || s.sinkPath != "/var/log/a b.ndjson" || s.sinkMaxSize != 2048 || s.maxIPs != 1000 {
		t.Errorf("%+v %v", s, err)
	}
}

func TestOptionErrors(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"source", "apache", `source: "apache": unknown (want auto, iis,`},
		{"emit", "all", `emit: "all": unknown (want alerts, enriched or both)`},
		{"health_interval", "5", `health_interval: "5": not a duration (want 10s to 24h, or 0)`},
		{"health_interval", "1s", `out of range`},
		{"format", "OCSF", `format: "OCSF": unknown (want ecs or ocsf)`},
		{"cef", "maybe", `cef: "maybe": `},
		{"sink", "http", `sink_url: "": missing (sink http needs`},
		{"sink", "kafka", `sink: "kafka": unknown (want stdout, file, forward, http or feed)`},
		{"sink_url", "https://user:secret@example.com/in?token=secret", `sink_url: "https://example.com/in": not used by sink stdout (want sink http)`},
		{"sink_shared_key", "secret", `sink_shared_key: "(set)": not used by sink stdout`},
		{"sink_gzip", "maybe", `sink_gzip: "maybe": unknown (want on or off)`},
		{"sink_timeout", "10", `sink_timeout: "10": not a duration (want 1s to 5m)`},
		{"sink_timeout", "1h", `out of range`},
		{"sink_port", "0", `sink_port: "0": out of range`},
		{"sink_tag", "a b", `not a tag`},
		{"spool_max_size", "1K", `spool_max_size: "1K": not a size`},
		{"shared_key", "secret", `no such option (want sink_shared_key)`},
		{"sink", "File", `sink: "File": unknown`},
		{"sink", "file", `sink_path: "": missing`},
		{"sink", "feed", `sink_path: "": missing (sink feed needs`},
		{"sink_feed_expiry", "1h", `not used by sink stdout (want sink feed)`},
		{"sink_path", "/x", `sink_path: "/x": not used by sink stdout`},
		{"sink_max_size", "64", `sink_max_size: "64": not a size with its unit (want 1M to`},
		{"sink_max_size", "0M", `out of range`},
		{"sink_max_size", "9223372036854775807G", `out of range`},
		{"sink_max_size", "M", `not a size`},
		{"sink_max_files", "-1", `sink_max_files: "-1": out of range`},
		{"max_ips", "many", `max_ips: "many": not a whole number`},
		{"max_ips", "99999999999999999999", `not a whole number`},
		{"max_users", "1", `max_users: "1": out of range (want 1000 to 100000000)`},
		{"max_user", "1", `max_user: "1": no such option (want max_users)`},
		{"maxips", "1", `no such option (want max_ips)`},
		{"sink.path", "x", `no such option (want sink_path)`},
		{"sources", "iis", `no such option (want source)`},
	} {
		_, err := parseOptions(from(map[string]string{c.name: c.value}))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret@") || strings.Contains(err.Error(), `"secret"`) {
			t.Errorf("%s=%s: %v, want %s", c.name, c.value, err, c.want)
		}
	}
}

func TestSinkOptions(t *testing.T) {
	s, err := parseOptions(from(map[string]string{"sink": "forward", "sink_host": "192.0.2.1", "sink_port": "24225", "sink_shared_key": "secret",
		"sink_tls": "on", "sink_tls_verify": "Off", "sink_gzip": "true", "sink_timeout": "3s", "sink_tag": "t"}))
	if f := s.forward; err != nil || f.Host != "192.0.2.1" || f.Port != 24225 || f.SharedKey != "secret" || !f.TLS.On || !f.TLS.Insecure ||
		!f.Gzip || f.Timeout != 3*time.Second || f.Tag != "t" || s.ownTag() != "t" {
		t.Errorf("%+v %v", f, err)
	}
	if shown := fmt.Sprint(s.shown); strings.Contains(shown, "secret ") || !strings.Contains(shown, "sink_shared_key (set)") {
		t.Error(shown)
	}
	s, err = parseOptions(from(map[string]string{"sink": "http", "sink_url": "https://u:secret@example.com/in?secret", "sink_headers": "A: secret", "sink_body": "array"}))
	if h := s.http; err != nil || h.URL != "https://u:secret@example.com/in?secret" || h.Headers != "A: secret" || !h.Array || h.TLS.Insecure || h.Timeout != 10*time.Second {
		t.Errorf("%+v %v", h, err)
	}
	if shown := fmt.Sprint(s.shown); strings.Contains(shown, "secret ") || strings.Contains(shown, "?") {
		t.Error(shown)
	}
	_, err = parseOptions(from(map[string]string{"sink": "forward", "sink_path": "/run/in.sock", "sink_port": "1"}))
	if err == nil || !strings.Contains(err.Error(), "one or the other") {
		t.Error(err)
	}
}

func TestAllOptionErrorsAtOnce(t *testing.T) {
	_, err := parseOptions(from(map[string]string{"source": "x", "emit": "x", "format": "x", "sink": "x", "max_ips": "x", "max_users": "x", "path": "x"}))
	if n := strings.Count(err.Error(), "\n") + 1; n != 7 {
		t.Errorf("%d errors, want 7:\n%v", n, err)
	}
}

// No option may have a name that Fluent Bit keeps for itself.
func TestOptionNamesAreOurs(t *testing.T) {
	hosts := []string{"match", "match_regex", "alias", "log_level", "log_suppress_interval", "host", "port", "ipv6", "retry_limit", "workers"}
	for _, o := range options {
		if slices.Contains(hosts, o.name) || strings.HasPrefix(o.name, "tls") || strings.HasPrefix(o.name, "net.") || strings.HasPrefix(o.name, "storage") {
			t.Errorf("%s is the host's", o.name)
		}
		if o.help == "" || o.want == "" {
			t.Errorf("%s has no help", o.name)
		}
	}
}

func TestOptionsTable(t *testing.T) {
	rows := strings.Split(strings.TrimSpace(OptionsTable()), "\n")
	if len(rows) != len(options)+2 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows {
		if strings.Count(row, "|") != 5 {
			t.Errorf("not four columns: %s", row)
		}
	}
}
