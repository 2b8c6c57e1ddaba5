// Package test runs the built artefacts: the plugin in the minimal host, and
// in Fluent Bit itself where one is on PATH.
package test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// patience bounds every run; none needs a tenth of it.
const patience = 60 * time.Second

// artefact is the absolute path of something make puts into build/.
func artefact(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "build", built(name)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("SKIPPED: %s is not built; run make e2e", built(name))
	}
	return path
}

// result is what a finished run left.
type result struct {
	code   int
	alerts []alert
	out    string
	log    string
}

// alert is the part of a document that the suites look at.
type alert struct {
	Event struct {
		ID       string
		Sequence int
	}
	Rule   struct{ ID string }
	Source struct{ IP string }
}

// key names a message about an incident.
func (a alert) key() string {
	return a.Event.ID + "/" + strconv.Itoa(a.Event.Sequence) + " " + a.Source.IP
}

func execute(t *testing.T, stdin string, name string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := command(ctx, name, args...)
	cmd.WaitDelay = time.Second // for what it started and did not end
	cmd.Stdin = strings.NewReader(stdin)
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("%s %v: %v %v\n%s", name, args, err, ctx.Err(), log.String())
	}
	lines := strings.ReplaceAll(log.String(), "\r\n", "\n") // as C writes them on Windows
	return result{cmd.ProcessState.ExitCode(), parseAlerts(t, out.String()), out.String(), lines}
}

// ofHealth tells health records from alerts.
const ofHealth = `"dataset":"redshank.health"`

// parseAlerts reads NDJSON; lines that are not JSON objects are a banner's.
// Health records are left out.
func parseAlerts(t *testing.T, text string) []alert {
	t.Helper()
	var alerts []alert
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "{") || strings.Contains(line, ofHealth) {
			continue
		}
		var a alert
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			t.Errorf("%v in %s", err, line)
		}
		alerts = append(alerts, a)
	}
	return alerts
}

// sources are the addresses of alerts, each as often as it comes, sorted by
// arrival.
func sources(alerts []alert) string {
	var ips []string
	for _, a := range alerts {
		ips = append(ips, a.Source.IP)
	}
	return strings.Join(ips, " ")
}

// keys tells alerts in a form that two runs can be compared by.
func keys(alerts []alert) map[string]int {
	all := map[string]int{}
	for _, a := range alerts {
		all[a.key()]++
	}
	return all
}

// incidents are the addresses of alerts by incident: one may have several
// messages, depending on where chunks end.
func incidents(alerts []alert) map[string]string {
	all := map[string]string{}
	for _, a := range alerts {
		all[a.Event.ID] = a.Source.IP
	}
	return all
}

// end is what a failed test shows of a log.
func (r result) end() string {
	const most = 1500
	return fmt.Sprintf("exit %d, %d alerts, log ends in\n%s", r.code, len(r.alerts), r.log[max(0, len(r.log)-most):])
}

// counter is the value of name in the last line of what an instance did.
func (r result) counter(t *testing.T, name string) int {
	t.Helper()
	found := regexp.MustCompile(`stopped .*?\b`+name+`=(\d+)`).FindAllStringSubmatch(r.log, -1)
	if found == nil {
		t.Fatalf("no count of %s in:\n%s", name, r.log)
	}
	n, err := strconv.Atoi(found[len(found)-1][1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// attack is one client trying accounts once each, 30 s apart, as the unified
// audit log tells it.
func attack(ip string, accounts int) string {
	return attackAt(time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), ip, "user", accounts)
}

func attackAt(start time.Time, ip, name string, accounts int) string {
	var b strings.Builder
	for n := range accounts {
		at := start.Add(time.Duration(n) * 30 * time.Second).Format("2006-01-02T15:04:05")
		fmt.Fprintf(&b, `{"CreationTime":%q,"Id":"%s-%d","Operation":"UserLoginFailed","RecordType":15,"ResultStatus":"Failed",`+
			`"Workload":"AzureActiveDirectory","ClientIP":%q,"UserId":"%s%d@contoso.com","ErrorNumber":"50126","LogonError":"InvalidUserNameOrPassword"}`+"\n",
			at, ip, n, ip, name, n)
	}
	return b.String()
}

// attacks are n attacks of attackSize accounts each. They share nothing, not
// even the hour, so that they are no campaign.
func attacks(n int) string {
	var b strings.Builder
	for i := range n {
		start := time.Date(2026, 3, 2, 2*i, 0, 0, 0, time.UTC)
		b.WriteString(attackAt(start, fmt.Sprintf("198.51.100.%d", i+1), fmt.Sprintf("user%c", 'a'+i), attackSize))
	}
	return b.String()
}

const attackSize = 12
