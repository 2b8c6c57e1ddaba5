package agent

import (
	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/source"
)

// Metric describes one metric of the host's metrics endpoint. The host puts
// the prefix fluentbit_redshank_ before the name and the label "name", with the
// name of the output, before the other labels.
type Metric struct {
	Name, Help string
	Gauge      bool
	Labels     []string
}

var (
	metricRecords    = Metric{Name: "records_total", Help: "Records by source and what became of them.", Labels: []string{"source", "outcome"}}
	metricIncidents  = Metric{Name: "incidents_total", Help: "Incidents by rule and the severity they began with.", Labels: []string{"rule", "severity"}}
	metricAlerts     = Metric{Name: "alerts_total", Help: "Messages about incidents by rule and severity.", Labels: []string{"rule", "severity"}}
	metricEntries    = Metric{Name: "table_entries", Help: "Entries of the tables.", Gauge: true, Labels: []string{"table"}}
	metricEvictions  = Metric{Name: "table_evictions_total", Help: "Entries pushed out of full tables.", Labels: []string{"table"}}
	metricEvents     = Metric{Name: "events_total", Help: "Events found in the records."}
	metricDuplicates = Metric{Name: "duplicates_total", Help: "Events that were counted before."}
	metricLate       = Metric{Name: "late_total", Help: "Events that came later than the policy's lateness."}
	metricFuture     = Metric{Name: "future_total", Help: "Events dated after their arrival."}
	metricChunks     = Metric{Name: "chunks_total", Help: "Chunks taken."}
	metricRepeated   = Metric{Name: "repeated_chunks_total", Help: "Chunks that came again and were not counted again."}
	metricBad        = Metric{Name: "bad_records_total", Help: "Records that could not be decoded."}
	metricLost       = Metric{Name: "lost_bytes_total", Help: "Damaged bytes of chunks."}
	metricSuppressed = Metric{Name: "suppressed_total", Help: "Messages held back by the cap per minute."}
	metricMuted      = Metric{Name: "muted_total", Help: "Messages kept back by mutes and the minimum severity of the policy."}
	metricWaiting    = Metric{Name: "spool_messages", Help: "Messages that wait for the sink.", Gauge: true}
	metricBytes      = Metric{Name: "spool_bytes", Help: "Their size.", Gauge: true}
	metricAge        = Metric{Name: "spool_age_seconds", Help: "Age of the oldest message that waits.", Gauge: true}
	metricDelivered  = Metric{Name: "delivered_total", Help: "Messages that the sink has acknowledged."}
	metricDropped    = Metric{Name: "dropped_total", Help: "Messages dropped by a full spool."}
	metricRefused    = Metric{Name: "refused_total", Help: "Messages and enriched records that the receiver refused for good."}
	metricErrors     = Metric{Name: "sink_errors_total", Help: "Deliveries that failed."}
	metricEnriched   = Metric{Name: "enriched_chunks_total", Help: "Chunks of enriched records that the sink has taken."}
	metricFlush      = Metric{Name: "flush_seconds_total", Help: "Time spent in taking chunks."}
	metricCrashes    = Metric{Name: "crashes_total", Help: "Crashes recovered from."}
)

// outcomeNames are the values of the label outcome.
var outcomeNames = map[source.Outcome]string{source.Unknown: "unknown", source.Ignored: "ignored", source.Understood: "understood", source.Malformed: "malformed"}

// Samples calls yield for every series with its value and the values of its
// labels. The number and the order of the series are the same for all reports of
// an instance, so a caller can number them.
func Samples(r *Report, yield func(of *Metric, value float64, labels ...string)) {
	recordSamples(r, yield)
	for _, c := range r.Raised {
		for s := alert.Low; s <= alert.Critical; s++ {
			yield(&metricIncidents, float64(c.Severities[s].Incidents), c.Rule, s.String())
			yield(&metricAlerts, float64(c.Severities[s].Alerts), c.Rule, s.String())
		}
	}
	yield(&metricEntries, float64(r.Clients), "clients")
	yield(&metricEntries, float64(r.Accounts), "accounts")
	yield(&metricEvictions, float64(r.ClientsEvicted), "clients")
	yield(&metricEvictions, float64(r.AccountsEvicted), "accounts")
	for _, one := range [...]struct {
		of    *Metric
		value float64
	}{
		{&metricEvents, float64(r.Events)}, {&metricDuplicates, float64(r.Duplicates)}, {&metricLate, float64(r.Late)}, {&metricFuture, float64(r.Future)},
		{&metricChunks, float64(r.Chunks)}, {&metricRepeated, float64(r.RepeatedChunks)}, {&metricBad, float64(r.BadRecords)}, {&metricLost, float64(r.LostBytes)},
		{&metricSuppressed, float64(r.Suppressed)}, {&metricMuted, float64(r.Muted)}, {&metricWaiting, float64(r.Queue.Messages)}, {&metricBytes, float64(r.Queue.Bytes)}, {&metricAge, r.Queue.Age.Seconds()},
		{&metricDelivered, float64(r.Spool.Settled)}, {&metricDropped, float64(r.Spool.Dropped)}, {&metricRefused, float64(r.Spool.Dead + r.Enriched.Refused)},
		{&metricErrors, float64(r.SinkErrors)}, {&metricEnriched, float64(r.Enriched.Chunks)}, {&metricFlush, r.Flush.Seconds()}, {&metricCrashes, float64(r.Crashes)},
	} {
		yield(one.of, one.value)
	}
}

// recordSamples leaves out combinations that cannot occur: records of a known
// source are never of an unknown format, and records of an unknown source are
// never understood.
func recordSamples(r *Report, yield func(of *Metric, value float64, labels ...string)) {
	for s := range r.Sources {
		for o, count := range r.Sources[s] {
			known, outcome := event.Source(s) != event.SourceUnknown, source.Outcome(o)
			if known && outcome == source.Unknown || !known && outcome == source.Understood {
				continue
			}
			yield(&metricRecords, float64(count), event.Source(s).String(), outcomeNames[outcome])
		}
	}
}
