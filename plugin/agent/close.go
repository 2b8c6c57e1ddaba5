package agent

import (
	"errors"

	"redshank/analytics/source"
	"redshank/plugin/delivery"
)

// Close stops what Start started. Waiting messages are delivered for at most
// delivery.StopGrace, and a summary is logged.
func (i *Instance) Close() {
	close(i.stop)
	i.stopped.Wait()
	i.mu.Lock()
	defer i.mu.Unlock()
	err := i.closeState()
	i.health(true)
	if err = errors.Join(err, i.sender.Stop(delivery.StopGrace), i.enriched.close()); err != nil {
		i.log.Error("sink cannot be closed", "error", err)
	}
	i.closeSpool()
	i.summary()
	limitMemory(-i.memory)
}

// closeState writes the state for the next run. Without a state_path there is
// no next run for open incidents: their final updates are sent.
func (i *Instance) closeState() error {
	if i.saved == nil {
		return i.deliver(i.engine.Close())
	}
	i.saved.close(i.engine)
	return nil
}

func (i *Instance) closeSpool() {
	waiting, _, _ := i.spool.Depth()
	lost, err := i.spool.Close()
	if err != nil {
		i.log.Error("spool cannot be closed", "error", err)
	}
	if lost > 0 && i.healthEvery > 0 {
		lost, waiting = lost-1, waiting-1 // the final health record, put last
		i.log.Info("no receiver for the last health record")
	}
	if lost > 0 {
		i.log.Error("alerts lost at exit", "alerts", lost)
	}
	if waiting > lost {
		i.log.Info("alerts wait in the spool for the next start", "alerts", waiting-lost)
	}
}

// summary logs the counters of the engine. Every record read is in exactly one
// of understood, ignored, unknown and malformed.
func (i *Instance) summary() {
	s, sent := i.engine.Stats(), i.spool.Stats()
	i.log.Info("stopped", "chunks", s.Chunks, "repeated", s.RepeatedChunks,
		"records", s.Sources.Read(), "understood", s.Sources.Total(source.Understood),
		"ignored", s.Sources.Total(source.Ignored), "unknown", s.Sources.Total(source.Unknown),
		"malformed", s.Sources.Total(source.Malformed), "bad_records", s.BadRecords, "lost_bytes", s.LostBytes,
		"events", s.Events, "duplicates", s.Duplicates, "late", s.Late, "future", s.Future,
		"clients", s.Clients, "clients_evicted", s.ClientsEvicted,
		"accounts", s.Accounts, "accounts_evicted", s.AccountsEvicted,
		"incidents", s.Incidents, "alerts", s.Alerts, "suppressed", s.Suppressed,
		"delivered", sent.Delivered, "dropped", sent.Dropped, "refused", sent.Dead, "crashes", i.crashes.total())
}
