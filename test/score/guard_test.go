package main

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"redshank/test/extent"
)

var update = flag.Bool("update", false, "write what is found now as the expectation")

// guarded is what a small world has to show at least.
type guarded struct {
	Found       []string `json:"found"` // attacks, by rule and kind
	False       int      `json:"false"`
	Named       int      `json:"named"`      // valid credentials named
	Unbelieved  int      `json:"unbelieved"` // credentials named that nobody has
	MostMessage int      `json:"most_messages"`
}

// universityGuard is the file of the larger world, for the full extent of tests only.
const universityGuard = "testdata/university.json"

// guards are the small worlds, by the file of what is expected.
var guards = map[string][]string{
	"testdata/guard.json": {"-seeds", "100", "-days", "7", "-size", "120"},
	universityGuard:       {"-world", "university", "-seeds", "9", "-days", "7", "-size", "150"},
}

// No change loses an attack that was found, or adds a false incident, unseen: small
// worlds are compared with what is committed; -update writes better figures.
func TestGuard(t *testing.T) {
	for path, flags := range guards {
		if path == universityGuard && !*update && !extent.Full() {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) { guard(t, path, flags) })
	}
}

func guard(t *testing.T, path string, flags []string) {
	o, err := readFlags(flags)
	if err != nil {
		t.Fatal(err)
	}
	r, err := scoreOf(o.worlds[0], o.seeds[0], o)
	if err != nil {
		t.Fatal(err)
	}
	got := guardedOf(r)
	if *update {
		text, _ := json.MarshalIndent(got, "", "  ")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want guarded
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for _, a := range want.Found {
		if !slices.Contains(got.Found, a) {
			t.Errorf("lost: %s", a)
		}
	}
	if got.False > want.False || got.Named < want.Named || got.Unbelieved > want.Unbelieved || got.MostMessage > want.MostMessage {
		t.Errorf("worse than expected: %+v, want %+v", got, want)
	}
	if !t.Failed() && (len(got.Found) > len(want.Found) || got.False < want.False) {
		t.Logf("better than expected (go test ./test/score -run Guard -update): %+v", got)
	}
}

func guardedOf(r *result) (g guarded) {
	for _, a := range r.judgement.attacks {
		if a.verdict == complete {
			g.Found = append(g.Found, a.Rule+" "+a.Kind)
		}
		if a.Rule == "AN1269" {
			g.Named += a.named
		}
	}
	slices.Sort(g.Found)
	g.False, g.Unbelieved, g.MostMessage = len(r.judgement.wrong), r.judgement.credentials-r.judgement.believable, r.mostMessages
	return g
}
