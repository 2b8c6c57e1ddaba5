package test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"redshank/plugin/drill"
	"redshank/test/agent"
)

// verified is the result of redshank drill --verify --json.
type verified struct {
	Run      string
	Skipped  []drill.Skipped
	Arrivals []drill.Arrival
}

// TestFluentBitDrill writes a drill into logs that a real agent tails, and sees its
// alerts arrive in a file and at a receiver, marked. An ordinary attack beside it is
// not marked, and the feed for firewalls has addresses of that attack only.
func TestFluentBitDrill(t *testing.T) {
	t.Parallel()
	port, err := agent.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	b := newFluentBit(t, attackAt(time.Now().UTC().Add(-10*time.Minute), "240.1.2.7", "user", 12), "", "")
	command := artefact(t, "redshank")
	at := func(name string) string { return filepath.Join(b.folder, name) }
	run := func(want int, args ...string) (out []byte) {
		t.Helper()
		cmd := exec.Command(command, append([]string{"drill"}, args...)...)
		var errs strings.Builder
		cmd.Stderr = &errs
		out, _ = cmd.Output()
		if code := cmd.ProcessState.ExitCode(); code != want {
			t.Fatalf("redshank drill %q: %d (want %d)\n%s%s\n%s", args, code, want, out, errs.String(), b.result().end())
		}
		return out
	}
	run(0, "--new-key", at("drill.key"))
	var accounts []string
	for n := range 12 {
		accounts = append(accounts, fmt.Sprintf("drill-%02d@contoso.com", n+1))
	}
	b.write("policy.yaml", fmt.Sprintf("drill: {key_file: drill.key, accounts: [%s]}\naccounts: {service: [%s]}\n", strings.Join(accounts, ", "), accounts[7]))
	policy, state := "policy: "+at("policy.yaml")+"\n", t.TempDir()
	b.write("fluent-bit.yaml", configuration(b.folder, "",
		policy+"sink: file\nsink_path: "+at("alerts.ndjson")+"\nstate_path: "+state,
		policy+fmt.Sprintf("sink: http\nformat: ocsf\ncef: on\nsink_url: http://127.0.0.1:%d/", port),
		policy+"sink: feed\nsink_path: "+at("feed.txt")))
	b.start("out_redshank.so")
	b.await("ordinary alert", func() bool { text, _ := os.ReadFile(at("alerts.ndjson")); return len(text) > 0 })

	allArrived(t, run(0, "-p", at("policy.yaml"), "--ual", at("in-ual.ndjson"), "--iis", at("in-iis.ndjson"), "--verify", "--alerts", at("alerts.ndjson"), "--timeout", "40s", "--json"), 0)
	first := b.read("alerts.ndjson")
	allArrived(t, run(0, "-p", at("policy.yaml"), "--iis", at("in-iis.ndjson"), "--verify", "--listen", fmt.Sprint("127.0.0.1:", port), "--timeout", "40s", "--json"), 4)
	allArrived(t, run(0, "-p", at("policy.yaml"), "--smtp", at("in-smtp.ndjson"), "--windows", at("in-windows.ndjson"), "--verify", "--alerts", at("alerts.ndjson"), "--timeout", "40s", "--json"), 3)
	allArrived(t, run(0, "-p", at("policy.yaml"), "--imap", at("in-imap.ndjson"), "--verify", "--alerts", at("alerts.ndjson"), "--timeout", "40s", "--json"), 6)
	allArrived(t, run(0, "-p", at("policy.yaml"), "--pop", at("in-pop.ndjson"), "--windows", at("in-windows.ndjson"), "--verify", "--listen", fmt.Sprint("127.0.0.1:", port), "--timeout", "40s", "--json"), 3)
	run(1, "-p", at("policy.yaml"), "--ual", at("elsewhere.ndjson"), "--class", "collection_tool", "--verify", "--alerts", at("alerts.ndjson"), "--timeout", "1s") // read by nobody

	for line := range strings.Lines(first) {
		var doc struct {
			Message  string
			Event    struct{ ID string }
			Source   struct{ IP string }
			Redshank struct {
				Drill bool
				Run   string `json:"drill_run"`
			}
		}
		if err := json.Unmarshal([]byte(line), &doc); err != nil {
			t.Fatal(err)
		}
		ordinary := doc.Source.IP == "240.1.2.7"
		if doc.Redshank.Drill == ordinary || (doc.Redshank.Run == "") != ordinary || strings.HasPrefix(doc.Message, "Drill ") == ordinary || strings.HasPrefix(doc.Event.ID, "drill-") == ordinary {
			t.Errorf("%+v", doc)
		}
	}
	seen, err := exec.Command(command, "coverage", "--state", state, "--json").Output()
	if err != nil || !strings.Contains(string(seen), `"service":"m365_sign_ins"`) || strings.Contains(string(seen), `"service":"owa"`) {
		t.Errorf("coverage of the running agent, without the drill: %v\n%s", err, seen)
	}
	r := b.stop()
	r.endedWell(t)
	if feed := b.read("feed.txt"); !strings.Contains(feed, "240.1.2.7") || strings.Contains(feed, "192.0.2.") || strings.Contains(feed, "2001:db8") {
		t.Errorf("the feed:\n%s", feed)
	}
	secret := strings.TrimSpace(b.read("drill.key"))
	if strings.Contains(r.log+first, secret) {
		t.Error("the key is in the log or in an alert")
	}
}

// allArrived checks the result of a drill that arrived as a whole.
func allArrived(t *testing.T, out []byte, skipped int) {
	t.Helper()
	var v verified
	if err := json.Unmarshal(out, &v); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if len(v.Skipped) != skipped || len(v.Arrivals)+skipped != len(drill.Classes()) {
		t.Errorf("%d classes, skipped %+v", len(v.Arrivals), v.Skipped)
	}
	for _, a := range v.Arrivals {
		if !a.Arrived || a.Seconds <= 0 || a.Seconds > patience.Seconds() {
			t.Errorf("%+v", a)
		}
		t.Logf("%s by %s after %.2f s", a.Class, a.Format, a.Seconds)
	}
}
