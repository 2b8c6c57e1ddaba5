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
	metricRecords   = Metric{Name: "records_total", Help: "Records by source and what became of them.", Labels: []string{"source", "outcome"}}
	metricIncidents = Metric{Name: "incidents_total", Help: "Incidents by rule and the severity they began with.", Labels: []string{"rule", "severity"}}
	metricAlerts    = Metric{Name: "alerts_total", Help: "Messages about incidents by rule and severity.", Labels: []string{"rule", "severity"}}
	metricEntries   = Metric{Name: "table_entries", Help: "Entries of the tables.", Gauge: true, Labels: []string{"table"}}
	metricEvictions = Metric{Name: "table_evictions_total", Help: "Entries pushed out of full tables.", Labels: []string{"table"}}
)

// plain are the metrics of one series each, with their values.
var plain = []struct {
	Metric
	value func(*Report) float64
}{
	{Metric{Name: "events_total", Help: "Events found in the records."}, func(r *Report) float64 { return float64(r.Events) }},
	{Metric{Name: "duplicates_total", Help: "Events that were counted before."}, func(r *Report) float64 { return float64(r.Duplicates) }},
	{Metric{Name: "late_total", Help: "Events that came later than the policy's lateness."}, func(r *Report) float64 { return float64(r.Late) }},
	{Metric{Name: "future_total", Help: "Events dated after their arrival."}, func(r *Report) float64 { return float64(r.Future) }},
	{Metric{Name: "chunks_total", Help: "Chunks taken."}, func(r *Report) float64 { return float64(r.Chunks) }},
	{Metric{Name: "repeated_chunks_total", Help: "Chunks that came again and were not counted again."}, func(r *Report) float64 { return float64(r.RepeatedChunks) }},
	{Metric{Name: "bad_records_total", Help: "Records that could not be decoded."}, func(r *Report) float64 { return float64(r.BadRecords) }},
	{Metric{Name: "lost_bytes_total", Help: "Damaged bytes of chunks."}, func(r *Report) float64 { return float64(r.LostBytes) }},
	{Metric{Name: "suppressed_total", Help: "Messages held back by the cap per minute."}, func(r *Report) float64 { return float64(r.Suppressed) }},
	{Metric{Name: "muted_total", Help: "Messages kept back by mutes and the minimum severity of the policy."}, func(r *Report) float64 { return float64(r.Muted) }},
	{Metric{Name: "spool_messages", Help: "Messages that wait for the sink.", Gauge: true}, func(r *Report) float64 { return float64(r.Queue.Messages) }},
	{Metric{Name: "spool_bytes", Help: "Their size.", Gauge: true}, func(r *Report) float64 { return float64(r.Queue.Bytes) }},
	{Metric{Name: "spool_age_seconds", Help: "Age of the oldest message that waits.", Gauge: true}, func(r *Report) float64 { return r.Queue.Age.Seconds() }},
	{Metric{Name: "delivered_total", Help: "Messages that the sink has acknowledged."}, func(r *Report) float64 { return float64(r.Spool.Delivered) }},
	{Metric{Name: "dropped_total", Help: "Messages dropped by a full spool."}, func(r *Report) float64 { return float64(r.Spool.Dropped) }},
	{Metric{Name: "refused_total", Help: "Messages and enriched records that the receiver refused for good."}, func(r *Report) float64 { return float64(r.Spool.Dead + r.Enriched.Refused) }},
	{Metric{Name: "sink_errors_total", Help: "Deliveries that failed."}, func(r *Report) float64 { return float64(r.SinkErrors) }},
	{Metric{Name: "enriched_chunks_total", Help: "Chunks of enriched records that the sink has taken."}, func(r *Report) float64 { return float64(r.Enriched.Chunks) }},
	{Metric{Name: "flush_seconds_total", Help: "Time spent in taking chunks."}, func(r *Report) float64 { return r.Flush.Seconds() }},
	{Metric{Name: "crashes_total", Help: "Crashes recovered from."}, func(r *Report) float64 { return float64(r.Crashes) }},
}

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
	for i := range plain {
		yield(&plain[i].Metric, plain[i].value(r))
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
