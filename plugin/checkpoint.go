package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"redshank/analytics"
	"redshank/plugin/store"
)

const (
	checkpointFile  = "checkpoint.db"
	checkpointSync  = time.Second
	checkpointRetry = 30 * time.Second // between attempts on a disk that failed

	// maxUnsaved bounds what waits for a disk that fails, in entries of a few
	// hundred bytes. Beyond it the oldest are given up, and a restart finds that
	// much of the state as it was before.
	maxUnsaved = 1 << 19
)

// checkpoint is the state of an engine on disk. What changed is written after
// every chunk, without waiting for the disk: it survives the end of the
// process, however sudden, exactly. A loss of power costs what came after the
// last sync, about a second, or the whole file, which is then found damaged at
// the next start and set aside.
//
// save and close are called under the instance's lock, sync by a goroutine.
type checkpoint struct {
	log     *slog.Logger
	store   *store.Store
	unsaved []analytics.Entry // what a failing disk did not take yet
	retryAt time.Time         // after a failure; zero while it works
	stats   checkpointStats

	dirty     atomic.Bool // written and not synced
	syncFails bool        // the syncing goroutine's own
}

// checkpointStats are what was written since the start.
type checkpointStats struct {
	saves, entries, bytes uint64
}

// openCheckpoint opens the state in folder and gives the engine that has taken
// it up. fresh makes an engine: one that a damaged file has half filled is
// thrown away.
func openCheckpoint(folder string, fresh func() (*analytics.Engine, error), log *slog.Logger) (*checkpoint, *analytics.Engine, error) {
	var engine *analytics.Engine
	var unmade error // no fault of the file's
	path := filepath.Join(folder, checkpointFile)
	s, aside, err := store.Open(path, store.Options{Format: analytics.StateFormat, Buckets: analytics.Tables()}, func(s *store.Store) error {
		if engine, unmade = fresh(); unmade != nil {
			return nil
		}
		return engine.Restore(s.Each)
	})
	if err == nil && unmade != nil {
		err = errors.Join(unmade, s.Close())
	}
	if err != nil {
		return nil, nil, fmt.Errorf("checkpoint: %w", err)
	}
	if aside != nil {
		log.Error("checkpoint set aside, the detections begin anew", "error", aside)
	}
	return &checkpoint{log: log, store: s}, engine, nil
}

// save writes what changed. A disk that fails costs one log line, and the
// chunk nothing: it is tried again later, and until then the engine remembers
// what has to be written.
func (c *checkpoint) save(engine *analytics.Engine) {
	if !c.retryAt.IsZero() && time.Now().Before(c.retryAt) {
		return
	}
	err := engine.Changes(func(e analytics.Entry) {
		c.unsaved = append(c.unsaved, analytics.Entry{Table: e.Table, Key: bytes.Clone(e.Key), Value: bytes.Clone(e.Value)})
	})
	if err == nil && len(c.unsaved) > 0 {
		err = c.write()
	}
	if err != nil {
		c.failed(err)
		return
	}
	if !c.retryAt.IsZero() {
		c.log.Info("checkpoint can be written again", "entries", len(c.unsaved))
		c.retryAt = time.Time{}
	}
	clear(c.unsaved)
	c.unsaved = c.unsaved[:0]
}

func (c *checkpoint) write() error {
	// In the order of the file: a batch into a page is one move of what is behind.
	slices.SortStableFunc(c.unsaved, func(a, b analytics.Entry) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), bytes.Compare(a.Key, b.Key))
	})
	size := 0
	err := c.store.Update(func(tx *store.Tx) error {
		for _, e := range c.unsaved {
			err := error(nil)
			if e.Value == nil {
				err = tx.Delete(e.Table, e.Key)
			} else {
				err = tx.Put(e.Table, e.Key, e.Value)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", e.Table, err)
			}
			size += len(e.Key) + len(e.Value)
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.dirty.Store(true)
	c.stats.saves++
	c.stats.entries += uint64(len(c.unsaved))
	c.stats.bytes += uint64(size)
	return nil
}

func (c *checkpoint) failed(err error) {
	if c.retryAt.IsZero() {
		c.log.Error("checkpoint cannot be written: the state is in memory only until it can", "error", err)
	}
	c.retryAt = time.Now().Add(checkpointRetry)
	c.unsaved = newest(c.unsaved)
	if over := len(c.unsaved) - maxUnsaved; over > 0 {
		c.unsaved = append(c.unsaved[:0], c.unsaved[over:]...)
	}
}

// newest keeps the last of several entries of one key.
func newest(entries []analytics.Entry) []analytics.Entry {
	place := map[string]int{}
	kept := entries[:0]
	for _, e := range entries {
		key := e.Table + "\x00" + string(e.Key)
		if at, ok := place[key]; ok {
			kept[at] = e
			continue
		}
		place[key] = len(kept)
		kept = append(kept, e)
	}
	clear(entries[len(kept):])
	return kept
}

// sync makes what was written safe from a loss of power.
func (c *checkpoint) sync() {
	if !c.dirty.Swap(false) {
		return
	}
	err := c.store.Sync()
	if err != nil && !c.syncFails {
		c.log.Error("checkpoint does not reach the disk", "error", err)
	}
	c.syncFails = err != nil
}

// close writes the rest.
func (c *checkpoint) close(engine *analytics.Engine) {
	c.retryAt = time.Time{}
	c.save(engine)
	if len(c.unsaved) > 0 {
		c.log.Error("checkpoint is older than the state at exit", "unsaved", len(c.unsaved))
	}
	c.sync()
	if err := c.store.Close(); err != nil {
		c.log.Error("checkpoint does not close", "error", err)
	}
}
