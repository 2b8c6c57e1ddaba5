package agent

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"redshank/analytics/event"
	"redshank/plugin/delivery"
	"redshank/plugin/delivery/forward"
	"redshank/plugin/delivery/http"
	"redshank/plugin/document"
)

// settings are the checked options of one instance, read once at its start.
type settings struct {
	policy       string // path; empty: the built-in policy
	source       string
	emit         string
	enrichedTag  string
	healthEvery  time.Duration // 0: no health records
	format       string
	cef          bool
	chat         document.Chat
	sink         string
	sinkPath     string
	sinkMaxSize  int // MiB
	sinkMaxFiles int
	feedExpiry   time.Duration
	maxIPs       int
	maxUsers     int

	statePath string // folder; empty: memory only
	spoolSize int    // MiB
	forward   forward.Config
	http      http.Config
	tls       delivery.TLSConfig
	timeout   time.Duration
	gzip      bool

	version      string        // of the plugin; not an option
	refreshEvery time.Duration // of the policy's lists; not an option
	shown        []any         // name, value, name, value ... of the options in use, in the order of the table
}

// option is one key of the [OUTPUT] section. Parsing, defaults, the log at the
// start and the documentation use the same table.
type option struct {
	name string
	def  string // default as a user would write it; may be empty
	want string // description of valid values
	help string
	set  func(s *settings, value string) error

	sinks string                    // that use the option, separated by spaces; empty: all
	show  func(value string) string // form of a value that may be secret in the log; nil: unchanged
}

// options are in the order of the README. Fluent Bit never passes its own keys
// (host, port, match, tls, workers, log_level, ...) to a plugin, so no option has
// one of those names.
var options = []option{
	{name: "policy", def: "", want: "path of a YAML file", help: "Policy of the detections. Without it the built-in policy applies.",
		set: func(s *settings, v string) error { s.policy = v; return nil }},
	{name: "source", def: "auto", want: "auto, " + strings.Join(sourceNames(), ", "), help: "Log format of the records. `auto` detects the format of each tag and file.",
		set: func(s *settings, v string) error { s.source = v; return oneOf(v, append(sourceNames(), "auto")...) }},
	{name: "emit", def: "alerts", want: "alerts, enriched or both", help: "What is sent: alerts, or every record unchanged except for an additional field `redshank`, or both.",
		set: func(s *settings, v string) error { s.emit = v; return oneOf(v, "alerts", "enriched", "both") }},
	{name: "health_interval", def: "5m", want: "10s to 24h, or 0", help: "Interval of health records, which have figures and findings about blind spots. One more is sent at exit. 0: findings are only logged.",
		set: func(s *settings, v string) (err error) {
			if v != "0" {
				s.healthEvery, err = between(v, 10*time.Second, 24*time.Hour)
			}
			return err
		}},
	{name: "format", def: "ecs", want: "ecs or ocsf", help: "Schema of the documents: Elastic Common Schema, or OCSF Detection Finding.",
		set: func(s *settings, v string) error { s.format = v; return oneOf(v, "ecs", "ocsf") }},
	{name: "cef", def: "off", want: "on or off", help: "Add a complete CEF line to each alert, for syslog: `cef` in the map `redshank`.",
		set: func(s *settings, v string) (err error) { s.cef, err = onOff(v); return err }},
	{name: "sink", def: "stdout", want: "stdout, file, forward, http or feed", help: "Where alerts are sent: as JSON documents to stdout, a file or a URL, or by the Fluentd forward protocol. `feed` writes only the addresses of attackers, to files for firewalls and CrowdSec.",
		set: func(s *settings, v string) error {
			s.sink = v
			return oneOf(v, "stdout", "file", "forward", "http", "feed")
		}},
	{name: "sink_path", want: "path of a file", help: "File of the `file` sink, created with mode 0600; unix socket of the `forward` sink; list of the `feed` sink, which also writes the list as `.csv` for CrowdSec and as `.json`.", sinks: "file forward feed",
		set: func(s *settings, v string) error { s.sinkPath, s.forward.Path = v, v; return nil }},
	{name: "sink_feed_expiry", def: "24h", want: "10m to 720h", help: "How long an address stays in the feed after the last alert about it. The feed has at most 10,000 addresses, from AN1269 incidents of severity high and critical, without private addresses and those in a list of the policy's `networks`. Those of a withdrawn incident leave it.", sinks: "feed",
		set: func(s *settings, v string) (err error) {
			s.feedExpiry, err = between(v, 10*time.Minute, 30*24*time.Hour)
			return err
		}},
	{name: "sink_max_size", def: "64M", want: "1M to 1048576M", help: "Size at which the file is rotated.", sinks: "file",
		set: func(s *settings, v string) (err error) { s.sinkMaxSize, err = mebibytes(v); return err }},
	{name: "sink_max_files", def: "8", want: "0 to 10000", help: "Rotated files kept; 0 keeps all.", sinks: "file",
		set: func(s *settings, v string) (err error) { s.sinkMaxFiles, err = within(v, 0, 10_000); return err }},
	{name: "sink_host", def: "127.0.0.1", want: "name or address", help: "Receiver of the `forward` sink.", sinks: "forward",
		set: func(s *settings, v string) error { s.forward.Host = v; return nil }},
	{name: "sink_port", def: "24224", want: "1 to 65535", help: "TCP port of the receiver.", sinks: "forward",
		set: func(s *settings, v string) (err error) { s.forward.Port, err = within(v, 1, 65535); return err }},
	{name: "sink_tag", def: "redshank.alert", want: "a tag", help: "Tag of the alerts. Records that come back with this tag are ignored.", sinks: "forward",
		set: func(s *settings, v string) error { s.forward.Tag = v; return oneWord(v) }},
	{name: "sink_enriched_tag", def: "redshank.enriched", want: "a tag", help: "Tag of enriched records, to which a dot and the original tag are appended. Records that come back with such a tag are ignored.", sinks: "forward",
		set: func(s *settings, v string) error { s.enrichedTag = v; return oneWord(v) }},
	{name: "sink_shared_key", want: "the receiver's shared_key", help: "Secret that both sides prove to know in a handshake. Without it there is no handshake.", sinks: "forward", show: hidden,
		set: func(s *settings, v string) error { s.forward.SharedKey = v; return nil }},
	{name: "sink_url", want: "https://host/path", help: "Receiver of the `http` sink.", sinks: "http", show: withoutSecrets,
		set: func(s *settings, v string) error { s.http.URL = v; return nil }},
	{name: "sink_headers", want: "Name: value, a vertical bar between several", help: "Headers of each request, for instance `Authorization: Bearer ${TOKEN}`.", sinks: "http", show: hidden,
		set: func(s *settings, v string) error { s.http.Headers = v; return nil }},
	{name: "sink_body", def: "ndjson", want: "ndjson, array, slack or teams", help: "One document on each line, one JSON array for each request, or one message for an incoming webhook of Slack or Teams for each request, without health records.", sinks: "http",
		set: func(s *settings, v string) error {
			s.http.Array, s.chat = v == "array", map[string]document.Chat{"slack": document.Slack, "teams": document.Teams}[v]
			s.http.Single = s.chat != document.NoChat
			return oneOf(v, "ndjson", "array", "slack", "teams")
		}},
	{name: "sink_gzip", def: "off", want: "on or off", help: "Compress what is sent.", sinks: "forward http",
		set: func(s *settings, v string) (err error) { s.gzip, err = onOff(v); return err }},
	{name: "sink_tls", def: "off", want: "on or off", help: "TLS for the `forward` sink. A URL selects TLS by its scheme.", sinks: "forward",
		set: func(s *settings, v string) (err error) { s.tls.On, err = onOff(v); return err }},
	{name: "sink_tls_ca_file", want: "path of a PEM file", help: "Certificate authority of the receiver. Without it those of the system are trusted.", sinks: "forward http",
		set: func(s *settings, v string) error { s.tls.CAFile = v; return nil }},
	{name: "sink_tls_verify", def: "on", want: "on or off", help: "Verify the certificate of the receiver. With `off` anybody in between can read and change what is sent.", sinks: "forward http",
		set: func(s *settings, v string) error { on, err := onOff(v); s.tls.Insecure = !on; return err }},
	{name: "sink_timeout", def: "10s", want: "1s to 5m", help: "Time limit of each step: connecting, handshake, sending, acknowledgement.", sinks: "forward http",
		set: func(s *settings, v string) (err error) {
			s.timeout, err = between(v, time.Second, 5*time.Minute)
			return err
		}},
	{name: "state_path", want: "path of a folder", help: "Folder for what survives a restart: alerts that wait for the sink (`spool.db`) and the state of the detections (`checkpoint.db`). Each instance needs its own. Without it both are in memory.",
		set: func(s *settings, v string) error { s.statePath = v; return nil }},
	{name: "spool_max_size", def: "64M", want: "1M to 1048576M", help: "Maximum size of the alerts that wait. Above it the least severe alerts are dropped first, and of these the oldest.",
		set: func(s *settings, v string) (err error) { s.spoolSize, err = mebibytes(v); return err }},
	{name: "max_ips", def: "200000", want: "1000 to 100000000", help: "Maximum number of client addresses in memory.",
		set: func(s *settings, v string) (err error) { s.maxIPs, err = within(v, 1000, 100_000_000); return err }},
	{name: "max_users", def: "200000", want: "1000 to 100000000", help: "Maximum number of accounts in memory.",
		set: func(s *settings, v string) (err error) { s.maxUsers, err = within(v, 1000, 100_000_000); return err }},
}

// parseOptions reads every option through lookup, which returns "" for an option
// that is not set. The error joins one error for each wrong value, with the name
// of the option, the value and a description of valid ones.
func parseOptions(lookup func(key string) string) (settings, error) {
	s := settings{refreshEvery: refreshEvery}
	var errs []error
	given := map[string]string{}
	for _, o := range options {
		value := strings.TrimSpace(lookup(o.name))
		if value == "" {
			value = o.def
		} else {
			given[o.name] = o.shown(value)
		}
		if err := o.set(&s, value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %q: %w (want %s)", o.name, o.shown(value), err, o.want))
		}
		if o.usedBy(s.sink) {
			s.shown = append(s.shown, o.name, o.shown(value))
		}
	}
	s.share()
	errs = append(errs, s.contradictions(given)...)
	errs = append(errs, misspelt(lookup)...)
	return s, errors.Join(errs...)
}

// usedBy reports whether an instance with this sink uses the option. The option
// sink itself comes before all options of sinks.
func (o option) usedBy(sink string) bool {
	return o.sinks == "" || oneOf(sink, strings.Fields(o.sinks)...) == nil
}

func (o option) shown(value string) string {
	if o.show == nil || value == "" {
		return value
	}
	return o.show(value)
}

// share copies the options that both network sinks use.
func (s *settings) share() {
	s.forward.Timeout, s.http.Timeout = s.timeout, s.timeout
	s.forward.Gzip, s.http.Gzip = s.gzip, s.gzip
	s.forward.TLS, s.http.TLS = s.tls, s.tls
	if s.chat != document.NoChat || s.sink == "feed" {
		s.healthEvery = 0 // neither takes health records
	}
}

// contradictions returns errors about options that are valid each but not
// together. given holds the options that were set, in their form for the log.
func (s *settings) contradictions(given map[string]string) []error {
	var errs []error
	for _, o := range options {
		if value, set := given[o.name]; set && !o.usedBy(s.sink) {
			errs = append(errs, fmt.Errorf("%s: %q: not used by sink %s (want sink %s)", o.name, value, s.sink, strings.ReplaceAll(o.sinks, " ", " or ")))
		}
	}
	switch {
	case s.sink == "file" && s.sinkPath == "":
		errs = append(errs, errors.New(`sink_path: "": missing (sink file needs the path of a file)`))
	case s.sink == "feed" && s.sinkPath == "":
		errs = append(errs, errors.New(`sink_path: "": missing (sink feed needs the path of a file)`))
	case s.sink == "feed" && s.emit != "alerts":
		errs = append(errs, fmt.Errorf("emit: %q: not for a feed (want alerts)", s.emit))
	case s.sink == "http" && s.http.URL == "":
		errs = append(errs, errors.New(`sink_url: "": missing (sink http needs https://host/path)`))
	case s.chat != document.NoChat && s.emit != "alerts":
		errs = append(errs, fmt.Errorf("emit: %q: not for a chat (want alerts, or sink_body ndjson or array)", s.emit))
	case s.sink == "forward" && s.sinkPath != "" && runtime.GOOS == "windows":
		errs = append(errs, fmt.Errorf("sink_path: %q: Fluent Bit has no unix sockets on Windows (want sink_host and sink_port)", s.sinkPath))
	case s.sink == "forward" && s.sinkPath != "" && (given["sink_host"]+given["sink_port"] != "" || s.tls.On):
		errs = append(errs, fmt.Errorf("sink_path: %q: a unix socket has no sink_host, sink_port or sink_tls (want one or the other)", s.sinkPath))
	}
	return errs
}

// shownAs returns value in the form in which the named option may be shown.
func shownAs(name, value string) string {
	for _, o := range options {
		if o.name == name {
			return o.shown(value)
		}
	}
	return value
}

// sourceNames returns the names of the log formats, which are those of the
// counters.
func sourceNames() []string {
	var names []string
	for s := event.IIS; s <= event.Graph; s++ {
		names = append(names, s.String())
	}
	return names
}

// OptionsTable returns the table of options in the README, in markdown.
func OptionsTable() string {
	var b strings.Builder
	b.WriteString("| option | default | value | meaning |\n| --- | --- | --- | --- |\n")
	for _, o := range options {
		def := "-"
		if o.def != "" {
			def = "`" + o.def + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", o.name, def, o.want, o.help)
	}
	return b.String()
}
