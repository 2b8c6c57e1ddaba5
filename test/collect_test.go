package test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"redshank/plugin/delivery/sinktest"
	"redshank/test/agent"
)

const (
	cloudTenant = "11111111-2222-3333-4444-555555555555"
	cloudSecret = "s3cret~of~the~application"
	// cloudIP fails once for each of cloudRecords accounts, and then has one
	// successful sign-in.
	cloudIP      = "198.51.100.9"
	cloudRecords = 60
)

// newCloud imitates the APIs that redshank collect m365 queries, with slow
// answers: each failed sign-in in its own blob, and one successful sign-in.
func newCloud(t *testing.T) (server *httptest.Server, blobs *atomic.Int32) {
	t.Helper()
	begin := time.Now().UTC().Add(-30 * time.Minute).Truncate(time.Second)
	records := strings.Split(strings.TrimSpace(attackAt(begin, cloudIP, "user", cloudRecords)), "\n")
	feed := "/api/v1.0/" + cloudTenant + "/activity/feed/"
	mux, blobs := http.NewServeMux(), new(atomic.Int32)
	mux.HandleFunc("POST /"+cloudTenant+"/oauth2/v2.0/token", func(w http.ResponseWriter, r *http.Request) {
		if r.PostFormValue("client_secret") != cloudSecret {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"token_type":"Bearer","expires_in":3599,"access_token":"t"}`)
	})
	mux.HandleFunc(feed+"subscriptions/list", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `[{"contentType":"Audit.AzureActiveDirectory","status":"enabled"}]`)
	})
	mux.HandleFunc(feed+"subscriptions/content", func(w http.ResponseWriter, r *http.Request) {
		from, _ := time.Parse("2006-01-02T15:04:05", r.URL.Query().Get("startTime"))
		to, _ := time.Parse("2006-01-02T15:04:05", r.URL.Query().Get("endTime"))
		list := []map[string]any{}
		for n := range records {
			if created := begin.Add(time.Duration(n) * time.Second); !created.Before(from) && created.Before(to) {
				list = append(list, map[string]any{"contentId": fmt.Sprint(n), "contentCreated": created, "contentUri": server.URL + feed + "audit/" + fmt.Sprint(n)})
			}
		}
		_ = json.NewEncoder(w).Encode(list)
	})
	mux.HandleFunc(feed+"audit/{n}", func(w http.ResponseWriter, r *http.Request) {
		var n int
		_, _ = fmt.Sscan(r.PathValue("n"), &n)
		blobs.Add(1)
		time.Sleep(10 * time.Millisecond)
		fmt.Fprintf(w, "[%s]", records[n])
	})
	mux.HandleFunc("/beta/auditLogs/signIns", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"value":[{"id":"signin","createdDateTime":%q,"userPrincipalName":"user3@contoso.com","userId":"u3","ipAddress":%q,`+
			`"clientAppUsed":"Browser","appDisplayName":"Outlook","isInteractive":true,"status":{"errorCode":0}}]}`, begin.Add(29*time.Minute).Format(time.RFC3339), cloudIP)
	})
	server = httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server, blobs
}

// startCollect starts the command; its log goes to log.
func startCollect(t *testing.T, server *httptest.Server, folder string, log *sinktest.Log) *exec.Cmd {
	t.Helper()
	secret := filepath.Join(folder, "secret")
	write(t, secret, cloudSecret+"\n")
	cmd := exec.Command(artefact(t, "redshank"), "collect", "m365", "--tenant", cloudTenant, "--client", cloudTenant, "--secret-file", secret,
		"--login-url", server.URL, "--management-url", server.URL+"/", "--graph-url", server.URL,
		"--audit", "Audit.AzureActiveDirectory", "--sign-ins", "interactiveUser", "--interval", "10s")
	cmd.Env = append(os.Environ(), "M365_LOGS="+filepath.Join(folder, "logs"), "M365_STATE="+filepath.Join(folder, "poller"))
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // if still running
	return cmd
}

// collected returns how often each record is in the files below folder.
func collected(t *testing.T, folder string) map[string]int {
	t.Helper()
	ids := map[string]int{}
	files, err := filepath.Glob(filepath.Join(folder, "logs", "*.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		for line := range strings.Lines(read(t, file)) {
			var record struct{ ID string }
			if json.Unmarshal([]byte(line), &record) == nil { // the last line may be incomplete
				ids[record.ID]++
			}
		}
	}
	return ids
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no ", what)
		}
	}
}

// TestCollectToAlert goes from a tenant to an alert; the poller is killed in between.
func TestCollectToAlert(t *testing.T) {
	t.Parallel()
	linuxOnly(t, "signals")
	server, blobs := newCloud(t)
	folder := t.TempDir()
	var log sinktest.Log
	first := startCollect(t, server, folder, &log)
	until(t, "half of the blobs", func() bool { return blobs.Load() > cloudRecords/2 })
	_ = first.Process.Kill()
	_ = first.Wait() // killed
	if n := len(collected(t, folder)); n > cloudRecords {
		t.Fatalf("%d records before the kill: no record is left to collect", n)
	}
	second := startCollect(t, server, folder, &log)
	until(t, "all records", func() bool { return len(collected(t, folder)) == cloudRecords+1 })
	if err := second.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := second.Wait(); err != nil {
		t.Errorf("end after SIGTERM: %v\n%s", err, log.String())
	}
	if strings.Contains(log.String(), "s3cret") || strings.Contains(log.String(), "ERROR") {
		t.Errorf("log: %s", log.String())
	}
	alerts := tailCollected(t, folder)
	found := false
	for _, a := range alerts {
		found = found || a.Rule.ID == "AN1269" && a.Source.IP == cloudIP
	}
	if !found {
		t.Errorf("no alert of %s: %v", cloudIP, alerts)
	}
}

// tailCollected runs an agent that reads the files with the shipped configuration.
func tailCollected(t *testing.T, folder string) []alert {
	t.Helper()
	needAgent(t)
	port, err := agent.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for _, n := range collected(t, folder) {
		lines += n
	}
	state := filepath.Join(folder, "state")
	alerts := filepath.Join(state, "alerts.ndjson")
	a, err := agent.Start(filepath.Join(buildDir, "out_redshank.so"), filepath.Join(confDir, "m365.yaml"), filepath.Join(folder, "fluent-bit.log"),
		"M365_LOGS="+filepath.Join(folder, "logs"), fmt.Sprint("M365_PORT=", port), "REDSHANK_STATE="+state, "REDSHANK_ALERTS="+alerts, "REDSHANK_POLICY=")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := a.Wait(ctx, lines, nil); err != nil {
		t.Fatal(a.Abandon(err))
	}
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	return parseAlerts(t, read(t, alerts))
}

// TestCollectRefused: a refused secret ends the command with an error and status 1.
func TestCollectRefused(t *testing.T) {
	linuxOnly(t, "the code is the same")
	server, _ := newCloud(t)
	folder := t.TempDir()
	args := []string{"collect", "m365", "--tenant", cloudTenant, "--client", cloudTenant, "--out", "-", "--state", folder,
		"--login-url", server.URL, "--management-url", server.URL, "--graph-url", server.URL}
	t.Setenv("M365_SECRET", "wr0ng")
	if r := execute(t, "", artefact(t, "redshank"), args...); r.code != 1 || !strings.Contains(r.log, "token: status 401") || strings.Contains(r.log, "wr0ng") {
		t.Errorf("%d %s", r.code, r.log)
	}
	if r := execute(t, "", artefact(t, "redshank"), "collect", "m365", "--secret", "x"); r.code != 2 || !strings.Contains(r.log, "unknown flag: --secret") {
		t.Errorf("%d %s", r.code, r.log)
	}
}
