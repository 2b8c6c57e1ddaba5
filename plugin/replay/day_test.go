package replay

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"redshank/analytics"
	"redshank/analytics/alert"
	"redshank/analytics/policy"
	"redshank/test/day"
)

// dayPolicy says which names of the synthetic day belong together.
const dayPolicy = "version: 1\ndomains:\n  default: contoso.com\n  netbios:\n    CONTOSO: contoso.com\n    FABRIKAM: fabrikam.com\n"

// TestDay compares a replay of the files of the synthetic day with what the engine of
// the plugin finds when the same lines arrive from an agent.
func TestDay(t *testing.T) {
	d := day.New(day.Options{Records: 20_000})
	dir := t.TempDir()
	if err := d.Write(dir); err != nil {
		t.Fatal(err)
	}
	file := write(t, t.TempDir(), "policy.yaml", []byte(dayPolicy))
	p, err := policy.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := newRun(Options{Paths: []string{dir}, Policy: file}, &strings.Builder{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.sorter.Close()
	if err := r.read(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.detect(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, i := range r.result.Incidents {
		got[i.ID] = summary(i.Alert)
	}
	if want := arriving(t, d, p); !maps.Equal(got, want) || len(want) == 0 {
		t.Errorf("a replay finds %v\nthe plugin %v", got, want)
	}
}

// arriving returns what the engine says last about each incident.
func arriving(t *testing.T, d *day.Day, p *policy.Policy) map[string]string {
	e, err := analytics.New(analytics.Options{Policy: p, Source: "auto", MaxIPs: 200_000, MaxUsers: 200_000})
	if err != nil {
		t.Fatal(err)
	}
	last := map[string]string{}
	keep := func(alerts []*alert.Alert) {
		for _, a := range alerts {
			last[a.ID] = summary(a)
		}
	}
	for tag, chunk := range day.Chunks(day.Arrivals(d.Streams), 100_000) {
		keep(e.Observe(tag, chunk))
	}
	keep(e.Close())
	return last
}

// summary is what does not depend on how the lines are cut into chunks.
func summary(a *alert.Alert) string {
	var valid []string
	for _, v := range a.Valid {
		valid = append(valid, v.User)
	}
	slices.Sort(valid)
	return fmt.Sprintf("%s %v valid %q", a.Class, a.Severity, valid)
}
