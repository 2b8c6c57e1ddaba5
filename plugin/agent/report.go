package agent

import (
	"slices"
	"time"

	"redshank/analytics"
	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/source"
	"redshank/plugin/delivery"
	"redshank/plugin/document"
)

// Report holds the figures of one instance since its start, all read at one
// moment. Metrics and health records are made from it, so they agree.
type Report struct {
	analytics.Stats
	Raised     Raised
	Queue      Queue
	Spool      delivery.SpoolStats
	Enriched   EnrichedStats
	SinkErrors uint64        // failed deliveries of alerts and of enriched records
	Flush      time.Duration // spent in Flush
	Crashes    uint64        // recovered panics
}

// Queue is what waits for the sink.
type Queue struct {
	Messages int
	Bytes    int64
	Age      time.Duration // of the oldest message
}

// EnrichedStats counts what was sent to the sink of enriched records.
type EnrichedStats struct {
	Chunks  uint64
	Errors  uint64
	Refused uint64 // records refused by the receiver for good
}

// RuleCounts counts the incidents and alerts of one rule by severity.
type RuleCounts struct {
	Rule       string // id
	Severities [alert.Critical + 1]struct{ Incidents, Alerts uint64 }
}

// Raised counts by rule what was raised. An incident counts once, under the
// severity of its first alert.
type Raised []RuleCounts

// NewRaised returns counts of 0 for rules with these ids.
func NewRaised(ids ...string) Raised {
	r := make(Raised, len(ids))
	for i, id := range ids {
		r[i].Rule = id
	}
	return r
}

// Add counts alerts, except those of drills.
func (r Raised) Add(alerts []*alert.Alert) {
	for _, a := range alerts {
		i := slices.IndexFunc(r, func(c RuleCounts) bool { return c.Rule == a.Rule.ID })
		if i < 0 || a.Drill != "" {
			continue
		}
		cell := &r[i].Severities[min(a.Severity, alert.Critical)]
		cell.Alerts++
		if a.Sequence == 1 {
			cell.Incidents++
		}
	}
}

// figures returns the report as a health record shows it.
func (r *Report) figures(baselines document.Baselines, final bool) document.Figures {
	return document.Figures{
		Final: final,
		Records: document.Records{Chunks: r.Chunks, Repeated: r.RepeatedChunks, Read: r.Sources.Read(),
			Understood: r.Sources.Total(source.Understood), Ignored: r.Sources.Total(source.Ignored),
			Unknown: r.Sources.Total(source.Unknown), Malformed: r.Sources.Total(source.Malformed),
			Bad: r.BadRecords, LostBytes: r.LostBytes},
		Sources:   sourceFigures(&r.Sources),
		Events:    document.Events{Total: r.Events, Duplicates: r.Duplicates, Late: r.Late, Future: r.Future, Drill: r.Drill},
		Tables:    document.Tables{Clients: r.Clients, ClientsEvicted: r.ClientsEvicted, Accounts: r.Accounts, AccountsEvicted: r.AccountsEvicted},
		Baselines: baselines,
		Incidents: r.Incidents, Alerts: r.Alerts, Suppressed: r.Suppressed, Muted: r.Muted,
		Rules: r.Raised.figures(),
		Spool: document.Spool{Messages: r.Queue.Messages, Bytes: r.Queue.Bytes, Age: r.Queue.Age.Seconds(),
			Delivered: r.Spool.Delivered, Dropped: r.Spool.Dropped, Refused: r.Spool.Dead},
		Enriched: document.Enriched(r.Enriched),
		Errors:   r.SinkErrors, Flush: r.Flush.Seconds(), Crashes: r.Crashes,
	}
}

// sourceFigures returns the sources that records came from, by name.
func sourceFigures(counts *source.Counts) map[string]document.Source {
	all := map[string]document.Source{}
	for s, c := range counts {
		one := document.Source{Understood: c[source.Understood], Ignored: c[source.Ignored], Malformed: c[source.Malformed]}
		if one != (document.Source{}) {
			all[event.Source(s).String()] = one
		}
	}
	return all
}

// figures returns the counts by rule id and name of the severity.
func (r Raised) figures() map[string]document.Raised {
	all := map[string]document.Raised{}
	for _, c := range r {
		one := document.Raised{Incidents: map[string]uint64{}, Alerts: map[string]uint64{}}
		for s := alert.Low; s <= alert.Critical; s++ {
			one.Incidents[s.String()], one.Alerts[s.String()] = c.Severities[s].Incidents, c.Severities[s].Alerts
		}
		all[c.Rule] = one
	}
	return all
}
