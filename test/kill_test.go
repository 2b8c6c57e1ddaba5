package test

import (
	"context"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"redshank/plugin/delivery/sinktest"
)

// held starts a host that runs until stdin is closed.
func held(t *testing.T, ctx context.Context, args ...string) (cmd *exec.Cmd, stdin io.WriteCloser, log *sinktest.Log) {
	t.Helper()
	cmd = command(ctx, artefact(t, "host"), append(append([]string{"-e", artefact(t, "out_redshank.so")}, args...), "-")...)
	cmd.WaitDelay = time.Second
	log = &sinktest.Log{}
	cmd.Stderr = log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, stdin, log
}

// TestHostSpoolSurvivesKill: an alert in the spool is not lost if the agent is
// killed while the receiver is down; the next agent sends the alert.
func TestHostSpoolSurvivesKill(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := port.Addr().String()
	if err := port.Close(); err != nil {
		t.Fatal(err)
	}
	args := []string{"-f", "json", "-c", "12", "-p", "sink=http", "-p", "sink_url=http://" + address + "/", "-p", "sink_timeout=1s", "-p", "state_path=" + t.TempDir()}

	first, stdin, log := held(t, ctx, args...)
	// The host closes a chunk when it reads the next record. Errors between two
	// chunks are logged with the next chunk, so chunks follow until the log has one.
	input := attack("203.0.113.7", 13)
	for !strings.Contains(log.String(), "alerts wait") {
		if _, err := io.WriteString(stdin, input); err != nil || ctx.Err() != nil {
			t.Fatal(err, log.String())
		}
		input = strings.Repeat("x\n", 12)
		time.Sleep(50 * time.Millisecond)
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait() // returns "signal: killed"

	received := make(chan string, 16)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // a truncated request contains no alert
		received <- string(body)
	})}
	defer server.Close()
	go func() { _ = server.Serve(listener) }() // returns after Close
	second, stdin, log := held(t, ctx, args...)
	for found := false; !found; {
		select {
		case body := <-received:
			found = strings.Contains(body, `"AN1269"`) && strings.Contains(body, "203.0.113.7")
		case <-ctx.Done():
			t.Fatal(log.String())
		}
	}
	if err := stdin.Close(); err != nil {
		t.Fatal(err)
	}
	if err := second.Wait(); err != nil {
		t.Errorf("%v: %s", err, log.String())
	}
}
