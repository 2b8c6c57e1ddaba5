package test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// onHost plays stdin on the minimal host, without health records.
func onHost(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	args = append(append([]string{"-e", artefact(t, "out_redshank.so"), "-p", "health_interval=0"}, args...), "-")
	return execute(t, stdin, artefact(t, "host"), args...)
}

// quiet fails the test if the run reported an error.
func (r result) quiet(t *testing.T) result {
	t.Helper()
	if r.code != 0 || strings.Contains(r.log, "error]") {
		t.Fatal(r.end())
	}
	return r
}

func (r result) refused(t *testing.T, wants ...string) {
	t.Helper()
	if r.code == 0 {
		t.Error("started: ", r.end())
	}
	for _, want := range wants {
		if !strings.Contains(r.log, want) {
			t.Errorf("no %q: %s", want, r.end())
		}
	}
}

func TestHostAlerts(t *testing.T) {
	for _, format := range []string{"json", "lines"} {
		r := onHost(t, attack("203.0.113.7", 12), "-f", format).quiet(t)
		if sources(r.alerts) != "203.0.113.7" || r.alerts[0].Rule.ID != "AN1269" {
			t.Errorf("as %s: %s", format, r.out)
		}
		if n := r.counter(t, "records"); n != 12 || r.counter(t, "understood") != 12 || r.counter(t, "delivered") != 1 {
			t.Errorf("as %s: %s", format, r.log)
		}
	}
}

func TestHostFileSink(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts.ndjson")
	r := onHost(t, attack("203.0.113.7", 12), "-f", "json", "-p", "sink=file", "-p", "sink_path="+path).quiet(t)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := parseAlerts(t, string(content)); len(got) != 1 || r.out != "" {
		t.Errorf("file %s, stdout %s", content, r.out)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 && !onWindows() {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestHostBadOptions(t *testing.T) {
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(policy, []byte("stuffing:\n  no_such_key: 1\nalso_wrong: 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := onHost(t, "x\n", "-p", "sink=kafka", "-p", "emit=all", "-p", "max_ips=few", "-p", "policy="+policy, "-p", "sources=iis")
	r.refused(t, "sink: \"kafka\": unknown", "emit: \"all\"", "max_ips: \"few\"", "no_such_key", "also_wrong", "sources: \"iis\": no such option")
	for line := range strings.Lines(r.log) {
		if strings.Contains(line, "max_ips") && strings.Contains(line, "emit") {
			t.Errorf("two errors in a line: %s", line)
		}
	}
}

// The first instance must shut down cleanly when the second does not start.
func TestHostSecondInstanceFails(t *testing.T) {
	onHost(t, "x\n", "-p", "max_ips=5000", "-o", "-p", "sink=file").refused(t, "sink_path", "stopped chunks=0")
}

func TestHostDryRun(t *testing.T) {
	r := onHost(t, attack("203.0.113.7", 12), "--dry-run")
	if r.code != 0 || r.log != "" || r.out != "" {
		t.Errorf("exit %d %s %s", r.code, r.log, r.out)
	}
}

func TestHostNullContext(t *testing.T) {
	r := onHost(t, attack("203.0.113.7", 12), "-f", "json", "--null-ctx").quiet(t)
	if len(r.alerts) != 1 {
		t.Error(r.out)
	}
}

func TestHostDaemonRefused(t *testing.T) {
	linuxOnly(t, "nothing forks")
	onHost(t, "x\n", "--fork").refused(t, "daemon mode is not possible")
}

func TestHostTwoInstances(t *testing.T) {
	path := filepath.Join(t.TempDir(), "second.ndjson")
	r := onHost(t, attacks(3), "-f", "json", "-p", "max_ips=5000", "-o", "-p", "sink=file", "-p", "sink_path="+path).quiet(t)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if second := parseAlerts(t, string(content)); len(r.alerts) != 3 || !maps.Equal(keys(r.alerts), keys(second)) {
		t.Errorf("first %v, second %v", keys(r.alerts), keys(second))
	}
}

// Concurrent and reordered chunks do not change the incidents.
func TestHostWorkers(t *testing.T) {
	input := attacks(20)
	want := keys(onHost(t, input, "-f", "json", "-c", "12").quiet(t).alerts)
	if len(want) != 20 {
		t.Fatalf("%d incidents of 20", len(want))
	}
	for _, workers := range []string{"1", "4"} {
		r := onHost(t, input, "-f", "json", "-c", "12", "--workers", workers).quiet(t)
		if got := keys(r.alerts); !maps.Equal(got, want) || r.counter(t, "records") != 240 {
			t.Errorf("%s workers: %v\nwant %v", workers, got, want)
		}
	}
}

func TestHostRedelivery(t *testing.T) {
	input := attacks(5)
	want := keys(onHost(t, input, "-f", "json", "-c", "7").quiet(t).alerts)
	r := onHost(t, input, "-f", "json", "-c", "7", "--redeliver").quiet(t)
	if got := keys(r.alerts); !maps.Equal(got, want) || r.counter(t, "repeated") != r.counter(t, "chunks")/2 || r.counter(t, "records") != 60 {
		t.Errorf("%v\nwant %v\n%s", got, want, r.log)
	}
}

func TestHostReload(t *testing.T) {
	path := filepath.Join(t.TempDir(), "in.ndjson")
	if err := os.WriteFile(path, []byte(attack("203.0.113.7", 12)), 0o600); err != nil {
		t.Fatal(err)
	}
	r := execute(t, "", artefact(t, "host"), "-e", artefact(t, "out_redshank.so"), "-f", "json", "--reload", "20", "--workers", "2", path).quiet(t)
	if n := strings.Count(r.log, "stopped chunks=1 "); n != 21 || len(r.alerts) != 21 {
		t.Errorf("%d starts, %d alerts", n, len(r.alerts))
	}
}

func TestHostLogLevel(t *testing.T) {
	for _, c := range []struct{ level, log string }{{"1", ""}, {"2", ""}, {"3", "[ info] [redshank] starting"}} {
		r := onHost(t, attack("203.0.113.7", 12), "-l", c.level).quiet(t)
		if c.log == "" && r.log != "" || !strings.Contains(r.log, c.log) || len(r.alerts) != 1 {
			t.Errorf("level %s: %s", c.level, r.log)
		}
	}
	onHost(t, "x\n", "-l", "1", "-p", "max_ips=few").refused(t, "[error] [redshank] max_ips")
}

// TestOldHost: the plugin does not read beyond the end of a shorter function table.
func TestOldHost(t *testing.T) {
	r := execute(t, attack("203.0.113.7", 12), artefact(t, "host-old"), "-e", artefact(t, "out_redshank.so"), "-f", "json", "-")
	if r.code != 0 || len(r.alerts) != 1 || !strings.HasPrefix(r.log, "[redshank] starting") {
		t.Errorf("exit %d, %s%s", r.code, r.out, r.log)
	}
}

// TestHostFullDisk: a full disk makes no chunk be retried. The alert stays in the
// spool until the next start; without a state_path it is logged as lost.
func TestHostFullDisk(t *testing.T) {
	full := []string{"-f", "json", "-p", "sink=file", "-p", "sink_path=/dev/full"}
	r := onHost(t, attack("203.0.113.7", 12), full...)
	for _, want := range []string{"sink fails, alerts wait", systemText("no space left", "Disk full"), "alerts lost at exit alerts=1"} {
		if !strings.Contains(r.log, want) {
			t.Errorf("no %q: %s", want, r.end())
		}
	}
	if r.code != 0 || r.counter(t, "records") != 12 || r.counter(t, "repeated") != 0 {
		t.Error(r.end())
	}
	state := "state_path=" + t.TempDir()
	if r = onHost(t, attack("203.0.113.7", 12), append(full, "-p", state)...); !strings.Contains(r.log, "alerts wait in the spool for the next start alerts=1") {
		t.Error(r.end())
	}
	if r = onHost(t, "x\n", "-p", state); len(r.alerts) != 1 || r.counter(t, "delivered") != 1 {
		t.Error(r.end())
	}
}

// A write by os.Stdout to a closed pipe would kill the process with SIGPIPE.
func TestHostStdoutGone(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := command(t.Context(), artefact(t, "host"), "-e", artefact(t, "out_redshank.so"), "-p", "health_interval=0", "-f", "json", "-")
	var log strings.Builder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(attack("203.0.113.7", 12)), write, &log
	if err := read.Close(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Run() // a signal would make the status -1
	if code := cmd.ProcessState.ExitCode(); code != 0 || !strings.Contains(log.String(), "alerts lost at exit alerts=1") || !strings.Contains(log.String(), systemText("broken pipe", "Pipe not connected")) {
		t.Errorf("%v\n%s", cmd.ProcessState, log.String())
	}
}

// TestHostCrash: a crash loses only its chunk and is logged once, whatever signal
// handlers the host has installed.
func TestHostCrash(t *testing.T) {
	for _, fault := range []string{"fault.nil", "fault.index"} {
		input := strings.Repeat(fault+"\tx\n", 50)
		for line := range strings.Lines(attack("203.0.113.7", 12)) {
			input += "tenant\t" + line + fault + "\ty\n"
		}
		r := execute(t, input, artefact(t, "host"), "-e", artefact(t, "fault.so"), "-f", "tagged", "-c", "1", "--reset-signals", "-")
		if r.code != 1 || len(incidents(r.alerts)) != 1 || r.counter(t, "crashes") != 62 || strings.Count(r.log, "recovered from a crash") != 1 {
			t.Errorf("%s: %s", fault, r.end())
		}
		if n := strings.Count(r.log, "chunk of "+fault+": error"); n != 62 {
			t.Errorf("%s: the plugin returned an error for %d chunks", fault, n)
		}
	}
}

func TestHostHostileChunks(t *testing.T) {
	event := "\x92\x92\xd7\x00\x66\x00\x00\x00\x00\x00\x00\x00\x80"
	hostile := map[string]string{
		"scalar":       "\x01",
		"nil":          "\xc0",
		"reserved":     strings.Repeat("\xc1", 1000),
		"cut":          event + "\x81\xa3log\xd9\xff",
		"huge string":  event + "\x81\xa3log\xdb\xff\xff\xff\xff",
		"huge map":     event + "\xdf\xff\xff\xff\xff",
		"huge array":   "\xdd\xff\xff\xff\xff",
		"huge ext":     "\x92\xc9\xff\xff\xff\xff\x00",
		"deep":         strings.Repeat("\x91", 2_000_000),
		"deep in body": event + "\x81\xa3log" + strings.Repeat("\x91", 2_000_000),
		"bad time":     "\x92\xc0\x81\xa3log\xa1x",
		"float time":   "\x92\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00\x81\xa3log\xa1x",
		"group marker": "\x92\x92\xd7\x00\xff\xff\xff\xff\x00\x00\x00\x00\x80\x80",
		"odd keys":     event + "\x82\xc0\x01\x93\x01\x02\x03\x80",
		"deep JSON":    event + "\x81\xa3log\xdb\x00\x10\x00\x00" + strings.Repeat(`{"a":[`, 1<<20/6) + "    ",
		"NULs":         event + "\x81\xa3log\xda\xff\xff" + strings.Repeat("\x00", 65535),
	}
	folder := t.TempDir()
	args := []string{"-e", artefact(t, "out_redshank.so"), "-f", "raw"}
	for name, bytes := range hostile {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(bytes), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	r := execute(t, "", artefact(t, "host"), args...)
	if r.code != 0 || r.counter(t, "crashes") != 0 || r.counter(t, "chunks") != len(hostile) {
		t.Errorf("exit %d\n%s", r.code, r.log)
	}
	t.Logf("%d chunks: %d bad records, %d bytes lost", len(hostile), r.counter(t, "bad_records"), r.counter(t, "lost_bytes"))
}

// The attacker chooses account names; each output line must still be one document.
func TestHostHostileText(t *testing.T) {
	input := strings.ReplaceAll(attack("203.0.113.7", 12), "user", `\u001b[2J\u202e\n{\"forged\":1}\u0000\ud800`)
	r := onHost(t, input, "-f", "json").quiet(t)
	if len(r.alerts) != 1 || strings.Count(r.out, "\n") != 1 || strings.ContainsAny(r.out, "\x1b\u202e\x00") {
		t.Errorf("%q", r.out)
	}
}

func TestCommandChecks(t *testing.T) {
	command := artefact(t, "redshank")
	if r := execute(t, "", command, "check"); r.code != 0 || !strings.HasPrefix(r.out, "ok\n") {
		t.Error(fmt.Sprint(r))
	}
	r := execute(t, "", command, "check", "-p", "/none/absent.yaml", "max_ips=few", "sink=http")
	r.refused(t, "absent.yaml", "max_ips", "sink")
}
