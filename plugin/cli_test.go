package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func command(args ...string) (code int, out, errs string) {
	var o, e strings.Builder
	code = run(args, &o, &e)
	return code, o.String(), e.String()
}

func TestCommands(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"", 2, "redshank check"},
		{"frobnicate", 2, "redshank check"},
		{"docs", 2, "redshank check"},
		{"help", 0, "redshank check"},
		{"version", 0, version + "\n"},
		{"docs options", 0, "| `max_ips` | `200000` |"},
		{"docs signals", 0, "| `access.many_mailboxes` | access | 100 | ual, graph, ews | T1114.002 |"},
		{"docs fields", 0, "| `redshank.class` | text |"},
		{"check", 0, "ok\n"},
		{"check source=iis MAX_IPS=5000", 0, "max_ips         5000"},
		{"check -x", 2, "-x"},
		{"check foo", 1, `"foo": not an option=value`},
		{"check foo=1", 1, `foo: "1": no such option`},
		{"check sink=file -p /absent/p.yaml max_ips=no", 1, "/absent/p.yaml"},
	} {
		code, out, errs := command(strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(out+errs, c.want) || (code == 0) != (errs == "") {
			t.Errorf("redshank %s: %d, %q %q; want %d, %q", c.args, code, out, errs, c.code, c.want)
		}
	}
}

func TestCheckTellsAllErrors(t *testing.T) {
	_, _, errs := command("check", "foo=1", "sink=file", "max_ips=0", "-p", "/absent/p.yaml")
	for _, want := range []string{"foo", "sink_path", "max_ips", "/absent/p.yaml"} {
		if !strings.Contains(errs, want) {
			t.Errorf("nothing of %s in %s", want, errs)
		}
	}
}

func TestCheckTellsExpiredAutomation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.yaml")
	text := "version: 1\nautomation:\n  - {name: old backup, app: x, expires: 2020-01-31}\n  - {name: new backup, app: y, expires: 2999-01-31}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, _ := command("check", "-p", path)
	if code != 0 || !strings.Contains(out, path+`:3: automation "old backup" expired on 2020-02-01 00:00:00`) || strings.Contains(out, "new backup") {
		t.Errorf("%d %q", code, out)
	}
}
