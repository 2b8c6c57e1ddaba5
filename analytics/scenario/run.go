package scenario

import (
	"bytes"
	"cmp"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"redshank/analytics"
	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/test/extent"
)

// tableSize bounds the tables of a run, in entries.
const tableSize = 50_000

// Run plays every scenario file of a folder with a restart; or in order and in all
// variants in the full extent of tests.
func Run(t *testing.T, dir string) {
	t.Helper()
	// A third of the time would go into collecting the tables of engines.
	defer debug.SetGCPercent(debug.SetGCPercent(200))
	paths, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: no scenarios: %v", dir, err)
	}
	played := []variant{{restarted, once}}
	if extent.Full() {
		played = []variant{inOrder, {backwards, reversed}, {restarted, twice}, {late, successesLate}}
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			f, err := read(path)
			if err != nil {
				t.Fatal(err)
			}
			if !f.Expect.given {
				t.Fatalf("%s: nothing is expected", path)
			}
			f.run(t, played)
		})
	}
}

// variant is a way in which the same acts may arrive.
type variant struct {
	name   string
	change func([]*act, *policy.Policy) []*act
}

const backwards, restarted, late = "reversed", "with a restart", "successes late"

var inOrder = variant{"in order", once}

func once(acts []*act, _ *policy.Policy) []*act { return acts }

func twice(acts []*act, _ *policy.Policy) []*act {
	doubled := make([]*act, 0, 2*len(acts))
	for _, a := range acts {
		doubled = append(doubled, a, a)
	}
	return doubled
}

// successesLate lets the successes arrive up to three hours late, as from another log.
func successesLate(acts []*act, _ *policy.Policy) []*act {
	arrivals := make(map[*act]time.Duration, len(acts))
	for n, a := range acts {
		arrivals[a] = a.at
		if a.event.Outcome == event.Success || a.event.Outcome == event.Accepted {
			arrivals[a] += time.Duration(n*7%13) * 15 * time.Minute
		}
	}
	acts = slices.Clone(acts)
	slices.SortStableFunc(acts, func(a, b *act) int { return cmp.Compare(arrivals[a], arrivals[b]) })
	return acts
}

// reversed turns the acts of each half of the lateness around.
func reversed(acts []*act, p *policy.Policy) []*act {
	acts = slices.Clone(acts)
	for from, n := 0, 0; n <= len(acts); n++ {
		if n == len(acts) || acts[n].at-acts[from].at > p.State.Lateness/2 {
			slices.Reverse(acts[from:n])
			from = n
		}
	}
	return acts
}

func (f *file) run(t *testing.T, played []variant) {
	p := f.policy(t)
	acts, err := expand(f)
	if err != nil {
		t.Fatal(err)
	}
	var first []*alert.Alert
	for n, v := range played {
		last := f.play(t, p, v.change(acts, p), v.name == restarted)
		for _, w := range f.compare(last) {
			t.Errorf("%s: %s: %s", filepath.Base(f.path), v.name, w)
		}
		if n == 0 {
			first = last
			t.Log(strings.Join(summaries(first, true), "\n"))
		}
		ordered := v.name != backwards && v.name != late
		got, want := summaries(last, ordered), summaries(first, ordered)
		if !slices.Equal(want, got) {
			t.Errorf("%s: %s: got\n%s\nwant as in order\n%s", filepath.Base(f.path), v.name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// summaries returns what every order of the acts must agree on: for acts in order, with
// details, and with the clients of campaigns, which otherwise may send a message before
// their campaign. Whether a question arises may depend on more than the order.
func summaries(list []*alert.Alert, ordered bool) (texts []string) {
	for _, a := range list {
		switch {
		case a.Severity == alert.Low:
		case ordered:
			texts = append(texts, summary(a)+details(a))
		case a.Campaign == "":
			texts = append(texts, summary(a))
		}
	}
	return texts
}

// play returns the last alert of each incident.
func (f *file) play(t *testing.T, p *policy.Policy, acts []*act, restart bool) []*alert.Alert {
	t.Helper()
	engine := newEngine(t, p)
	var saved checkpoint
	if restart {
		saved = checkpoint{}
		engine.Track()
	}
	last := map[string]*alert.Alert{}
	keep := func(alerts []*alert.Alert) {
		for _, a := range alerts {
			if last[a.ID] = a; a.Phase == alert.PhaseWithdrawn {
				delete(last, a.ID)
			}
		}
	}
	past := slices.IndexFunc(acts, func(a *act) bool { return !a.past })
	middle := (max(past, 0) + len(acts)) / 2
	var ev event.Event
	for n := range acts {
		if restart && n == middle {
			keep(engine.Flush())
			engine = saved.restart(t, engine, p)
		}
		ev = acts[n].event // the engine fills in the canonical fields
		engine.ObserveEvent(&ev)
		if n%7 == 0 { // as chunks end
			keep(engine.Flush())
		}
	}
	keep(engine.Flush())
	keep(engine.Close())
	var list []*alert.Alert
	for _, a := range last {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b *alert.Alert) int { return strings.Compare(summary(a), summary(b)) })
	return list
}

func newEngine(t *testing.T, p *policy.Policy) *analytics.Engine {
	t.Helper()
	engine, err := analytics.New(analytics.Options{Policy: p, MaxIPs: tableSize, MaxUsers: tableSize})
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// checkpoint is a saved state: values by table and key.
type checkpoint map[string]map[string][]byte

// restart saves the state of an engine and returns one that starts from it.
func (c checkpoint) restart(t *testing.T, engine *analytics.Engine, p *policy.Policy) *analytics.Engine {
	t.Helper()
	err := engine.Changes(func(e analytics.Entry) {
		if c[e.Table] == nil {
			c[e.Table] = map[string][]byte{}
		}
		c[e.Table][string(e.Key)] = bytes.Clone(e.Value)
		if e.Value == nil {
			delete(c[e.Table], string(e.Key))
		}
	})
	next := newEngine(t, p)
	if err == nil {
		err = next.Restore(func(table string, do func(key, value []byte) error) error {
			for key, value := range c[table] {
				if err := do([]byte(key), value); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return next
}
