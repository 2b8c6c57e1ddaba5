package test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"redshank/test/agent"
	"redshank/test/day"
	"redshank/test/extent"
)

// confDir and buildDir are relative to this package.
const (
	confDir  = "../conf"
	buildDir = "../build"
)

// shipped lists configurations in conf/ with the logs of a day that each reads and
// the site whose attacks it has to find.
var shipped = []struct {
	file  string
	site  day.Site
	reads func(*day.Stream) bool
}{
	{"exchange.yaml", day.Exchange, ofExchange},
	{"exchange.conf", day.Exchange, ofExchange},
	{"m365.yaml", day.Cloud, ofCloud},
	{"m365.conf", day.Cloud, ofCloud},
}

// ofExchange excludes the site of the back end, as the configurations do.
func ofExchange(s *day.Stream) bool {
	return strings.HasPrefix(s.Path, "exchange/") && !strings.Contains(s.Path, "W3SVC2")
}

func ofCloud(s *day.Stream) bool { return strings.HasPrefix(s.Path, "m365/") }

// configurations returns the files in conf/ and conf/siem/ that end in ext.
func configurations(t *testing.T, ext string) []string {
	t.Helper()
	var files []string
	for _, folder := range []string{confDir, confDir + "/siem"} {
		found, err := filepath.Glob(filepath.Join(folder, "*"+ext))
		if err != nil || len(found) == 0 {
			t.Fatalf("no *%s in %s: %v", ext, folder, err)
		}
		files = append(files, found...)
	}
	return files
}

func TestConfigurationsParse(t *testing.T) {
	for _, path := range configurations(t, ".yaml") {
		var doc map[string]any
		if err := yaml.Unmarshal([]byte(read(t, path)), &doc); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestClassicSaysTheSame requires the same settings in both formats.
func TestClassicSaysTheSame(t *testing.T) {
	twins := 0
	for _, path := range configurations(t, ".yaml") {
		classic := strings.TrimSuffix(path, ".yaml") + ".conf"
		if _, err := os.Stat(classic); err != nil || strings.Contains(path, "example") {
			continue // the examples only include other files
		}
		twins++
		if a, b := settings(t, path), settings(t, classic); a != b {
			t.Errorf("%s and %s differ:\n%s\n%s", path, classic, a, b)
		}
	}
	if twins < 11 {
		t.Errorf("only %d configurations in both formats", twins)
	}
}

// settings returns all "key value" pairs of a configuration, in order, in lower
// case, without comments and format syntax. Sections are skipped, and so are the
// parsers, which are inline in one format and in a file in the other.
func settings(t *testing.T, path string) string {
	t.Helper()
	var out []string
	section := ""
	for line := range strings.Lines(read(t, path)) {
		if name, _, ok := strings.Cut(line, ":"); ok && line[0] >= 'a' && line[0] <= 'z' {
			section = name
		}
		line = strings.TrimPrefix(strings.TrimSpace(line), "- ")
		key, value, ok := strings.Cut(strings.Replace(line, ": ", " ", 1), " ")
		key = strings.ToLower(key)
		if !ok || section == "parsers" || strings.HasPrefix(line, "#") || key == "parsers_file" {
			continue
		}
		out = append(out, key+" "+strings.Trim(strings.TrimSpace(value), "'"))
	}
	return strings.Join(out, "\n")
}

// hostKeys are the output options that Fluent Bit itself handles.
var hostKeys = map[string]bool{"name": true, "match": true, "match_regex": true, "alias": true, "workers": true, "retry_limit": true, "log_level": true}

// TestConfigurationsOnHost passes the plugin options of each configuration to the
// minimal host, which cannot read configurations.
func TestConfigurationsOnHost(t *testing.T) {
	outputs := 0
	for _, path := range configurations(t, ".yaml") {
		if strings.Contains(path, "windows") {
			continue // its paths exist only on Windows: TestWindowsConfiguration
		}
		for _, options := range redshankOutputs(t, path) {
			outputs++
			dir := t.TempDir()
			alerts := filepath.Join(dir, "alerts.ndjson")
			expand := func(value string) string {
				return os.Expand(value, func(name string) string {
					name, def, _ := strings.Cut(name, ":-")
					return cmp.Or(map[string]string{"REDSHANK_STATE": dir, "REDSHANK_ALERTS": alerts}[name], def)
				})
			}
			args := []string{"-f", "json"}
			for key, value := range options {
				if !hostKeys[key] {
					args = append(args, "-p", key+"="+expand(fmt.Sprint(value)))
				}
			}
			onHost(t, attack("203.0.113.7", 12), args...).quiet(t)
			theAttack(t, documents(t, []byte(read(t, alerts))))
		}
	}
	if outputs < 2 {
		t.Errorf("only %d redshank outputs in %s", outputs, confDir)
	}
}

func redshankOutputs(t *testing.T, path string) []map[string]any {
	t.Helper()
	var doc struct {
		Pipeline struct{ Outputs []map[string]any }
	}
	if err := yaml.Unmarshal([]byte(read(t, path)), &doc); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return slices.DeleteFunc(doc.Pipeline.Outputs, func(o map[string]any) bool { return o["name"] != "redshank" })
}

// TestConfigurationsRun runs every configuration in a real agent that reads the
// logs of a day, and requires exactly the attacks of its site.
func TestConfigurationsRun(t *testing.T) {
	needAgent(t)
	d := day.New(day.Options{Records: 40_000})
	for _, c := range shipped {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, d)
			config := filepath.Join(confDir, c.file)
			if err := agent.DryRun(b.plugin, config, b.env...); err != nil {
				t.Fatal(err)
			}
			lines := 0
			for _, s := range d.Streams {
				if c.reads(s) {
					lines += s.Len()
				}
			}
			found := b.run(t, config, lines, c.site == day.Cloud)
			for _, wrong := range d.Compare(found, c.site) {
				t.Error(wrong)
			}
		})
	}
}

// TestConfigurationsLoad has a real agent check every configuration, including
// those that no other test can run, except those for Windows, whose inputs exist
// only there.
func TestConfigurationsLoad(t *testing.T) {
	needAgent(t)
	loaded := 0
	for _, path := range slices.Concat(configurations(t, ".yaml"), configurations(t, ".conf")) {
		switch base := filepath.Base(path); {
		case strings.Contains(base, "windows"), strings.HasPrefix(base, "plugins"), base == "parsers.conf", base == "policy.yaml":
			continue
		}
		loaded++
		if err := agent.DryRun(filepath.Join(buildDir, "out_redshank.so"), path, "REDSHANK_STATE="+t.TempDir()); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if loaded < 28 {
		t.Errorf("only %d configurations were loaded", loaded)
	}
}

// TestPluginsFile loads the plugin with plugins.conf instead of -e.
func TestPluginsFile(t *testing.T) {
	needAgent(t)
	dir := t.TempDir()
	plugin, err := filepath.Abs(filepath.Join(buildDir, "out_redshank.so"))
	if err != nil {
		t.Fatal(err)
	}
	here := strings.Replace(read(t, confDir+"/plugins.conf"), "/usr/lib/redshank/out_redshank.so", plugin, 1)
	write(t, filepath.Join(dir, "plugins.conf"), here)
	write(t, filepath.Join(dir, "main.conf"), "[SERVICE]\n    Plugins_File plugins.conf\n[INPUT]\n    Name dummy\n[OUTPUT]\n    Name redshank\n    Match *\n")
	if err := agent.DryRun("", filepath.Join(dir, "main.conf")); err != nil {
		t.Error(err)
	}
}

// needAgent skips the test, with a message, without a Fluent Bit or without the plugin.
func needAgent(t *testing.T) {
	t.Helper()
	linuxOnly(t, "there is no Fluent Bit for Wine")
	extent.NeedsFull(t)
	if _, err := agent.Find(); err != nil {
		t.Skip("SKIPPED: no fluent-bit on PATH; the configurations were parsed, not run")
	}
	if _, err := os.Stat(filepath.Join(buildDir, "out_redshank.so")); err != nil {
		t.Skip("SKIPPED: no build/out_redshank.so; make build first")
	}
}

// bench is a folder with the logs of a day and the environment that points to it.
type bench struct {
	dir, plugin string
	port        int
	env         []string
	day         *day.Day
}

func newBench(t *testing.T, d *day.Day) *bench {
	t.Helper()
	b := &bench{dir: t.TempDir(), plugin: filepath.Join(buildDir, "out_redshank.so"), day: d}
	if err := d.Write(b.dir); err != nil {
		t.Fatal(err)
	}
	var err error
	if b.port, err = agent.FreePort(); err != nil {
		t.Fatal(err)
	}
	policy, err := filepath.Abs("demo/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	b.env = []string{
		"EXCHANGE_LOGS=" + filepath.Join(b.dir, "exchange"), "M365_LOGS=" + filepath.Join(b.dir, "m365"),
		fmt.Sprintf("M365_PORT=%d", b.port), "REDSHANK_STATE=" + b.dir, "REDSHANK_POLICY=" + policy, "REDSHANK_ALERTS=" + b.alerts(),
	}
	return b
}

func (b *bench) alerts() string { return filepath.Join(b.dir, "alerts.ndjson") }

// run plays the day and returns the incidents found. With post, some sign-ins are
// sent a second time, over HTTP.
func (b *bench) run(t *testing.T, config string, lines int, post bool) []day.Found {
	t.Helper()
	a, err := agent.Start(b.plugin, config, filepath.Join(b.dir, "fluent-bit.log"), b.env...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	err = a.Wait(ctx, lines, nil)
	if post && err == nil {
		lines += b.post(t)
		err = a.Wait(ctx, lines, nil)
	}
	if err != nil {
		t.Fatal(a.Abandon(err))
	}
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	found, _, err := day.ReadAlerts(b.alerts())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// post sends the first sign-ins as one array and returns their number.
func (b *bench) post(t *testing.T) int {
	t.Helper()
	const most = 100
	var records []string
	for _, s := range b.day.Streams {
		if s.Tag != "entra.signin" {
			continue
		}
		for line := range s.Text {
			if records = append(records, line); len(records) == most {
				break
			}
		}
	}
	body := []byte("[" + strings.Join(records, ",") + "]")
	resp, err := http.Post(fmt.Sprintf("http://127.0.0.1:%d/m365.signin", b.port), "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("POST: %s", resp.Status)
	}
	return len(records)
}

// write writes a file and the folders that it is in.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
