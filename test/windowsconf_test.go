package test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"redshank/test/agent"
)

// eventLogKeys are the settings of the input winevtlog, which exists only on Windows,
// and those that every input has.
var eventLogKeys = []string{"name", "tag", "storage.type", "channels", "event_query", "db", "string_inserts", "ignore_missing_channels"}

var (
	eventLogInput = regexp.MustCompile(`(?im)name:?\s+winevtlog$`)
	onDriveC      = regexp.MustCompile(`C:\\.*`)
)

// asOnLinux returns a configuration for Windows with its drive C in a folder and
// without the inputs that exist only there, whose settings are checked by name.
func asOnLinux(t *testing.T, path, folder string) string {
	t.Helper()
	var kept []string
	for block := range strings.SplitSeq(read(t, path), "\n\n") {
		if !eventLogInput.MatchString(block) {
			kept = append(kept, block)
			continue
		}
		for line := range strings.Lines(block) {
			line = strings.TrimPrefix(strings.TrimSpace(line), "- ")
			key := strings.ToLower(strings.TrimRight(strings.SplitN(line+" ", " ", 2)[0], ":"))
			if line != "" && line[0] != '#' && line[0] != '[' && !slices.Contains(eventLogKeys, key) {
				t.Errorf("%s: %q is no setting of winevtlog", path, key)
			}
		}
	}
	return onDriveC.ReplaceAllStringFunc(strings.Join(kept, "\n\n")+"\n", func(value string) string {
		return strings.ReplaceAll(strings.ReplaceAll(value, `C:\`, folder+"/"), `\`, "/")
	})
}

// TestWindowsConfigurationLoads has a real agent and the command check the
// configurations for Windows, which load the plugin themselves.
func TestWindowsConfigurationLoads(t *testing.T) {
	needAgent(t)
	plugin, err := filepath.Abs(filepath.Join(buildDir, "out_redshank.so"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"exchange-windows.yaml", "exchange-windows.conf"} {
		folder := filepath.Join(t.TempDir(), "c")
		plugins := asOnLinux(t, confDir+"/plugins-windows.conf", folder)
		loaded := strings.Replace(plugins, folder+"/Program Files/redshank/out_redshank.dll", plugin, 1)
		if loaded == plugins {
			t.Errorf("plugins-windows.conf: no out_redshank.dll in %s", plugins)
		}
		for path, text := range map[string]string{
			"Program Files/redshank/conf/plugins-windows.conf": loaded,
			"Program Files/redshank/conf/" + name:              asOnLinux(t, filepath.Join(confDir, name), folder),
			"ProgramData/redshank/policy.yaml":                 read(t, confDir+"/policy.yaml"),
		} {
			write(t, filepath.Join(folder, path), text)
		}
		config := filepath.Join(folder, "Program Files/redshank/conf", name)
		if err := agent.DryRun("", config); err != nil {
			t.Error(err)
		}
		if r := execute(t, "", artefact(t, "redshank"), "check", "-c", config); r.code != 0 || !strings.Contains(r.out, "ok: ") {
			t.Errorf("%s: %d\n%s%s", name, r.code, r.out, r.log)
		}
	}
}
