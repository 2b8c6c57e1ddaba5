package analytics

import (
	"slices"
	"testing"

	"redshank/analytics/collection"
	"redshank/analytics/coverage"
	"redshank/analytics/event"
	"redshank/test/extent"
	"redshank/test/world"
	"redshank/test/world/lines"
)

// without are the fields of an event that stand for a column. An application, a
// session or an object id can stand for an account.
var without = map[coverage.Evidence]func(ev *event.Event){
	coverage.ClientAddress: func(ev *event.Event) { ev.RawIP, ev.RawForwarded = nil, nil },
	coverage.Account: func(ev *event.Event) {
		ev.RawUser, ev.SID, ev.UserID, ev.App, ev.Session, ev.Token = nil, nil, nil, nil, nil, nil
	},
	coverage.Agent:       func(ev *event.Event) { ev.Agent, ev.NoAgents, ev.Client, ev.Model = nil, true, nil, nil },
	coverage.Application: func(ev *event.Event) { ev.App = nil },
	coverage.Device:      func(ev *event.Event) { ev.Device = nil },
	coverage.Session:     func(ev *event.Event) { ev.Session, ev.Token = nil, nil },
	coverage.Items:       func(ev *event.Event) { ev.Items = 0 },
	coverage.Content:     func(ev *event.Event) { ev.Detail, ev.Target = nil, nil },
}

// worldChunks are the logs of a small organisation with attacks of all kinds.
func worldChunks(t *testing.T) (chunks [][]byte) {
	t.Helper()
	w := world.New(world.Options{Seed: 6, Days: 5, People: 30})
	var chunk []byte
	w.Play(func(l lines.Line) bool {
		chunk = l.Pack(chunk, l.Arrives)
		if len(chunk) > 1<<20 {
			chunks, chunk = append(chunks, chunk), nil
		}
		return true
	})
	return append(chunks, chunk)
}

// signalsOf returns the codes of the signals, and the rules of the incidents, that
// the engine finds in events that change has changed.
func signalsOf(t *testing.T, chunks [][]byte, change func(*event.Event)) map[string]bool {
	t.Helper()
	e, err := New(Options{Policy: standard(), Source: "auto", MaxIPs: 10_000, MaxUsers: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	e.emit = func(ev *event.Event) { change(ev); e.observe(ev) }
	found := map[string]bool{}
	for _, c := range chunks {
		for _, a := range e.Observe("world", c) {
			found[a.Rule.ID] = true
		}
		e.collection.EachSignal(func(o collection.Observed) { found[o.Code] = true })
	}
	return found
}

// A signal that needs a piece of evidence on all services is not found in logs
// without it, and one that does not need the evidence on any still is. Account and
// address are left out of the second half: too much hangs on them.
func TestSignalsNeedTheirEvidence(t *testing.T) {
	chunks := worldChunks(t)
	all := signalsOf(t, chunks, func(*event.Event) {})
	if len(all) < 25 {
		t.Fatalf("only %d signals to test with", len(all))
	}
	for e, strip := range without {
		if !extent.Full() && !slices.Contains([]coverage.Evidence{coverage.ClientAddress, coverage.Agent, coverage.Session}, e) {
			continue
		}
		left := signalsOf(t, chunks, strip)
		for code := range all {
			always, ever := coverage.Needs(code, e)
			switch {
			case always && left[code]:
				t.Errorf("%s needs %s, and is found without", code, e)
			case !ever && !left[code] && e != coverage.Account && e != coverage.ClientAddress:
				t.Errorf("%s is not found without %s, which it does not need", code, e)
			}
		}
	}
}
