package drill

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics"
	"redshank/analytics/alert"
	mark "redshank/analytics/drill"
	"redshank/analytics/policy"
)

var now = time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)

// withPolicy returns a policy with so many drill accounts, of which the last is a
// service.
func withPolicy(t *testing.T, accounts int) *policy.Policy {
	t.Helper()
	dir := t.TempDir()
	if err := mark.NewKeyFile(filepath.Join(dir, "drill.key")); err != nil {
		t.Fatal(err)
	}
	var list []string
	for n := range accounts {
		list = append(list, fmt.Sprintf("drill-%02d@contoso.com", n+1))
	}
	p, err := policy.Parse("policy.yaml", dir, fmt.Appendf(nil, "drill: {key_file: drill.key, accounts: [%s]}\naccounts: {service: [%s]}", strings.Join(list, ", "), list[min(7, accounts-1)]))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// alertsOf reads the lines of files as an agent does, and returns all alerts.
func alertsOf(t *testing.T, p *policy.Policy, files ...string) (all []*alert.Alert, e *analytics.Engine) {
	t.Helper()
	e, err := analytics.New(analytics.Options{Policy: p, Source: "auto", MaxIPs: 1000, MaxUsers: 1000, Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		enc := msgpack.NewEncoder(&b)
		for n, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
			b.WriteString("\x92\x92\xd7\x00")
			b.Write(binary.BigEndian.AppendUint64(nil, uint64(now.Unix())<<32|uint64(n)))
			b.WriteByte(0x80)
			if err := enc.Encode(map[string]string{"path": path, "log": line}); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, e.Observe("log", b.Bytes())...)
	}
	return append(all, e.Close()...), e
}

// Each class that a drill writes leads to its incident, which is marked, and to no
// other.
func TestEveryClassIsFound(t *testing.T) {
	p := withPolicy(t, 12)
	for name, o := range map[string]struct {
		logs    []string
		skipped int
	}{
		"audit log": {[]string{"ual"}, 0}, "iis": {[]string{"iis"}, 4}, "entra": {[]string{"entra"}, 6}, "all": {[]string{"ual", "iis", "entra"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir, opts, files := t.TempDir(), Options{Policy: p, Now: now}, []string{}
			for _, log := range o.logs {
				path := filepath.Join(dir, log)
				*map[string]*string{"ual": &opts.UAL, "iis": &opts.IIS, "entra": &opts.Entra}[log] = path
			}
			d, err := Write(opts)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]bool{}
			for _, i := range d.Expect {
				want[i.Rule+" "+i.Class] = true
				if !slices.Contains(files, i.Path) {
					files = append(files, i.Path)
				}
			}
			if len(d.Skipped) != o.skipped || len(want)+len(d.Skipped) != len(classes) {
				t.Errorf("%d classes, skipped %+v", len(want), d.Skipped)
			}
			alerts, e := alertsOf(t, p, files...)
			got := map[string]bool{}
			ids := map[string]bool{}
			for _, a := range alerts {
				if a.Drill != string(d.Run) {
					t.Errorf("not marked: %s", a.Message)
				}
				got[a.Rule.ID+" "+a.Class] = true
				ids[a.ID] = true
			}
			if !maps.Equal(got, want) || len(ids) != len(want) {
				t.Errorf("%d incidents\n%q, want\n%q", len(ids), slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
			}
			if st := e.Stats(); st.Events > 0 || st.Clients+st.Accounts > 0 || st.Drill == 0 {
				t.Errorf("%+v", st)
			}
		})
	}
}
