package test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"redshank/test/agent"
)

// kills returns how often the crash tests kill an agent: REDSHANK_KILLS, which
// make soak sets to 50, or a small default.
func kills(t *testing.T) int {
	t.Helper()
	given := os.Getenv("REDSHANK_KILLS")
	if given == "" {
		return 5
	}
	n, err := strconv.Atoi(given)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestHostKilled: the minimal host keeps no position. After each kill it replays
// the input from the beginning, in chunks with new timestamps. Records that were
// counted must be recognised by their ids, and no incident may be reported anew.
func TestHostKilled(t *testing.T) {
	linuxOnly(t, "Wine's processes end otherwise")
	o := newOutbreak(500, 100_000)
	folder := t.TempDir()
	in, out := filepath.Join(folder, "in.ndjson"), filepath.Join(folder, "alerts.ndjson")
	if err := os.WriteFile(in, []byte(o.text()), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-e", artefact(t, "out_redshank.so"), "-f", "json", "-c", "200", "-p", "sink=file", "-p", "sink_path=" + out, "-p", "state_path=" + filepath.Join(folder, "state"), in}
	begin := time.Now()
	execute(t, "", artefact(t, "host"), append(args[:8:8], "-p", "sink_path="+filepath.Join(folder, "alone.ndjson"), in)...).quiet(t)
	whole := time.Since(begin)
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	for n := range kills(t) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.Int64N(int64(2*whole))))
		cmd := exec.CommandContext(ctx, artefact(t, "host"), args...) // killed when ctx ends
		log, err := cmd.CombinedOutput()
		cancel()
		if strings.Contains(string(log), "[error]") || strings.Contains(string(log), "error]") {
			t.Fatalf("life %d: %v\n%s", n, err, log)
		}
	}
	r := execute(t, "", artefact(t, "host"), args...).quiet(t)
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	o.judge(t, fmt.Sprintf("host, %d kills", kills(t)), string(text))
	t.Logf("%d records recognised by their ids, a complete run takes %v", r.counter(t, "duplicates"), whole.Round(time.Millisecond))
}

// killedAgent is an agent that reads a growing file and is killed at random.
type killedAgent struct {
	*fluentBit
	o    *outbreak
	done int // lines written to the input
}

// noCampaigns is a policy in which attackers that share everything make no campaign: the clients
// that a campaign includes send no messages of their own.
const noCampaigns = "stuffing: {campaign: {addresses: 100000, rare_addresses: 100000, accounts: 100000}}\n"

func besiege(t *testing.T, output string) *killedAgent {
	t.Helper()
	b := &killedAgent{fluentBit: newFluentBit(t, "", "", output+"\npolicy: FOLDER/policy.yaml"), o: newOutbreak(500, 100_000)}
	b.write("policy.yaml", noCampaigns)
	c := strings.Replace(b.read("fluent-bit.yaml"), "pipeline:", "  storage.path: FOLDER/chunks\n  storage.sync: normal\npipeline:", 1)
	c = strings.Replace(c, "      refresh_interval: 1\n", "      refresh_interval: 1\n      db: FOLDER/tail.db\n      storage.type: filesystem\n", 1)
	b.write("fluent-bit.yaml", strings.ReplaceAll(c, "FOLDER", b.folder))
	return b
}

// grow appends lines to the input, up to line number to.
func (b *killedAgent) grow(to int) {
	b.t.Helper()
	f, err := os.OpenFile(filepath.Join(b.folder, "in.ndjson"), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(strings.Join(b.o.lines[b.done:to], ""))
		_ = f.Close()
	}
	if err != nil {
		b.t.Fatal(err)
	}
	b.done = to
}

// idle reports whether the agent has read all of its input and has no chunk left.
// It checks twice, because a chunk can be in transit between two places.
func (b *killedAgent) idle() bool {
	for range 2 {
		left, err := filepath.Glob(filepath.Join(b.folder, "chunks", "*", "*.flb"))
		if err != nil || len(left) > 0 {
			return false
		}
		time.Sleep(time.Second)
	}
	return true
}

// lives repeatedly starts the agent and kills it at a random moment. arrived
// returns what the receiver has so far.
func (b *killedAgent) lives(arrived func() string) {
	b.t.Helper()
	n := kills(b.t)
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	for life := range n {
		b.exited = make(chan struct{})
		b.start("out_redshank.so")
		time.Sleep(time.Duration(random.IntN(300)) * time.Millisecond)
		b.grow(b.o.end * (life + 1) / (n + 1))
		time.Sleep(time.Duration(random.IntN(900)) * time.Millisecond)
		_ = b.cmd.Process.Kill()
		<-b.exited
	}
	b.exited = make(chan struct{})
	b.start("out_redshank.so")
	b.grow(b.o.end)
	b.await("an empty backlog", b.idle)
	b.grow(len(b.o.lines))
	for deadline := time.Now().Add(patience); b.o.exact(arrive(arrived())) < len(b.o.failures) && time.Now().Before(deadline); {
		time.Sleep(100 * time.Millisecond)
	}
	time.Sleep(time.Second) // for messages that should not arrive
	r := b.stop()
	b.o.judge(b.t, fmt.Sprintf("fluent-bit, %d kills", n), arrived())
	b.t.Logf("last run: %d chunks repeated, %d records recognised by their ids", r.counter(b.t, "repeated"), r.counter(b.t, "duplicates"))
	if strings.Contains(r.log, "set aside") || strings.Contains(r.log, "cannot be written") {
		b.t.Error(r.end())
	}
}

func TestFluentBitKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "alerts.ndjson")
	b := besiege(t, "sink: file\nsink_path: "+path+"\nstate_path: "+filepath.Join(t.TempDir(), "state"))
	b.lives(func() string {
		text, _ := os.ReadFile(path) // not there yet
		return string(text)
	})
}

func TestFluentBitKilledForward(t *testing.T) {
	t.Parallel()
	port, err := agent.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	to := newForwardee(t, port)
	b := besiege(t, fmt.Sprintf("sink: forward\nsink_port: %d\nsink_timeout: 2s\nstate_path: %s", port, filepath.Join(t.TempDir(), "state")))
	b.lives(to.text)
}
