package forward

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"redshank/plugin/delivery"
	"redshank/plugin/delivery/sinktest"
)

// agent is a real Fluent Bit with in_forward, which writes received records to a
// file. The test is skipped without a fluent-bit on PATH.
type agent struct {
	port   int
	path   string // of the unix socket
	output string
}

func startAgent(t *testing.T, options ...string) agent {
	t.Helper()
	bin, err := exec.LookPath("fluent-bit")
	if err != nil {
		t.Skipf("SKIPPED: no Fluent Bit to send to: %v", err)
	}
	folder := t.TempDir()
	a := agent{freePort(t), filepath.Join(folder, "in.sock"), filepath.Join(folder, "out")}
	args := []string{"-f", "0.2", "-i", "forward"}
	for _, o := range options {
		args = append(args, "-p", strings.NewReplacer("PORT", strconv.Itoa(a.port), "SOCK", a.path).Replace(o))
	}
	args = append(args, "-o", "file", "-m", "*", "-p", "path="+folder, "-p", "file=out", "-p", "format=plain")
	cmd := exec.Command(bin, args...)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	return a
}

func freePort(t *testing.T) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// lines are the documents that came out of the agent.
func (a agent) lines() (docs [][]byte) {
	b, _ := os.ReadFile(a.output)
	for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
		docs = append(docs, bytes.Clone(s.Bytes()))
	}
	return docs
}

func TestForwardToFluentBit(t *testing.T) {
	tcp := []string{"listen=127.0.0.1", "port=PORT"}
	for name, c := range map[string]struct {
		options []string
		config  Config
	}{
		"tcp":        {tcp, Config{}},
		"gzip":       {tcp, Config{Gzip: true}},
		"shared key": {append(tcp, "shared_key=secret", "self_hostname=receiver"), Config{SharedKey: "secret"}},
		"unix":       {[]string{"unix_path=SOCK"}, Config{Path: "SOCK"}},
	} {
		t.Run(name, func(t *testing.T) {
			sinktest.Leakless(t)
			a := startAgent(t, c.options...)
			config := c.config
			config.Host, config.Port, config.Tag = "127.0.0.1", a.port, "alert.redshank"
			if config.Path != "" {
				config.Path = a.path
			}
			a.takes(t, config)
		})
	}
}

// takes sends alerts through a spool and wants them all, in order, as they are.
func (a agent) takes(t *testing.T, c Config) {
	t.Helper()
	spool := sinktest.Spool(t, t.TempDir())
	alert := sample(t)
	sinktest.Put(t, spool, append([]delivery.Message{{ID: "full", JSON: alert, Time: time.Unix(1772439304, 0)}}, sinktest.Numbered(1, 300)...))
	var log sinktest.Log
	s := sinktest.Sender(spool, newForward(t, c), &log) // the agent may not listen yet
	sinktest.Sent(t, spool)
	if err := s.Stop(time.Minute); err != nil {
		t.Error(err)
	}
	_, _ = spool.Close()
	sinktest.Eventually(t, func() bool { return len(a.lines()) >= 301 })
	got := a.lines()
	if !sameJSON(t, got[0], alert) {
		t.Errorf("%s\nwant %s\n%s", got[0], alert, log.String())
	}
	for i, line := range got[1:] {
		var doc struct{ N int }
		if err := json.Unmarshal(line, &doc); err != nil || doc.N != i+1 {
			t.Fatalf("line %d: %s", i, line)
		}
	}
}

func TestForwardToFluentBitWithAnotherKey(t *testing.T) {
	sinktest.Leakless(t)
	a := startAgent(t, "listen=127.0.0.1", "port=PORT", "shared_key=secret", "self_hostname=receiver")
	f := newForward(t, Config{Host: "127.0.0.1", Port: a.port, Tag: "a", SharedKey: "other"})
	var err error
	sinktest.Eventually(t, func() bool {
		_, err = f.Deliver(sinktest.Numbered(1, 1))
		return err != nil && !strings.Contains(err.Error(), "connection refused")
	})
	if !strings.Contains(err.Error(), "handshake: PONG") {
		t.Error(err)
	}
	keyless := newForward(t, Config{Host: "127.0.0.1", Port: a.port, Tag: "a"})
	if n, err := keyless.Deliver(sinktest.Numbered(1, 1)); n != 0 || err == nil || !strings.Contains(err.Error(), "shared key") {
		t.Error(n, err)
	}
	if got := a.lines(); len(got) > 0 {
		t.Errorf("%s", got)
	}
}
