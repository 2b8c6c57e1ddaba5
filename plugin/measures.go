package main

import (
	"redshank/analytics/alert"
	"redshank/analytics/event"
	"redshank/analytics/source"
	"redshank/plugin/delivery"
)

// measure is one metric of the agent's endpoint. Its name there begins with
// fluentbit_redshank_, and its first label is the name of the output.
type measure struct {
	name, help string
	gauge      bool
	labels     []string
}

var (
	measureRecords    = measure{name: "records_total", help: "Records by source and what became of them.", labels: []string{"source", "outcome"}}
	measureIncidents  = measure{name: "incidents_total", help: "Incidents by rule and the severity they began with.", labels: []string{"rule", "severity"}}
	measureAlerts     = measure{name: "alerts_total", help: "Messages about incidents by rule and severity.", labels: []string{"rule", "severity"}}
	measureEntries    = measure{name: "table_entries", help: "Entries of the tables.", gauge: true, labels: []string{"table"}}
	measureEvictions  = measure{name: "table_evictions_total", help: "Entries pushed out of full tables.", labels: []string{"table"}}
	measureEvents     = measure{name: "events_total", help: "Events that the records told of."}
	measureDuplicates = measure{name: "duplicates_total", help: "Events that were counted before."}
	measureLate       = measure{name: "late_total", help: "Events that came later than the policy's lateness."}
	measureFuture     = measure{name: "future_total", help: "Events dated after their arrival."}
	measureChunks     = measure{name: "chunks_total", help: "Chunks taken."}
	measureRepeated   = measure{name: "repeated_chunks_total", help: "Chunks that came again and were not counted again."}
	measureBad        = measure{name: "bad_records_total", help: "Records that could not be decoded."}
	measureLost       = measure{name: "lost_bytes_total", help: "Damaged bytes of chunks."}
	measureSuppressed = measure{name: "suppressed_total", help: "Messages held back by the cap per minute."}
	measureWaiting    = measure{name: "spool_messages", help: "Messages that wait for the sink.", gauge: true}
	measureBytes      = measure{name: "spool_bytes", help: "Their size.", gauge: true}
	measureAge        = measure{name: "spool_age_seconds", help: "Age of the oldest message that waits.", gauge: true}
	measureDelivered  = measure{name: "delivered_total", help: "Messages that the sink has acknowledged."}
	measureDropped    = measure{name: "dropped_total", help: "Messages dropped by a full spool."}
	measureRefused    = measure{name: "refused_total", help: "Messages and enriched records that the receiver refused for good."}
	measureErrors     = measure{name: "sink_errors_total", help: "Deliveries that failed."}
	measureEnriched   = measure{name: "enriched_chunks_total", help: "Chunks of enriched records that the sink has taken."}
	measureFlush      = measure{name: "flush_seconds_total", help: "Time spent in taking chunks."}
	measureCrashes    = measure{name: "crashes_total", help: "Crashes recovered from."}
)

// outcomeNames are the labels of what became of a record.
var outcomeNames = map[source.Outcome]string{source.Unknown: "unknown", source.Ignored: "ignored", source.Understood: "understood", source.Malformed: "malformed"}

// samples yields every series with its value: always all of them, in the same
// order, whatever the report says. The label of the output is not among them.
func samples(r *delivery.Report, yield func(of *measure, value float64, labels ...string)) {
	recordSamples(r, yield)
	for i, rule := range delivery.Rules {
		for s := alert.Low; s <= alert.Critical; s++ {
			yield(&measureIncidents, float64(r.Told[i][s].Incidents), rule, s.String())
			yield(&measureAlerts, float64(r.Told[i][s].Alerts), rule, s.String())
		}
	}
	yield(&measureEntries, float64(r.Clients), "clients")
	yield(&measureEntries, float64(r.Accounts), "accounts")
	yield(&measureEvictions, float64(r.ClientsEvicted), "clients")
	yield(&measureEvictions, float64(r.AccountsEvicted), "accounts")
	for _, one := range [...]struct {
		of    *measure
		value float64
	}{
		{&measureEvents, float64(r.Events)}, {&measureDuplicates, float64(r.Duplicates)}, {&measureLate, float64(r.Late)}, {&measureFuture, float64(r.Future)},
		{&measureChunks, float64(r.Chunks)}, {&measureRepeated, float64(r.RepeatedChunks)}, {&measureBad, float64(r.BadRecords)}, {&measureLost, float64(r.LostBytes)},
		{&measureSuppressed, float64(r.Suppressed)}, {&measureWaiting, float64(r.Queue.Messages)}, {&measureBytes, float64(r.Queue.Bytes)}, {&measureAge, r.Queue.Age.Seconds()},
		{&measureDelivered, float64(r.Spool.Settled)}, {&measureDropped, float64(r.Spool.Dropped)}, {&measureRefused, float64(r.Spool.Dead + r.Enriched.Refused)},
		{&measureErrors, float64(r.SinkErrors)}, {&measureEnriched, float64(r.Enriched.Chunks)}, {&measureFlush, r.Flush.Seconds()}, {&measureCrashes, float64(r.Crashes)},
	} {
		yield(one.of, one.value)
	}
}

// recordSamples leaves out what cannot be: a known source with records of no
// known format.
func recordSamples(r *delivery.Report, yield func(of *measure, value float64, labels ...string)) {
	for s := range r.Sources {
		for o, count := range r.Sources[s] {
			known, outcome := event.Source(s) != event.SourceUnknown, source.Outcome(o)
			if known && outcome == source.Unknown || !known && outcome == source.Understood {
				continue
			}
			yield(&measureRecords, float64(count), event.Source(s).String(), outcomeNames[outcome])
		}
	}
}
