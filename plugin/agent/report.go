package agent

import (
	"time"

	"redshank/analytics"
	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/source"
	"redshank/plugin/delivery"
	"redshank/plugin/document"
	"redshank/plugin/text"
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

// rules are the ids of the analytics that a Raised counts.
var rules = [...]string{"AN1269", "AN0131"}

// Raised counts by rule and severity what was raised. An incident counts once,
// under the severity of its first alert.
type Raised [len(rules)][alert.Critical + 1]struct{ Incidents, Alerts uint64 }

// Add counts alerts.
func (r *Raised) Add(alerts []*alert.Alert) {
	for _, a := range alerts {
		for i, rule := range rules {
			if a.Rule.ID != rule {
				continue
			}
			cell := &r[i][min(a.Severity, alert.Critical)]
			cell.Alerts++
			if a.Sequence == 1 {
				cell.Incidents++
			}
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
		Events:    document.Events{Total: r.Events, Duplicates: r.Duplicates, Late: r.Late, Future: r.Future},
		Tables:    document.Tables{Clients: r.Clients, ClientsEvicted: r.ClientsEvicted, Accounts: r.Accounts, AccountsEvicted: r.AccountsEvicted},
		Baselines: baselines,
		Incidents: r.Incidents, Alerts: r.Alerts, Held: r.Suppressed, Muted: r.Muted,
		Rules: r.Raised.figures(),
		Spool: document.Spool{Messages: r.Queue.Messages, Bytes: r.Queue.Bytes, Age: r.Queue.Age.Seconds(),
			Delivered: r.Spool.Settled, Dropped: r.Spool.Dropped, Refused: r.Spool.Dead},
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

// maxUnread is how many kinds of records a health record names.
const maxUnread = 10

// unreadFigures returns the most frequent kinds of records that no source
// understands.
func unreadFigures(list []source.Unread) (out []document.Unread) {
	for _, u := range list[:min(len(list), maxUnread)] {
		out = append(out, document.Unread{Source: u.Source.String(), Reason: u.Reason.String(),
			Tag: text.Cut(u.Tag, maxUnreadText), Count: u.Count, Fields: text.Cut(u.Shape, maxUnreadText)})
	}
	return out
}

// maxUnreadText bounds the tag and the field names of one kind, in bytes.
const maxUnreadText = 1024

// figures returns the counts by rule id and name of the severity.
func (r *Raised) figures() map[string]document.Raised {
	all := map[string]document.Raised{}
	for i, rule := range rules {
		one := document.Raised{Incidents: map[string]uint64{}, Alerts: map[string]uint64{}}
		for s := alert.Low; s <= alert.Critical; s++ {
			one.Incidents[s.String()], one.Alerts[s.String()] = r[i][s].Incidents, r[i][s].Alerts
		}
		all[rule] = one
	}
	return all
}
