// Package agent runs a real Fluent Bit with the plugin and detects when the
// plugin has processed a given number of records.
package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	pollEvery = 200 * time.Millisecond
	// stallAfter is how long an agent may make no progress before Wait fails.
	stallAfter = 60 * time.Second
	// stopAfter is how long an agent may take to stop; its own grace period is 5 s.
	stopAfter = 30 * time.Second
)

// Find returns the path of fluent-bit on PATH.
func Find() (string, error) { return exec.LookPath("fluent-bit") }

// Agent is one running Fluent Bit.
type Agent struct {
	cmd    *exec.Cmd
	log    string
	port   int           // of the metrics endpoint
	exited chan struct{} // closed when the process has exited
	err    error         // result of the process; valid once exited is closed
}

// Start runs fluent-bit with the plugin and configuration given. The agent logs
// to the file log; env is added to the environment of this process. The metrics
// endpoint is enabled on a free port.
func Start(plugin, config, log string, env ...string) (*Agent, error) {
	path, err := Find()
	if err != nil {
		return nil, err
	}
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	f, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer f.Close() // the agent has its own copy
	a := &Agent{log: log, port: port, exited: make(chan struct{})}
	a.cmd = exec.Command(path, "-e", plugin, "-c", config, "-H", "-P", strconv.Itoa(port))
	a.cmd.Stdout, a.cmd.Stderr = f, f
	a.cmd.Env = append(os.Environ(), env...)
	if err := a.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		a.err = a.cmd.Wait()
		close(a.exited)
	}()
	return a, nil
}

// Wait returns when the plugin has processed the given number of lines. An agent
// cannot be configured to stop at the end of several files (exit_on_eof of in_tail
// stops at the end of the first one), so Wait polls the agent's record count.
// progress is called with each new count; it may be nil.
func (a *Agent) Wait(ctx context.Context, lines int, progress func(done int)) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	done, moved := 0, time.Now()
	for done < lines {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-a.exited:
			return fmt.Errorf("fluent-bit ended early: %v; its log ends in\n%s", a.err, a.tail())
		case <-tick.C:
		}
		if n := a.Delivered(); n > done {
			done, moved = n, time.Now()
			if progress != nil {
				progress(done)
			}
		}
		if time.Since(moved) > stallAfter {
			return fmt.Errorf("fluent-bit makes no progress after %d of %d records; its log ends in\n%s", done, lines, a.tail())
		}
	}
	return nil
}

// Delivered returns how many records the plugin has processed; 0 while the agent
// does not answer yet.
func (a *Agent) Delivered() int {
	resp, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/api/v1/metrics", a.port))
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	var metrics struct {
		Output map[string]struct {
			Records int `json:"proc_records"`
		} `json:"output"`
	}
	if json.NewDecoder(resp.Body).Decode(&metrics) != nil {
		return 0
	}
	return metrics.Output["redshank.0"].Records
}

// Stop terminates the agent and returns its exit error. An agent that does not
// stop within stopAfter is killed, which is an error.
func (a *Agent) Stop() error {
	// Signal fails if the agent has already exited; a.err has the reason.
	_ = a.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-a.exited:
	case <-time.After(stopAfter):
		_ = a.cmd.Process.Kill()
		<-a.exited
	}
	if a.err != nil {
		return fmt.Errorf("fluent-bit: %w; its log ends in\n%s", a.err, a.tail())
	}
	return nil
}

// Abandon stops the agent after an error and joins the error of Stop to err.
func (a *Agent) Abandon(err error) error { return errors.Join(err, a.Stop()) }

// DryRun has fluent-bit check a configuration, without starting the plugin.
// If plugin is empty, the configuration has to load it.
func DryRun(plugin, config string, env ...string) error {
	path, err := Find()
	if err != nil {
		return err
	}
	args := []string{"-c", config, "--dry-run"}
	if plugin != "" {
		args = append(args, "-e", plugin)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", config, err, LastLines(out, 20))
	}
	return nil
}

func (a *Agent) tail() string {
	log, err := os.ReadFile(a.log)
	if err != nil {
		return err.Error()
	}
	return LastLines(log, 20)
}

// LastLines returns the last n lines of a log.
func LastLines(log []byte, n int) string {
	lines := strings.Split(string(bytes.TrimSpace(log)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// FreePort returns a TCP port that is free on the loopback interface.
func FreePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
