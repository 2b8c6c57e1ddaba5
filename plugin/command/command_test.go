package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func run(args ...string) (status int, out, errs string) {
	var o, e strings.Builder
	status = Run("v1.2.3", args, strings.NewReader(""), &o, &e)
	return status, o.String(), e.String()
}

func TestRun(t *testing.T) {
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"", 2, "redshank [command]"},
		{"frobnicate", 2, `unknown command "frobnicate"`},
		{"help frobnicate", 2, `unknown command "frobnicate"`},
		{"help replai", 2, `did you mean replay`},
		{"chek", 2, "did you mean check"},
		{"docs", 2, "redshank docs [command]"},
		{"docs optoins", 2, "did you mean options"},
		{"docs options more", 2, "more"},
		{"help", 0, "check"},
		{"help docs", 0, "signals"},
		{"-h", 0, "Usage:"},
		{"check --help", 0, "--dry-run"},
		{"version", 0, "v1.2.3\n"},
		{"--version", 0, "redshank version v1.2.3\n"},
		{"completion bash", 0, "bash completion"},
		{"__complete check so", 0, "source=\tauto, iis,"},
		{"docs options", 0, "`max_ips`"},
		{"docs signals", 0, "| `access.many_mailboxes` | access | 100 | ual, graph, ews | T1114.002 |"},
		{"docs schema", 0, `"title": "Redshank policy"`},
		{"docs fields", 0, "`redshank.class`"},
		{"test ../../conf/cases", 0, "ok    ../../conf/cases/spray.yaml: twelve"},
		{"test ../../conf/siem", 1, "no case"},
		{"test", 2, "no argument (want at least one FOLDER of cases)"},
		{"find", 2, "no argument (want a RECORD)"},
		{"replay", 2, "no argument (want at least one log"},
		{"explain", 2, "no argument (want an account or an address)"},
		{"coverage", 2, "want logs or --state"},
		{"coverage --state /absent", 1, "checkpoint.db: file does not exist (want the state_path of an instance that has run)"},
		{"coverage ../../conf/cases/logs", 0, "no record seen of owa\n"},
		{"coverage --json ../../conf/cases/logs", 0, `"services":[{"service":"ews"`},
		{"explain alice", 2, "want logs or --state"},
		{"explain --state /absent alice", 1, "state_path: /absent: checkpoint.db: file does not exist"},
		{"explain --state /absent -p /absent/p.yaml alice", 1, "/absent/p.yaml"},
		{"find sha256:0123456789abcdef ../../conf/cases/logs/spray.log", 1, ""},
		{"find sha256:0123456789abcdef", 1, "want the logs as arguments"},
		{"find nothing ../../conf/cases/logs/absent.log", 1, "absent.log"},
		{"drill", 2, "want a log to write"},
		{"drill --ual x", 2, "want -p"},
		{"drill --verify -p x --ual x", 2, "want --alerts or --listen"},
		{"drill -p x --ual x --alerts y", 2, "want --verify"},
		{"drill -p x --ual x --class tool", 2, "want credential_stuffing, "},
		{"drill -p /absent --ual x", 1, "no such file"},
		{"drill --verify --alerts x --run /absent", 1, "no such file"},
		{"drill --new-key /absent/key", 1, "no such file"},
		{"check", 0, "ok\n"},
		{"check source=iis MAX_IPS=5000", 0, "max_ips         5000"},
		{"check -x", 2, "-x"},
		{"check foo", 1, `"foo": not an option=value`},
		{"check foo=1", 1, `foo: "1": no such option`},
		{"check sink=file -p /absent/p.yaml max_ips=no", 1, "/absent/p.yaml"},
	} {
		status, out, errs := run(strings.Fields(c.args)...)
		if text := out + errs; status != c.status || !strings.Contains(text, c.want) || status != 0 && out != "" {
			t.Errorf("redshank %s: %d, %q %q; want %d, %q", c.args, status, out, errs, c.status, c.want)
		}
	}
}

func TestCheckListsAllErrors(t *testing.T) {
	_, _, errs := run("check", "foo=1", "sink=file", "max_ips=0", "-p", "/absent/p.yaml")
	for _, want := range []string{"foo", "sink_path", "max_ips", "/absent/p.yaml"} {
		if !strings.Contains(errs, want) {
			t.Errorf("nothing of %s in %s", want, errs)
		}
	}
}

func TestCheckListsExpiredAutomation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.yaml")
	text := "version: 1\nautomation:\n  - {name: old backup, app: x, expires: 2020-01-31}\n  - {name: new backup, app: y, expires: 2999-01-31}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, _ := run("check", "-p", path)
	if status != 0 || !strings.Contains(out, path+`: warning: automation "old backup" (line 3) expired on 2020-01-31: `) || strings.Contains(out, "new backup") {
		t.Errorf("%d %q", status, out)
	}
}

func TestTestShowsDifferences(t *testing.T) {
	logs, err := filepath.Abs("../../conf/cases/logs/spray.log")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "case.yaml")
	text := "name: wrong\nlogs: [" + logs + "]\nincidents: [{rule: AN0131}]\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, _ := run("test", path)
	for _, want := range []string{"FAIL  " + path + ": wrong\n", "      missing: {rule: AN0131}\n", "      not expected: {rule: AN1269, class: "} {
		if status != 1 || !strings.Contains(out, want) {
			t.Errorf("%d, no %q in\n%s", status, want, out)
		}
	}
}

func TestExplainLogs(t *testing.T) {
	status, out, errs := run("explain", "203.0.113.7", "../../conf/cases/logs/spray.log")
	if status != 3 || !strings.Contains(out, "counted") || errs != "" {
		t.Errorf("%d %q %q", status, out, errs)
	}
}
