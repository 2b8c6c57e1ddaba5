// Package agent runs a real Fluent Bit around the plugin and knows when it has
// taken all it was given.
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
	// stallAfter is how long an agent may stand still before it is given up.
	stallAfter = 60 * time.Second
	// stopAfter is how long it may take to end; its own grace is 5 s.
	stopAfter = 30 * time.Second
)

// Find returns the path of fluent-bit on PATH.
func Find() (string, error) { return exec.LookPath("fluent-bit") }

// Agent is one running Fluent Bit.
type Agent struct {
	cmd    *exec.Cmd
	log    string
	port   int           // of its metrics
	exited chan struct{} // closed when it has ended
	err    error         // how it ended; valid once exited is closed
}

// Start runs fluent-bit with the plugin and configuration given. Its log goes
// to the file log; env comes on top of this process's environment. The metrics
// are switched on, on a port of Start's choice.
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

// Wait returns when the plugin has taken lines records. An agent cannot be
// told to stop at the end of several files (exit_on_eof of in_tail stops at
// the end of the first one), so its own count says when it is done. progress
// is called with the count as it grows; it may be nil.
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
			return fmt.Errorf("fluent-bit stands still after %d of %d records; its log ends in\n%s", done, lines, a.tail())
		}
	}
	return nil
}

// Delivered is how many records the plugin has taken; 0 while the agent does
// not answer yet.
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

// Stop asks the agent to end and returns how it did. One that does not end is
// killed, which is an error.
func (a *Agent) Stop() error {
	// One that has ended already cannot be asked; a.err tells how it ended.
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

// Abandon ends the agent after an error, and joins its own to err.
func (a *Agent) Abandon(err error) error { return errors.Join(err, a.Stop()) }

// DryRun lets fluent-bit check a configuration; it does not start the plugin.
// An empty plugin leaves the loading to the configuration.
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

// LastLines is the end of a log, at most n lines of it.
func LastLines(log []byte, n int) string {
	lines := strings.Split(string(bytes.TrimSpace(log)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// FreePort asks the kernel for a port of the loopback that is free now.
func FreePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
