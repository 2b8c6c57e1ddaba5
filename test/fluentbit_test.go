package test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"redshank/plugin/delivery/sinktest"
	"redshank/test/agent"
)

// fluentBit is one Fluent Bit that a test started.
type fluentBit struct {
	t      *testing.T
	folder string // configuration, in.ndjson and output files
	cmd    *exec.Cmd
	out    sinktest.Log
	log    sinktest.Log
	exited chan struct{}

	trickled string // lines that trickle has written
}

// configuration returns a configuration that tails in*.ndjson. Each of outputs
// holds the lines of one output.
func configuration(folder, service string, outputs ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "service:\n  flush: 0.2\n  grace: 5\n%spipeline:\n  inputs:\n%s", service, tail("tenant", folder+"/in*.ndjson"))
	b.WriteString("  outputs:\n")
	for _, output := range outputs {
		b.WriteString("    - name: redshank\n      match: '*'\n")
		for line := range strings.Lines(output) {
			b.WriteString("      " + strings.TrimSpace(line) + "\n")
		}
		if !strings.Contains(output, "health_interval") {
			b.WriteString("      health_interval: 0\n") // no health records
		}
	}
	return b.String()
}

func tail(tag, path string) string {
	return fmt.Sprintf("    - name: tail\n      tag: %s\n      path: %s\n      read_from_head: true\n      refresh_interval: 1\n", tag, path)
}

// newFluentBit writes the input and the configuration of an agent with these outputs.
func newFluentBit(t *testing.T, input, service string, outputs ...string) *fluentBit {
	t.Helper()
	linuxOnly(t, "there is no Fluent Bit for Wine")
	if _, err := agent.Find(); err != nil {
		t.Skip("SKIPPED: no fluent-bit on PATH")
	}
	b := &fluentBit{t: t, folder: t.TempDir(), exited: make(chan struct{})}
	b.write("in.ndjson", input)
	b.write("fluent-bit.yaml", configuration(b.folder, service, outputs...))
	return b
}

func (b *fluentBit) write(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.folder, name), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *fluentBit) read(name string) string {
	text, err := os.ReadFile(filepath.Join(b.folder, name))
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

// start runs the agent with the plugin given.
func (b *fluentBit) start(plugin string, args ...string) *fluentBit {
	b.t.Helper()
	args = append([]string{"-e", artefact(b.t, plugin), "-c", filepath.Join(b.folder, "fluent-bit.yaml")}, args...)
	b.cmd = exec.Command("fluent-bit", args...)
	b.cmd.Stdout, b.cmd.Stderr = &b.out, &b.log
	if err := b.cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = b.cmd.Process.Kill() }) // if still running
	go func() {
		_ = b.cmd.Wait() // the error adds nothing to ProcessState
		close(b.exited)
	}()
	return b
}

// await returns when until returns true. It fails the test if that does not happen
// in time or if the agent exits before.
func (b *fluentBit) await(what string, until func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(patience); !until(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) || b.died() {
			b.t.Fatalf("no %s; %s", what, b.result().end())
		}
	}
}

func (b *fluentBit) died() bool {
	select {
	case <-b.exited:
		return b.cmd.ProcessState.ExitCode() != 0
	default:
		return false
	}
}

// awaitLog returns when the log contains text the given number of times.
func (b *fluentBit) awaitLog(text string, times int) {
	b.t.Helper()
	b.await(text, func() bool { return strings.Count(b.log.String(), text) >= times })
}

func (b *fluentBit) awaitAlerts(n int) {
	b.t.Helper()
	b.await(fmt.Sprint(n, " alerts"), func() bool { return strings.Count(b.out.String(), `"@timestamp"`) >= n })
}

func (b *fluentBit) signal(s os.Signal) {
	b.t.Helper()
	if err := b.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		b.t.Fatal(err)
	}
}

// reload makes the agent read its configuration again, for the n-th time from 1, and
// waits until it has: the agent ignores a signal while a reload goes on.
func (b *fluentBit) reload(n int) {
	b.t.Helper()
	b.signal(syscall.SIGHUP)
	b.awaitLog("[reload] successful reload done", n)
	b.awaitLog("[redshank] starting", n+1)
}

// ended waits until the agent exits and returns its result.
func (b *fluentBit) ended() result {
	b.t.Helper()
	select {
	case <-b.exited:
	case <-time.After(patience):
		b.t.Fatal("does not exit; ", b.result().end())
	}
	r := b.result()
	r.code = b.cmd.ProcessState.ExitCode()
	return r
}

// stop terminates the agent as a service manager does.
func (b *fluentBit) stop() result {
	b.t.Helper()
	b.signal(syscall.SIGTERM)
	return b.ended()
}

func (b *fluentBit) result() result {
	return result{-1, parseAlerts(b.t, b.out.String()), b.out.String(), b.log.String()}
}

func (r result) endedWell(t *testing.T) {
	t.Helper()
	if r.code != 0 || strings.Contains(r.log, "[error]") {
		t.Fatal(r.end())
	}
}

func TestFluentBitAlerts(t *testing.T) {
	b := newFluentBit(t, attack("203.0.113.7", 12), "", "")
	b.start("out_redshank.so").awaitAlerts(1)
	r := b.stop()
	r.endedWell(t)
	if len(incidents(r.alerts)) != 1 || r.alerts[0].Source.IP != "203.0.113.7" || r.counter(t, "understood") != 12 {
		t.Error(r.end())
	}
}

func TestFluentBitBadOptions(t *testing.T) {
	b := newFluentBit(t, "", "", "sink: http\nmax_users: few\nemit: all\nsink-path: x")
	b.start("out_redshank.so").ended().refused(t, `sink_url: "": missing`, `max_users: "few"`, `emit: "all"`, `sink-path: "x": no such option`)
}

func TestFluentBitDryRun(t *testing.T) {
	r := newFluentBit(t, "", "", "").start("out_redshank.so", "--dry-run").ended()
	if r.code != 0 || strings.Contains(r.log, "[redshank]") {
		t.Error(r.end())
	}
}

func TestFluentBitTwoInstances(t *testing.T) {
	b := newFluentBit(t, attacks(2), "", "", "")
	second := "sink: file\nsink_path: " + filepath.Join(b.folder, "second.ndjson")
	b.write("fluent-bit.yaml", configuration(b.folder, "", "", second))
	b.start("out_redshank.so").awaitAlerts(2)
	r := b.stop()
	r.endedWell(t)
	if alerts := parseAlerts(t, b.read("second.ndjson")); len(alerts) < 2 || !maps.Equal(incidents(r.alerts), incidents(alerts)) {
		t.Errorf("second instance: %v; %s", keys(alerts), r.end())
	}
}

func TestFluentBitFailingSecondInstance(t *testing.T) {
	r := newFluentBit(t, "", "", "", "max_ips: few").start("out_redshank.so").ended()
	r.refused(t, `max_ips: "few"`, "stopped chunks=0")
	if r.code < 0 {
		t.Error("killed by a signal: ", r.end())
	}
}

func TestFluentBitWorkers(t *testing.T) {
	t.Parallel()
	for _, workers := range []string{"0", "1", "4"} {
		b := newFluentBit(t, attacks(10), "", "workers: "+workers)
		b.start("out_redshank.so").awaitAlerts(10)
		r := b.stop()
		r.endedWell(t)
		if len(incidents(r.alerts)) != 10 || r.counter(t, "understood") != 10*attackSize {
			t.Errorf("%s workers: %s", workers, r.end())
		}
	}
}

// TestFluentBitTerm: the host may or may not still read lines that were written
// just before SIGTERM, but the plugin delivers every record that it received.
func TestFluentBitTerm(t *testing.T) {
	t.Parallel()
	b := newFluentBit(t, "", "", "")
	b.start("out_redshank.so").awaitLog("inotify", 0)
	b.awaitLog("[redshank] starting", 1)
	b.write("in.more.ndjson", attacks(10))
	time.Sleep(time.Second) // so that some records are in transit
	r := b.stop()
	r.endedWell(t)
	if r.counter(t, "alerts") != len(r.alerts) || r.counter(t, "delivered") != len(r.alerts) {
		t.Error(r.end())
	}
}

// Fluent Bit 5.1 does not survive reloads with workers; the plugin logs a warning.
func TestFluentBitWorkersAndReload(t *testing.T) {
	t.Parallel()
	const warning = "workers and hot_reload do not go together"
	for workers, want := range map[string]int{"0": 0, "1": 1} {
		b := newFluentBit(t, attacks(2), "  hot_reload: on\n", "workers: "+workers)
		b.start("out_redshank.so").awaitAlerts(2)
		if r := b.stop(); strings.Count(r.log, warning) != want {
			t.Errorf("%s workers: %s", workers, r.end())
		}
	}
}

func TestFluentBitReload(t *testing.T) {
	t.Parallel()
	const reloads = 5
	b := newFluentBit(t, attack("203.0.113.7", 12), "  hot_reload: on\n", "workers: 0")
	b.start("out_redshank.so").awaitAlerts(1)
	for n := range reloads {
		b.reload(n + 1)
		b.awaitAlerts(n + 2)
	}
	r := b.stop()
	r.endedWell(t)
	if n := strings.Count(r.log, "[redshank] stopped"); n != reloads+1 || len(incidents(r.alerts)) != 1 {
		t.Errorf("%d instances stopped; %s", n, r.end())
	}
}

// After SIGCONT and SIGHUP the host handles faults itself; a nil dereference must
// still become a panic, be recovered, and lose only its chunk.
func TestFluentBitCrashAfterSignals(t *testing.T) {
	t.Parallel()
	b := newFluentBit(t, attack("203.0.113.7", 12), "  hot_reload: on\n", "workers: 0")
	faulty := tail("fault.nil", b.folder+"/fault*") + "  outputs:\n"
	b.write("fluent-bit.yaml", strings.Replace(b.read("fluent-bit.yaml"), "  outputs:\n", faulty, 1))
	b.start("fault.so").awaitAlerts(1)
	b.signal(syscall.SIGCONT)
	b.awaitLog("caught signal (SIGCONT", 1)
	b.write("fault1.log", "x\n")
	b.awaitLog("recovered from a crash", 1)
	b.signal(syscall.SIGHUP)
	b.awaitLog("recovered from a crash", 2) // fault1.log is read again
	b.write("in2.ndjson", strings.ReplaceAll(attack("203.0.113.9", 12), "user", "other"))
	b.await("alert after the crash", func() bool { return strings.Contains(b.out.String(), `"ip":"203.0.113.9"`) })
	if r := b.stop(); r.code != 0 {
		t.Error(r.end())
	}
}

func TestFluentBitDaemonRefused(t *testing.T) {
	b := newFluentBit(t, "", "", "")
	b.write("daemon.log", "")
	b.start("out_redshank.so", "-d", "-l", filepath.Join(b.folder, "daemon.log")).ended() // only the child may still run
	b.await("refusal", func() bool { return strings.Contains(b.read("daemon.log"), "daemon mode is not possible") })
	b.await("end of the daemon", func() bool { return exec.Command("pgrep", "-f", b.folder).Run() != nil })
}

func TestFluentBitLogLevel(t *testing.T) {
	b := newFluentBit(t, attack("203.0.113.7", 12), "", "log_level: error")
	b.start("out_redshank.so").awaitAlerts(1)
	r := b.stop()
	if r.code != 0 || strings.Contains(r.log, "[redshank]") {
		t.Error(r.end())
	}
}

// A full disk is logged and makes no chunk be retried.
func TestFluentBitFullDisk(t *testing.T) {
	b := newFluentBit(t, attack("203.0.113.7", 12), "", "sink: file\nsink_path: /dev/full")
	b.start("out_redshank.so")
	b.await("the report of the failure", func() bool { return strings.Contains(b.trickle(), "sink fails, alerts wait") })
	r := b.stop()
	if !strings.Contains(r.log, "alerts lost at exit alerts=1") || strings.Contains(r.log, "failed to flush chunk") || r.counter(t, "repeated") != 0 {
		t.Error(r.end())
	}
}
