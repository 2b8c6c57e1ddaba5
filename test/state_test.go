package test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"redshank/test/agent"
)

// TestHostRedeliveryWithState plays every flush twice, with a state on disk: the
// messages are the same as with one.
func TestHostRedeliveryWithState(t *testing.T) {
	input := newOutbreak(40, 4000)
	plain := onHost(t, input.text(), "-f", "json", "-c", "50").quiet(t)
	again := onHost(t, input.text(), "-f", "json", "-c", "50", "--redeliver", "-p", "state_path="+filepath.Join(t.TempDir(), "state")).quiet(t)
	if got, want := keys(again.alerts), keys(plain.alerts); !maps.Equal(got, want) || len(want) < 40 || again.counter(t, "repeated") != again.counter(t, "chunks")/2 {
		t.Errorf("%d messages, want %d; %s", len(got), len(want), again.end())
	}
	input.judge(t, "every flush twice", again.out)
}

// TestHostRestartsBetweenChunks: an attack stays one incident over a restart after every chunk.
func TestHostRestartsBetweenChunks(t *testing.T) {
	lines := strings.SplitAfter(strings.TrimSpace(attack("203.0.113.7", 24)), "\n")
	state := "state_path=" + filepath.Join(t.TempDir(), "state")
	var out, log string
	for from := 0; from < len(lines); from += 4 {
		r := onHost(t, strings.Join(lines[from:from+4], ""), "-f", "json", "-p", state).quiet(t)
		out, log = out+r.out, r.log
	}
	r := onHost(t, attackAt(time.Date(2026, 3, 9, 8, 0, 0, 0, time.UTC), "203.0.113.9", "late", 1), "-f", "json", "-p", state).quiet(t)
	a := arrive(out + r.out)
	if got := a.incidents["203.0.113.7"]; len(a.incidents) != 1 || got.failures != 24 || len(a.twoIDs) > 0 || a.again > 0 {
		t.Errorf("%+v\n%s", a, log)
	}
}

func TestHostStateInUse(t *testing.T) {
	state := "state_path=" + filepath.Join(t.TempDir(), "state")
	onHost(t, "x\n", "-p", state, "-o", "-p", state).refused(t, "in use by another instance", "stopped chunks=0")
}

// TestFluentBitReloadsKeepState reloads the agent, twenty times in make soak, with
// the receiver down. Each instance continues the state of the previous one, no
// message is sent twice, and no descriptor or thread leaks; each reload adds an
// input file, and Go may keep some threads. With workers the agent itself leaks
// one worker, with its eleven descriptors, at each reload.
func TestFluentBitReloadsKeepState(t *testing.T) {
	t.Parallel()
	reloads := 5
	if os.Getenv("REDSHANK_SOAK") != "" {
		reloads = 20
	}
	down, err := agent.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(t.TempDir(), "state")
	b := newFluentBit(t, "", "  hot_reload: on\n", fmt.Sprintf("sink: forward\nsink_port: %d\nsink_timeout: 1s\nstate_path: %s\nworkers: 0", down, state))
	c := strings.Replace(b.read("fluent-bit.yaml"), "      refresh_interval: 1\n", "      refresh_interval: 1\n      db: "+b.folder+"/tail.db\n", 1)
	b.write("fluent-bit.yaml", c)
	lines := strings.SplitAfter(strings.TrimSpace(attack("203.0.113.7", attackSize+reloads)), "\n")
	b.start("out_redshank.so")
	var early, late int
	b.write("in.ndjson", strings.Join(lines[reloads:], "")+"\n")
	for n := range reloads {
		b.write(fmt.Sprintf("in%d.ndjson", n), lines[n]+"\n")
		b.awaitLog(fmt.Sprintf("in%d.ndjson", n), 1)
		b.reload(n + 1)
		if n == 2 {
			early = open(b.cmd.Process.Pid)
		}
		late = open(b.cmd.Process.Pid)
	}
	begin := time.Now()
	r := b.stop()
	t.Logf("%d reloads: %d descriptors and threads after three, %d after all; the end took %v with the receiver down", reloads, early, late, time.Since(begin).Round(time.Millisecond))
	if strings.Contains(r.log, "set aside") || strings.Contains(r.log, "alerts lost") || late > early+reloads+8 {
		t.Error(r.end())
	}
	end := attackAt(time.Date(2026, 3, 9, 8, 0, 0, 0, time.UTC), "203.0.113.9", "late", 1)
	up := onHost(t, end, "-f", "json", "-p", "state_path="+state).quiet(t)
	if a := arrive(up.out); len(a.incidents) != 1 || a.incidents["203.0.113.7"].failures != attackSize+reloads || a.again > 0 {
		t.Errorf("%+v; %s", a, up.end())
	}
}

// open returns the number of descriptors and threads of a process, 0 if unknown.
func open(pid int) int {
	fds, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	return len(fds) + len(tasks)
}

// TestFluentBitSupervisor: --supervisor restarts an agent that was killed.
func TestFluentBitSupervisor(t *testing.T) {
	t.Parallel()
	b := newFluentBit(t, "", "", "state_path: "+filepath.Join(t.TempDir(), "state"))
	c := strings.Replace(b.read("fluent-bit.yaml"), "      refresh_interval: 1\n", "      refresh_interval: 1\n      db: "+b.folder+"/tail.db\n", 1)
	b.write("fluent-bit.yaml", c)
	lines := strings.SplitAfter(attack("203.0.113.7", 12), "\n")
	b.start("out_redshank.so", "--supervisor").awaitLog("[redshank] starting", 1)
	b.write("in1.ndjson", strings.Join(lines[:6], ""))
	b.awaitLog("in1.ndjson", 1)
	time.Sleep(time.Second) // for the flush
	for _, pid := range children(t, b.cmd.Process.Pid) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	b.awaitLog("[redshank] starting", 2)
	b.write("in2.ndjson", strings.Join(lines[6:], ""))
	b.awaitAlerts(1)
	b.signal(syscall.SIGTERM)
	r := b.ended()
	if a := arrive(r.out); len(a.incidents) != 1 || strings.Contains(r.log, "set aside") {
		t.Errorf("%+v; %s", a, r.end())
	}
}

func children(t *testing.T, of int) (pids []int) {
	t.Helper()
	out, err := exec.Command("pgrep", "-P", strconv.Itoa(of)).Output()
	if err != nil {
		t.Fatalf("no children: %v", err)
	}
	for _, f := range strings.Fields(string(out)) {
		pid, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}
