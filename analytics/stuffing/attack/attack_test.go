package attack

import (
	"fmt"
	"strings"
	"testing"

	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/incident"
	"redshank/analytics/window"
)

// try is one failure in a test: of the n-th account, at a second.
type try struct {
	second, account int
	reason          event.Reason
	marks           event.Marks
}

// key returns the hash of an account.
func key(account int) uint64 { return uint64(account+1) * 0x9e3779b97f4a7c15 }

func attempt(t try) window.Attempt {
	return window.Attempt{At: int64(t.second+1) * event.Minute, Key: key(t.account), Name: fmt.Sprintf("user%d", t.account),
		Reason: t.reason, Marks: t.marks, Service: event.OWA, Agent: uint32(t.account%3 + 1)}
}

func attackOf(tries []try) *Attack {
	i := New(&incident.Incident{}).(*Attack)
	i.SetHigh(20, 1000)
	for _, t := range tries {
		i.AddFailure(attempt(t), nil)
	}
	i.Assess()
	return i
}

// times returns n failures, the k-th of which is of the account that of returns.
func times(n int, of func(k int) int, change func(*try)) (list []try) {
	for k := range n {
		t := try{second: k, account: of(k), reason: event.WrongPassword}
		if change != nil {
			change(&t)
		}
		list = append(list, t)
	}
	return list
}

// The class depends on how often and in what order the accounts are tried, the
// severity on how many there are and which.
func TestClassAndSeverity(t *testing.T) {
	for _, c := range []struct {
		name     string
		tries    []try
		class    string
		severity alert.Severity
	}{
		{"each account once", times(10, func(k int) int { return k }, nil), classStuffing, alert.Medium},
		{"pairs of a list: two passwords of each account in a row", times(20, func(k int) int { return k / 2 }, nil), classStuffing, alert.Medium},
		{"two rounds", times(20, func(k int) int { return k % 10 }, nil), classSpraying, alert.Medium},
		{"three rounds", times(30, func(k int) int { return k % 10 }, nil), classSpraying, alert.Medium},
		{"two rounds of more attempts than are kept", times(400, func(k int) int { return k % 200 }, nil), classSpraying, alert.High},
		{"two passwords of each account in a row, more attempts than are kept", times(400, func(k int) int { return k / 2 }, nil), classStuffing, alert.High},
		{"four passwords of each account in a row", times(40, func(k int) int { return k / 4 }, nil), classSpraying, alert.Medium},
		{"three passwords, names that do not exist", times(30, func(k int) int { return k / 3 }, func(t *try) { t.reason = event.UnknownUser }), classStuffing, alert.Medium},
		{"one account", times(30, func(int) int { return 0 }, nil), classGuessing, alert.Medium},
		{"nearly all of one account", times(40, func(k int) int { return max(0, k-35) }, nil), classGuessing, alert.Medium},
		{"service accounts", times(24, func(k int) int { return k % 3 }, func(t *try) { t.marks = event.ServiceAccount }), classClient, alert.Low},
		{"many accounts", times(20, func(k int) int { return k }, nil), classStuffing, alert.High},
		{"leaked accounts", times(5, func(k int) int { return k }, func(t *try) { t.marks = event.LeakedAccount }), classStuffing, alert.High},
		{"a privileged account", times(10, func(k int) int { return k }, func(t *try) { t.marks = event.PrivilegedUser }), classStuffing, alert.High},
	} {
		if i := attackOf(c.tries); i.Class != c.class || i.Severity != c.severity {
			t.Errorf("%s: %s, %s; want %s, %s", c.name, i.Class, i.Severity, c.class, c.severity)
		}
	}
}

// Two logs of one attempt count once, and the more specific reason is kept.
func TestTwoLogsOfOneAttempt(t *testing.T) {
	i := attackOf(nil)
	first := attempt(try{reason: event.WrongPassword})
	second := first
	first.Sources, second.Sources = 1<<event.IIS, 1<<event.WinEvent
	second.Reason = event.Locked
	if !i.AddFailure(first, nil) || i.AddFailure(second, nil) {
		t.Error("the first log is new, the second is not")
	}
	i.UpdateCounts((*window.Distinct).Count)
	if n, _ := i.FailuresOf(first.Key); n != 1 || i.Counts.Failures != 1 || i.Counts.Locked != 1 {
		t.Errorf("%d failures of the account, counts %+v", n, i.Counts)
	}
	if list := i.topUsers(); list[0].LastReason != "locked" {
		t.Errorf("last reason %s", list[0].LastReason)
	}
}

// The program of an attempt is known whichever of its two logs arrives first: a
// Security event names the account, the row of IIS the agent.
func TestProgramOfTheSecondLog(t *testing.T) {
	windows := attempt(try{})
	windows.Sources, windows.Agent, windows.Service = 1<<event.WinEvent, 0, event.Windows
	web := attempt(try{})
	web.Sources, web.Tool = 1<<event.IIS, window.ToolNamed|1
	for _, key := range []uint64{web.Key, 0} {
		web.Key = key
		i := attackOf(nil)
		i.AddFailure(windows, nil)
		i.AddFailure(web, nil)
		if i.Counts.Failures != 1 || !i.UsesAgent(web.Agent) {
			t.Errorf("account %x in the second log: %d failures, agent known: %v", key, i.Counts.Failures, i.UsesAgent(web.Agent))
		}
	}
}

// A restored attack goes on as the saved one would have.
func TestRestore(t *testing.T) {
	saved := attackOf(times(15, func(k int) int { return k }, func(t *try) {
		if t.account < 2 {
			t.marks = event.LeakedAccount
		}
	}))
	b, err := saved.Save()
	if err != nil {
		t.Fatal(err)
	}
	restored := New(&incident.Incident{Counts: saved.Counts}).(*Attack)
	if err := restored.Restore(b); err != nil {
		t.Fatal(err)
	}
	if g := grade(restored); g != alert.Medium {
		t.Errorf("severity %s after the restart, want medium", g)
	}
	for _, i := range []*Attack{saved, restored} {
		for _, try := range times(10, func(k int) int { return k + 10 }, nil) {
			try.second += 100
			i.AddFailure(attempt(try), nil)
		}
		i.UpdateCounts((*window.Distinct).Count)
	}
	if saved.Counts != restored.Counts || restored.Counts.DistinctUsers != 20 || restored.Counts.Leaked != 2 {
		t.Errorf("counts %+v, restored %+v", saved.Counts, restored.Counts)
	}
	for _, account := range []int{0, 11, 19} {
		a, _ := saved.FailuresOf(key(account))
		b, _ := restored.FailuresOf(key(account))
		if a != b || a == 0 || !restored.HasFailed(key(account)) || !restored.UsesAgent(uint32(account%3+1)) {
			t.Errorf("account %d: %d failures, restored %d", account, a, b)
		}
	}
	if grade(restored) != alert.High {
		t.Error("the limit of high severity is lost")
	}
}

// What an attack keeps is bounded, what it counts is not.
func TestBounds(t *testing.T) {
	const accounts = 3 * incident.MaxAccounts
	i := attackOf(times(accounts, func(k int) int { return k }, nil))
	i.UpdateCounts((*window.Distinct).Count)
	if len(i.tallies) > incident.MaxAccounts || len(i.Attempts()) > maxAttempts || i.Counts.Failures != accounts {
		t.Errorf("%d tallies, %d attempts, %d failures", len(i.tallies), len(i.Attempts()), i.Counts.Failures)
	}
	if n := i.Counts.DistinctUsers; n < accounts*95/100 || n > accounts*105/100 {
		t.Errorf("%d accounts, want %d within 5 %%", n, accounts)
	}
	if names, all := i.Accounts(); all || len(names) != incident.MaxAccounts {
		t.Errorf("%d names, all %v", len(names), all)
	}
}

func TestSentence(t *testing.T) {
	i := attackOf(times(10, func(k int) int { return k }, nil))
	for n := range 5 {
		i.Valid.Add(uint64(n), alert.Credential{User: fmt.Sprintf("user%d", n)})
	}
	a := &alert.Alert{Class: i.Class, Valid: make([]alert.Credential, 5), Services: []string{"owa", "ews"}}
	for n := range a.Valid {
		a.Valid[n].User = fmt.Sprintf("user%d", n)
	}
	i.Fill(a)
	for _, part := range []string{"Credential stuffing", "10 failures of 10 accounts over owa, ews", "the password of user0, user1, user2 and 2 more is known to the attacker"} {
		if !strings.Contains(a.Message, part) {
			t.Errorf("message %q, want %q in it", a.Message, part)
		}
	}
	if a.Confidence != 0.9 {
		t.Errorf("confidence %v with valid credentials", a.Confidence)
	}
}
