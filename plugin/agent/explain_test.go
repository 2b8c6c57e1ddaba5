package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"redshank/analytics/policy"
)

// explained returns the facts of a subject in the state of an instance, a line each.
func explained(t *testing.T, folder string, p *policy.Policy, subject string) string {
	t.Helper()
	of, facts, err := Explain(folder, p, subject)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintln(&b, of)
	for _, f := range facts {
		fmt.Fprintf(&b, "%s %s: %s\n", f.Of, f.Name, f.Value)
	}
	return b.String()
}

// TestExplainRunningInstance explains an address below the threshold, then the same
// address in an incident, while the instance runs and has its state open.
func TestExplainRunningInstance(t *testing.T) {
	folder, file := t.TempDir(), filepath.Join(t.TempDir(), "policy.yaml")
	text := "version: 1\naccounts: {privileged: [user1-2@contoso.com]}\nmutes:\n" +
		"  - {reason: pen test, owner: bob, expires: 2027-01-01, network: 203.0.113.0/24}\n" +
		"  - {reason: another, owner: bob, expires: 2027-01-01, network: 192.0.2.0/24}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := policy.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	i, _ := started(t, &brokenSink{}, map[string]string{"state_path": folder})
	defer i.Close()
	flush := func(from, to int) {
		for n := from; n < to; n++ {
			if err := i.Flush("tenant", chunkOf(failure(1, n))); err != nil {
				t.Fatal(err)
			}
		}
	}
	has := func(subject string, want ...string) {
		t.Helper()
		got := explained(t, folder, p, subject)
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: no %q in\n%s", subject, w, got)
			}
		}
	}
	flush(0, 4)
	before := filesOf(t, folder)
	has("203.0.113.1", "policy mute: pen test, owner bob, expires 2027-01-01 (line 4)",
		"AN1269 failures: 4 outside of an incident, 2026-03-02 ",
		"AN1269 window burst: at most 4 foreign accounts (opens at 5) with 4 failures (opens at 10) within 10m0s",
		"AN1269 failed: user1-2@contoso.com, 1 times: counted, foreign to the account")
	has("USER1-2@contoso.com", "user1-2@contoso.com\n", "policy mark: privileged account", "AN1269 failed at: 203.0.113.1, 1 times, last 2026-03-02 ", ": no incident", "AN0131 profile: not known")
	for _, subject := range []string{"203.0.113.1", "user1-1@contoso.com"} {
		if got := explained(t, folder, p, subject); strings.Contains(got, "another") {
			t.Errorf("a mute of another network: %s", got)
		}
	}
	has("198.51.100.1", "AN1269 client: not known", "AN0131 signals: none from this address")
	if after := filesOf(t, folder); after != before {
		t.Error("the state was changed")
	}
	read := `{"CreationTime":"2026-03-02T03:00:00","Id":"m1","Operation":"MailItemsAccessed","RecordType":50,"Workload":"Exchange","ResultStatus":"Succeeded","UserId":"alice@contoso.com",` +
		`"ClientIPAddress":"203.0.113.9","ClientInfoString":"Client=REST;python-requests/2.31;","MailboxOwnerUPN":"alice@contoso.com","OperationProperties":[{"Name":"MailAccessType","Value":"Bind"}]}`
	if err := i.Flush("tenant", chunkOf(read)); err != nil {
		t.Fatal(err)
	}
	for _, subject := range []string{"alice@contoso.com", "203.0.113.9"} {
		has(subject, "2026-03-02 03:00:00 access.scripting_agent (python-requests/2.31", "weight 50 of 50")
	}
	has("alice@contoso.com", "AN0131 baseline: ", "AN0131 score: sign-in 0 and access 50; an incident opens at 100 of both together", ": not enough")
	flush(4, 40)
	has("203.0.113.1", "AN1269 incident: AN1269-20260302-", "open, opened by the window burst: 40 failures of 40 accounts")
	has("user1-39@contoso.com", "AN1269 failed at: 203.0.113.1, 1 times, last 2026-03-02 ", ": part of incident AN1269-20260302-")
	if _, _, err := Explain(t.TempDir(), p, "a"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
