package test

import (
	"debug/pe"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"redshank/test/day"
)

// systemDLLs are libraries that every Windows has. Any other imported library would
// have to be shipped and found by the agent.
var systemDLLs = []string{"kernel32.dll", "msvcrt.dll"}

func TestWindowsImports(t *testing.T) {
	windowsOnly(t)
	for _, name := range []string{"out_redshank.so", "redshank", "host"} {
		f, err := pe.Open(artefact(t, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		libraries, err := f.ImportedSymbols() // symbol:library; ImportedLibraries is a stub
		if err != nil {
			t.Fatal(err)
		}
		for _, symbol := range libraries {
			_, library, _ := strings.Cut(symbol, ":")
			if !slices.Contains(systemDLLs, strings.ToLower(library)) {
				t.Errorf("%s imports %s", built(name), symbol)
			}
		}
	}
}

// lowThresholds is a policy with which even short logs raise alerts.
const lowThresholds = "version: 1\nstuffing:\n  mailbox_login_threshold: {burst: 1, slow: 1, leaked: 1}\n  failure_threshold: {burst: 1, slow: 1}\n"

// TestWindowsSameDay: the alerts of the demo day are identical on both systems.
func TestWindowsSameDay(t *testing.T) {
	windowsOnly(t)
	folder := t.TempDir()
	d := day.New(day.Options{})
	tagged := filepath.Join(folder, "day.tagged")
	f, err := os.Create(tagged)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.WriteTagged(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	policy, err := filepath.Abs("demo/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if sameOnBoth(t, "-t", "demo", "-p", "policy="+policy, "-f", "tagged", tagged) == "" {
		t.Error("no alerts: nothing was compared")
	}
}

// TestWindowsSameFixtures: the alerts of every recorded log are identical on both systems.
func TestWindowsSameFixtures(t *testing.T) {
	windowsOnly(t)
	files, err := filepath.Glob("../../shared/fixtures/*/*")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("SKIPPED: no fixtures beside this checkout")
	}
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	write(t, policy, lowThresholds)
	with := 0
	for _, file := range files {
		file, err := filepath.Abs(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range []string{"lines", "json"} {
			t.Run(filepath.Base(file)+"/"+format, func(t *testing.T) {
				if alerts := sameOnBoth(t, "-p", "policy="+policy, "-f", format, file); alerts != "" {
					with++
				}
			})
		}
	}
	if t.Logf("%d files, %d of %d runs with alerts", len(files), with, 2*len(files)); with == 0 {
		t.Error("no alert in any of them: nothing was compared")
	}
}

// sameOnBoth runs the host for Linux and the host for Windows with the same
// arguments, requires the same alerts and counts, and returns the alerts.
func sameOnBoth(t *testing.T, args ...string) string {
	t.Helper()
	win := execute(t, "", artefact(t, "host"), append([]string{"-e", artefact(t, "out_redshank.so")}, args...)...)
	lin := execute(t, "", filepath.Join(buildDir, "host"), append([]string{"-e", filepath.Join(buildDir, "out_redshank.so")}, args...)...)
	if lin.code != win.code {
		t.Fatalf("exit %d on Linux; on Windows: %s", lin.code, win.end())
	}
	a, b := anonymous(lin.out), anonymous(win.out)
	if a != b {
		t.Errorf("on Linux:\n%s\non Windows:\n%s", a, b)
	}
	if a, b := summaries(lin.log), summaries(win.log); !slices.Equal(a, b) || len(a) == 0 {
		t.Errorf("on Linux: %s\non Windows: %s", a, b)
	}
	return b
}

var observerName = regexp.MustCompile(`("observer":\{[^}]*"name":)"[^"]*"`)

// anonymous returns alerts without the name of the machine. Health records are
// removed, because they contain the times of the run.
func anonymous(alerts string) string {
	var b strings.Builder
	for line := range strings.Lines(alerts) {
		if !strings.Contains(line, ofHealth) {
			b.WriteString(observerName.ReplaceAllString(line, `$1""`))
		}
	}
	return b.String()
}

// summaries returns the lines "stopped" of all instances, without date.
func summaries(log string) []string { return regexp.MustCompile(`stopped .*`).FindAllString(log, -1) }

func windowsOnly(t *testing.T) {
	t.Helper()
	if !onWindows() {
		t.Skip("for make test-windows")
	}
}
