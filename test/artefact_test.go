// Package test runs the built artefacts: the plugin in the minimal host, and
// in Fluent Bit if fluent-bit is on PATH.
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

	"redshank/test/extent"
)

// patience is the time limit of every run; no run needs a tenth of it.
const patience = 60 * time.Second

// artefact returns the absolute path of a file that make writes to build/.
func artefact(t *testing.T, name string) string {
	t.Helper()
	extent.NeedsFull(t)
	path, err := filepath.Abs(filepath.Join("..", "build", built(name)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("SKIPPED: %s is not built; run make e2e", built(name))
	}
	return path
}

// result is the outcome of a finished run.
type result struct {
	code   int
	alerts []alert
	out    string
	log    string
}

// alert holds the fields of an alert document that the suites check.
type alert struct {
	Event struct {
		ID       string
		Sequence int
	}
	Rule   struct{ ID string }
	Source struct{ IP string }
}

// key identifies a message about an incident.
func (a alert) key() string {
	return a.Event.ID + "/" + strconv.Itoa(a.Event.Sequence) + " " + a.Source.IP
}

func execute(t *testing.T, stdin string, name string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := command(ctx, name, args...)
	cmd.WaitDelay = time.Second // for child processes that still run
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

// ofHealth and ofIndicators are the texts that distinguish health records and full
// lists of indicators from alerts.
const (
	ofHealth     = `"dataset":"redshank.health"`
	ofIndicators = `"dataset":"redshank.indicators"`
)

// parseAlerts reads NDJSON. Lines that are not JSON objects, such as a banner, health
// records and full lists of indicators are skipped.
func parseAlerts(t *testing.T, text string) []alert {
	t.Helper()
	var alerts []alert
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "{") || strings.Contains(line, ofHealth) || strings.Contains(line, ofIndicators) {
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

// sources returns the source address of every alert, in order of arrival,
// separated by spaces.
func sources(alerts []alert) string {
	var ips []string
	for _, a := range alerts {
		ips = append(ips, a.Source.IP)
	}
	return strings.Join(ips, " ")
}

// keys returns the number of alerts by key, to compare two runs.
func keys(alerts []alert) map[string]int {
	all := map[string]int{}
	for _, a := range alerts {
		all[a.key()]++
	}
	return all
}

// incidents returns the source address of each incident. An incident may have
// several messages, depending on the chunk boundaries.
func incidents(alerts []alert) map[string]string {
	all := map[string]string{}
	for _, a := range alerts {
		all[a.Event.ID] = a.Source.IP
	}
	return all
}

// end returns the end of the log, for the message of a failed test.
func (r result) end() string {
	const most = 1500
	return fmt.Sprintf("exit %d, %d alerts, log ends in\n%s", r.code, len(r.alerts), r.log[max(0, len(r.log)-most):])
}

// counter returns the value of a counter in the last line "stopped" of the log.
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

// attack returns records of the unified audit log in which one client fails once
// for each of the accounts, 30 s apart.
func attack(ip string, accounts int) string {
	return attackAt(time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), ip, "user", accounts)
}

func attackAt(start time.Time, ip, name string, accounts int) string {
	var b strings.Builder
	for n := range accounts {
		at := start.Add(time.Duration(n) * 30 * time.Second).Format("2006-01-02T15:04:05")
		fmt.Fprintf(&b, `{"CreationTime":%q,"Id":"%s-%d","Operation":"UserLoginFailed","RecordType":15,"ResultStatus":"Failed",`+
			`"Workload":"AzureActiveDirectory","ClientIP":%q,"UserId":"%s%d@contoso.com","ErrorNumber":"50126","LogonError":"InvalidUserNameOrPassword",`+
			`"ExtendedProperties":[{"Name":"UserAgent","Value":"client of %s"}]}`+"\n",
			at, ip, n, ip, name, n, name)
	}
	return b.String()
}

// attacks returns n attacks on attackSize accounts each. The attacks have no
// feature in common, not even the hour, so they do not form a campaign.
func attacks(n int) string {
	var b strings.Builder
	for i := range n {
		start := time.Date(2026, 3, 2, 2*i, 0, 0, 0, time.UTC)
		b.WriteString(attackAt(start, fmt.Sprintf("240.%d.2.7", i+1), fmt.Sprintf("user%c", 'a'+i), attackSize))
	}
	return b.String()
}

const attackSize = 12
