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

// kills is how often the crash tests kill an agent: REDSHANK_KILLS, which
// make soak sets to 50, or few enough for every day.
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

// The minimal host keeps nothing: after each kill it plays all from the
// beginning, in chunks with new timestamps. What was counted must be known by
// the ids of its records, and what was told must not be told anew.
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
		cmd := exec.CommandContext(ctx, artefact(t, "host"), args...) // killed at its end
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
	t.Logf("%d records known by their ids, a whole run takes %v", r.counter(t, "duplicates"), whole.Round(time.Millisecond))
}

// besieged is an agent that reads a growing file and is killed at random.
type besieged struct {
	*bit
	o    *outbreak
	done int // lines written to its input
}

func besiege(t *testing.T, output string) *besieged {
	t.Helper()
	b := &besieged{bit: newBit(t, "", "", output), o: newOutbreak(500, 100_000)}
	c := strings.Replace(b.read("fluent-bit.yaml"), "pipeline:", "  storage.path: FOLDER/chunks\n  storage.sync: normal\npipeline:", 1)
	c = strings.Replace(c, "      refresh_interval: 1\n", "      refresh_interval: 1\n      db: FOLDER/tail.db\n      storage.type: filesystem\n", 1)
	b.write("fluent-bit.yaml", strings.ReplaceAll(c, "FOLDER", b.folder))
	return b
}

// grow appends to the input up to a line.
func (b *besieged) grow(to int) {
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

// idle tells whether the agent has read all of its input, and has no chunk
// left; twice, since a chunk can be between two places.
func (b *besieged) idle() bool {
	for range 2 {
		left, err := filepath.Glob(filepath.Join(b.folder, "chunks", "*", "*.flb"))
		if err != nil || len(left) > 0 {
			return false
		}
		time.Sleep(time.Second)
	}
	return true
}

// lives runs the agent, kills it at a random moment, and so on; arrived is what
// the receiving end has so far.
func (b *besieged) lives(arrived func() string) {
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
	time.Sleep(time.Second) // for what should not come
	r := b.stop()
	b.o.judge(b.t, fmt.Sprintf("fluent-bit, %d kills", n), arrived())
	b.t.Logf("last life: %d chunks repeated, %d records known by their ids", r.counter(b.t, "repeated"), r.counter(b.t, "duplicates"))
	if strings.Contains(r.log, "set aside") || strings.Contains(r.log, "cannot be written") {
		b.t.Error(r.end())
	}
}

func TestFluentBitKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts.ndjson")
	b := besiege(t, "sink: file\nsink_path: "+path+"\nstate_path: "+filepath.Join(t.TempDir(), "state"))
	b.lives(func() string {
		text, _ := os.ReadFile(path) // not there yet
		return string(text)
	})
}

func TestFluentBitKilledForward(t *testing.T) {
	port, err := agent.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	to := newForwardee(t, port)
	b := besiege(t, fmt.Sprintf("sink: forward\nsink_port: %d\nsink_timeout: 2s\nstate_path: %s", port, filepath.Join(t.TempDir(), "state")))
	b.lives(to.text)
}
