package command

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"redshank/analytics/spelling"
	"redshank/plugin/agent"
	"redshank/plugin/hostconfig"
)

// agentCheck checks the redshank outputs in the configuration of an agent.
type agentCheck struct {
	config  *hostconfig.Config
	outputs []redshankOutput
	advised map[string]bool // paths of policies whose advice is in findings

	findings []finding
	errors   int
}

// redshankOutput is one output with its options.
type redshankOutput struct {
	hostconfig.Section
	options map[string]string // those given, by name
}

// finding is one thing that is wrong or could be better.
type finding struct {
	level, place, text string
}

func (f finding) String() string { return fmt.Sprintf("%s: %s: %s", f.place, f.level, f.text) }

// checkAgent checks the configuration path of an agent, and writes findings to
// out. The error has the exit status where the agent would not start or would
// not do what the configuration says.
func checkAgent(out io.Writer, path string) error {
	config, err := hostconfig.Load(path, os.LookupEnv)
	if err != nil {
		return fail(out, err)
	}
	a := &agentCheck{config: config, advised: map[string]bool{}}
	for _, o := range config.Outputs {
		if strings.EqualFold(o.Get("name"), "redshank") {
			a.outputs = append(a.outputs, redshankOutput{o, map[string]string{}})
		}
	}
	a.run(path)
	for _, f := range a.findings {
		fmt.Fprintln(out, f)
	}
	if a.errors > 0 {
		return exit(StatusFindings)
	}
	fmt.Fprintf(out, "ok: %s, outputs with the name redshank: %d\n", path, len(a.outputs))
	return nil
}

// fail writes err and returns the exit status for it.
func fail(out io.Writer, err error) error {
	fmt.Fprintln(out, err)
	return exit(StatusFindings)
}

func (a *agentCheck) run(path string) {
	if len(a.outputs) == 0 {
		a.error(path, "no output with the name redshank")
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(a.config.Unset))) {
		a.warn(path, "the environment variable %s is not set here; the agent takes it as empty", name)
	}
	if a.config.Service.On("daemon") {
		a.error(a.config.Service.At("daemon"), "daemon forks after the plugin is loaded, which the plugin refuses (want off)")
	}
	for i := range a.outputs {
		o := &a.outputs[i]
		a.readOptions(o)
		a.configure(o)
		a.checkHost(o)
		a.checkTags(o)
		a.checkLoop(o)
		a.checkFolders(o)
		a.checkTransport(o)
	}
	a.checkShared()
	a.checkParsers(filepath.Dir(path))
	a.checkPositions()
	a.checkCoverage(path)
}

func (a *agentCheck) error(place, format string, args ...any) {
	a.errors++
	a.findings = append(a.findings, finding{"error", place, fmt.Sprintf(format, args...)})
}

func (a *agentCheck) warn(place, format string, args ...any) {
	a.findings = append(a.findings, finding{"warning", place, fmt.Sprintf(format, args...)})
}

// ownNames maps options that Fluent Bit consumes itself, and that never reach the
// plugin, to the options to use instead.
var ownNames = map[string]string{"host": "sink_host", "port": "sink_port", "tls": "sink_tls", "tls.verify": "sink_tls_verify", "tls.ca_file": "sink_tls_ca_file"}

// readOptions fills the options of o, and reports unknown keys.
func (a *agentCheck) readOptions(o *redshankOutput) {
	for _, p := range o.Properties {
		switch {
		case known(p.Key):
			o.options[p.Key] = p.Value
		case ownNames[p.Key] != "":
			a.error(o.At(p.Key), "%s: %q: belongs to Fluent Bit and does not reach the plugin (want %s)", p.Key, p.Value, ownNames[p.Key])
		case !hostKey(p.Key):
			a.error(o.At(p.Key), "%s: %q: no such option%s", p.Key, p.Value, suggest(p.Key))
		}
	}
}

// hostKey reports whether Fluent Bit reads key of every output itself.
func hostKey(key string) bool {
	switch key {
	case "name", "match", "match_regex", "alias", "log_level", "log_suppress_interval", "ipv6", "retry_limit", "workers":
		return true
	}
	prefix, _, _ := strings.Cut(key, ".")
	return prefix == "tls" || prefix == "net" || prefix == "storage" || prefix == "oauth2"
}

// suggest returns " (did you mean OPTION?)", or "" where no option is near.
func suggest(key string) string {
	var names []string
	for _, o := range agent.Options() {
		names = append(names, o.Name)
	}
	if near := spelling.Nearest(key, names); near != "" {
		return " (did you mean " + near + "?)"
	}
	return ""
}

// value returns the value of an option of o: as given, or its default.
func (a *agentCheck) value(o *redshankOutput, name string) string {
	if given := strings.TrimSpace(o.options[name]); given != "" {
		return given
	}
	for _, option := range agent.Options() {
		if option.Name == name {
			return option.Default
		}
	}
	return ""
}

// configure reads the options and the policy as the plugin does.
func (a *agentCheck) configure(o *redshankOutput) {
	c, err := agent.Configure(func(key string) string { return o.options[key] })
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			name, _, _ := strings.Cut(line, ":")
			a.error(o.At(name), "%s", line)
		}
		return
	}
	if !a.advised[c.PolicyPath] {
		a.advised[c.PolicyPath] = true
		for _, text := range c.Policy.Advice(time.Now()) {
			a.warn(policyName(c.PolicyPath), "%s", text)
		}
	}
}

// policyName returns the name of a policy in a message.
func policyName(path string) string {
	if path == "" {
		return "built-in policy"
	}
	return path
}

// checkHost finds what Fluent Bit itself does badly with a plugin in Go.
func (a *agentCheck) checkHost(o *redshankOutput) {
	workers, _ := strconv.Atoi(o.Get("workers"))
	if workers > 0 && a.config.Service.On("hot_reload") {
		a.error(o.At("workers"), "workers %d with hot_reload: workers that a reload leaves behind crash the agent (want workers 0, or hot_reload off)", workers)
	}
	if workers == 0 && a.value(o, "sink") == "forward" && a.value(o, "emit") != "alerts" {
		a.warn(o.At("workers"), "workers 0: while enriched records are sent, the whole agent waits (want workers 1 where hot_reload is off)")
	}
}
