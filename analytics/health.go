package analytics

import (
	"cmp"
	"slices"
	"time"
)

// Finding is something about the records themselves that an operator must
// hear, because it makes detection blind without a sound.
type Finding struct {
	Code    string // silent_source, no_client_address, ...
	Subject string // source, table, address or automation that it is about; may be empty
	Detail  string // one sentence with its figures
	Since   time.Time
}

// Health is what an operator wants to know of an engine.
type Health struct {
	Time      time.Time // newest arrival: Fluent Bit's time, not a clock
	Stats     Stats
	Baselines struct{ Mature, All int } // of accounts that signed in, for AN0131
	// Raised and Cleared are new since the last call, Open all that holds, in
	// the order of their codes. What was raised and cleared in between is in
	// both.
	Raised, Cleared, Open []Finding
}

// Health returns the figures and the findings. Who calls it gets each finding
// once in Raised: there is one such caller. It walks the accounts, some
// milliseconds for 200,000.
func (e *Engine) Health() Health {
	stats := e.Stats()
	e.mu.Lock()
	defer e.mu.Unlock()
	h := Health{Time: timeOf(e.monitor.now).UTC(), Stats: stats}
	h.Baselines.Mature, h.Baselines.All = e.collection.baselines()
	e.monitor.maturity(h.Baselines.Mature, h.Baselines.All)
	b := &e.monitor.findings
	for _, f := range b.open {
		h.Open = append(h.Open, f)
	}
	slices.SortFunc(h.Open, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Subject, b.Subject))
	})
	h.Raised, h.Cleared = b.raised, b.cleared
	b.raised, b.cleared = nil, nil
	return h
}

// baselines counts the accounts with a baseline, and those whose is ripe.
func (c *collection) baselines() (ripe, all int) {
	c.profiles.Each(func(_ uint64, d *profile) {
		if d.kind != aUser || d.baseline.signIns == 0 {
			return
		}
		all++
		if d.baseline.mature != 0 {
			ripe++
		}
	})
	return ripe, all
}

// maxFindings bounds what is open, and what is kept for the next Health.
const maxFindings = 100

// board is where findings are raised, each once until it clears.
type findings struct {
	open            map[findingKey]Finding
	raised, cleared []Finding
}

type findingKey struct{ code, subject string }

// set raises or clears a finding. detail is asked for only where it is raised.
func (b *findings) set(holds bool, now int64, code, subject string, detail func() string) {
	key := findingKey{code, subject}
	f, open := b.open[key]
	switch {
	case holds && !open && len(b.open) < maxFindings:
		f = Finding{Code: code, Subject: subject, Detail: detail(), Since: timeOf(now).UTC()}
		if b.open == nil {
			b.open = map[findingKey]Finding{}
		}
		b.open[key] = f
		b.raised = appendFinding(b.raised, f)
	case !holds && open:
		delete(b.open, key)
		b.cleared = appendFinding(b.cleared, f)
	}
}

func appendFinding(list []Finding, f Finding) []Finding {
	if len(list) >= maxFindings {
		return list
	}
	return append(list, f)
}
