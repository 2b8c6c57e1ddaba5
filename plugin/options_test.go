package main

import (
	"slices"
	"strings"
	"testing"
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
	if got := s; len(got.shown) != 2*len(options) {
		t.Errorf("%d shown", len(got.shown))
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
		{"emit", "enriched", `emit: "enriched": not available in this version (want alerts)`},
		{"emit", "both", `not available in this version`},
		{"emit", "all", `emit: "all": unknown`},
		{"format", "ocsf", `format: "ocsf": not available in this version (want ecs)`},
		{"sink", "forward", `sink: "forward": not available in this version (want stdout or file)`},
		{"sink", "http", `not available in this version`},
		{"sink", "File", `sink: "File": unknown`},
		{"sink", "file", `sink_path: "": missing`},
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
		{"state_path", "/var", `state_path: "/var": no such option (want nothing: this version keeps state in memory only)`},
	} {
		_, err := parseOptions(from(map[string]string{c.name: c.value}))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s=%s: %v, want %s", c.name, c.value, err, c.want)
		}
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
	rows := strings.Split(strings.TrimSpace(optionsTable()), "\n")
	if len(rows) != len(options)+2 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows {
		if strings.Count(row, "|") != 5 {
			t.Errorf("not four columns: %s", row)
		}
	}
}
