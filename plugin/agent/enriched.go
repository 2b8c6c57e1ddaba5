package agent

import (
	"fmt"
	"time"

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
	logged time.Time // when a failure was last logged; zero while the sink works
}

// openEnriched prepares the sending of enriched records, unless only alerts are
// sent. The lines of a file or of stdout mix with those of the alerts. A network
// sink gets a connection of its own, since alerts and records each wait for their
// own answers.
func (i *Instance) openEnriched(s *settings, alerts delivery.Sink) (err error) {
	if s.emit == "alerts" || s.emit == "" {
		return nil
	}
	e := &enriched{tag: s.enrichedTag}
	to := alerts
	if s.sink == "forward" || s.sink == "http" {
		if e.sink, err = openSink(s, i.policy); err != nil {
			return err
		}
		to = e.sink
	}
	e.stream = delivery.NewStream(to, s.enrichedTag)
	i.enriched = e
	return nil
}

// flushEnriched observes a chunk and sends its enriched records. After an error
// the host sends the chunk again: the chunk is not counted twice and its alerts
// are not raised again, but records that the receiver has accepted reach it twice.
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

// logEnriched logs that the sink fails or refuses records, with a reminder every
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
