package agent

import (
	"fmt"
	"log/slog"
	"time"

	"redshank/analytics"
	"redshank/analytics/alert"
	"redshank/analytics/policy"
	"redshank/plugin/delivery"
)

const (
	// maxEnriched is the largest buffer kept between chunks, in bytes.
	maxEnriched = 8 << 20
	// remindEvery is the time between log lines about a sink that keeps failing.
	remindEvery = time.Minute
)

// enriched sends the enriched records of an instance. Its fields are guarded by
// the mu of the instance.
type enriched struct {
	stream *delivery.Stream
	tag    string        // first part of the tags of enriched records
	sink   delivery.Sink // nil: the sink of the alerts is shared
	buffer []byte
	stats  EnrichedStats
	log    *slog.Logger
	logged time.Time // when a failure was last logged; zero while the sink works
}

// openEnriched prepares the sending of enriched records; nil if only alerts are
// sent. The lines of a file or of stdout mix with those of the alerts. A network
// sink gets a connection of its own, since alerts and records each wait for their
// own answers.
func openEnriched(s *settings, p *policy.Policy, alerts delivery.Sink, log *slog.Logger) (e *enriched, err error) {
	if s.emit == "alerts" || s.emit == "" {
		return nil, nil
	}
	e = &enriched{tag: s.enrichedTag, log: log}
	to := alerts
	if s.sink == "forward" || s.sink == "http" {
		if e.sink, err = openSink(s, p); err != nil {
			return nil, err
		}
		to = e.sink
	}
	e.stream = delivery.NewStream(to, s.enrichedTag)
	return e, nil
}

// enrich observes a chunk, and returns its enriched records and the alerts. The
// records are valid until the next call.
func (e *enriched) enrich(engine *analytics.Engine, tag string, chunk []byte) ([]byte, []*alert.Alert) {
	out, alerts := engine.Enrich(e.buffer[:0], tag, chunk)
	if e.buffer = out; cap(out) > maxEnriched {
		e.buffer = nil
	}
	return out, alerts
}

// send sends the enriched records of a chunk. After an error the host sends the chunk
// again: the chunk is not counted twice and its alerts are not raised again, but
// records that the receiver has accepted reach it twice.
func (e *enriched) send(tag string, records []byte) error {
	refused, err := e.stream.Send(tag, records)
	e.stats.Refused += uint64(refused)
	if err == nil {
		e.stats.Chunks++
	} else {
		e.stats.Errors++
	}
	e.logResult(refused, err)
	if err != nil {
		return fmt.Errorf("enriched records: %w", err)
	}
	return nil
}

// logResult logs that the sink fails or refuses records, with a reminder every
// remindEvery, and that it works again.
func (e *enriched) logResult(refused int, err error) {
	now := time.Now()
	switch {
	case err != nil && now.Sub(e.logged) >= remindEvery:
		e.logged = now
		e.log.Error("enriched records wait for the sink, their chunks come again", "error", err)
	case err == nil && refused > 0 && now.Sub(e.logged) >= remindEvery:
		e.logged = now
		e.log.Error("enriched records refused by the receiver for good", "records", refused)
	case err == nil && refused == 0 && !e.logged.IsZero():
		e.logged = time.Time{}
		e.log.Info("the sink of enriched records works again")
	}
}

func (e *enriched) close() error {
	if e == nil || e.sink == nil {
		return nil
	}
	return e.sink.Close()
}
