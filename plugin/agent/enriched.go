package agent

import (
	"fmt"
	"time"

	"redshank/plugin/delivery"
)

const (
	// maxEnriched is what is kept of the memory of an enriched chunk.
	maxEnriched = 8 << 20
	// remindEvery is how often a sink that keeps failing is mentioned.
	remindEvery = time.Minute
)

// enriched is the way of the enriched records of an instance. Its fields are
// guarded by the instance's mu.
type enriched struct {
	stream *delivery.Stream
	tag    string        // that its tags begin with
	sink   delivery.Sink // our own; nil: the alerts' is shared
	buffer []byte
	stats  EnrichedStats
	logged time.Time // when a failure was last logged; zero while the sink works
}

// openEnriched does nothing where only alerts leave. A line of a file or of
// stdout goes between those of the alerts; a connection is one of our own, as
// each waits for its own answers. checkSink has seen that it can be made.
func (i *Instance) openEnriched(s *settings, alerts delivery.Sink) (err error) {
	if s.emit == "alerts" || s.emit == "" {
		return nil
	}
	e := &enriched{tag: s.enrichedTag}
	to := alerts
	if s.sink == "forward" || s.sink == "http" {
		if e.sink, err = openSink(s); err != nil {
			return err
		}
		to = e.sink
	}
	e.stream = delivery.NewStream(to, s.enrichedTag)
	i.enriched = e
	return nil
}

// flushEnriched observes a chunk and hands it on enriched. An error lets the chunk
// come again: its alerts are out then, it is not counted twice, and whatever
// of it the receiver already has it gets twice.
func (i *Instance) flushEnriched(tag string, chunk []byte) error {
	e := i.enriched
	out, alerts := i.engine.Enrich(e.buffer[:0], tag, chunk)
	if e.buffer = out; cap(out) > maxEnriched {
		e.buffer = nil
	}
	if err := i.keep(alerts); err != nil {
		return err
	}
	refused, err := e.stream.Send(tag, out)
	e.stats.Refused += uint64(refused)
	if err == nil {
		e.stats.Chunks++
	} else {
		e.stats.Errors++
	}
	i.logEnriched(refused, err)
	if err != nil {
		return fmt.Errorf("enriched records: %w", err)
	}
	return nil
}

// logEnriched logs that the sink fails or refuses, again after each
// remindEvery, and that it works again.
func (i *Instance) logEnriched(refused int, err error) {
	e := i.enriched
	now := time.Now()
	switch {
	case err != nil && now.Sub(e.logged) >= remindEvery:
		e.logged = now
		i.log.Error("enriched records wait for the sink, their chunks come again", "error", err)
	case err == nil && refused > 0 && now.Sub(e.logged) >= remindEvery:
		e.logged = now
		i.log.Error("enriched records refused by the receiver for good", "records", refused)
	case err == nil && refused == 0 && !e.logged.IsZero():
		e.logged = time.Time{}
		i.log.Info("the sink of enriched records works again")
	}
}

func (e *enriched) close() error {
	if e == nil || e.sink == nil {
		return nil
	}
	return e.sink.Close()
}
