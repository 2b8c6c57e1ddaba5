package main

import (
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
