package agent

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	"redshank/analytics"
	"redshank/plugin/store"
)

const (
	checkpointFile  = "checkpoint.db"
	checkpointSync  = time.Second
	checkpointRetry = 30 * time.Second // between attempts on a disk that failed

	// compactAt is the size of the write-ahead log, in bytes, at which it is
	// compacted. A larger log costs fewer page writes for the same changes and a
	// longer start after a kill: half a second on a busy machine.
	compactAt = 16 << 20

	// maxUnsaved bounds the changes that wait for a failing disk, in bytes. Beyond
	// the bound the oldest changes are dropped; after a restart the entries
	// concerned are as they were before.
	maxUnsaved = 128 << 20
)

// checkpoint is the state of an engine on disk. Changes are appended after every
// chunk without waiting for the disk, so the state survives the end of the
// process at any moment. A loss of power costs what came after the last sync,
// about a second. A damaged file is detected at the next start and set aside.
//
// save and close are called by a caller that holds the mu of the instance, sync
// by a goroutine of its own.
type checkpoint struct {
	log     *slog.Logger
	store   *store.Store
	unsaved store.Batch // changes of the chunk, and older ones while the disk fails
	retryAt time.Time   // after a failure; zero while it works

	dirty atomic.Bool // changes were appended since the last sync

	// Used by sync and close only.
	syncFails    bool
	compactAfter time.Time // earliest next attempt to compact
}

// openCheckpoint opens the state in folder and returns an engine that has
// restored it. fresh makes an empty engine; an engine that a damaged file filled
// in part is discarded.
func openCheckpoint(folder string, fresh func() (*analytics.Engine, error), log *slog.Logger) (*checkpoint, *analytics.Engine, error) {
	var engine *analytics.Engine
	var unmade error // of fresh: the file is not at fault
	path := filepath.Join(folder, checkpointFile)
	s, aside, err := store.Open(path, stateOptions(), func(s *store.Store) error {
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
		log.Error("checkpoint set aside, the detections start without history", "error", aside)
	}
	return &checkpoint{log: log, store: s}, engine, nil
}

// save appends the changes of the engine. A failing disk costs one log line and
// no chunk: the changes are kept and tried again later.
func (c *checkpoint) save(engine *analytics.Engine) {
	if !c.retryAt.IsZero() && time.Now().Before(c.retryAt) {
		return
	}
	err := engine.Changes(c.record)
	if err == nil && c.unsaved.Len() > 0 {
		err = c.store.Append(&c.unsaved)
	}
	if err != nil {
		c.failed(err)
		return
	}
	if !c.retryAt.IsZero() {
		c.log.Info("checkpoint can be written again", "entries", c.unsaved.Len())
		c.retryAt = time.Time{}
	}
	c.unsaved.Reset()
	c.dirty.Store(true)
}

func (c *checkpoint) record(e analytics.Entry) {
	if e.Value == nil {
		c.unsaved.Delete(e.Table, e.Key)
	} else {
		c.unsaved.Put(e.Table, e.Key, e.Value)
	}
}

func (c *checkpoint) failed(err error) {
	if c.retryAt.IsZero() {
		c.log.Error("checkpoint cannot be written: the state is kept in memory until it can", "error", err)
	}
	c.retryAt = time.Now().Add(checkpointRetry)
	c.unsaved.Newest(maxUnsaved)
}

// sync makes appended changes survive a loss of power, and compacts a large
// write-ahead log.
func (c *checkpoint) sync() {
	if !c.dirty.Swap(false) {
		return
	}
	err := c.store.Sync()
	if err != nil {
		c.dirty.Store(true) // to be tried again
	} else if c.store.Pending() > compactAt && time.Now().After(c.compactAfter) {
		err = c.compact()
	}
	c.synced(err)
}

// compact compacts the write-ahead log. After an error nothing is lost, and the
// next attempt is made later.
func (c *checkpoint) compact() error {
	err := c.store.Compact()
	if err != nil {
		c.compactAfter = time.Now().Add(checkpointRetry)
	}
	return err
}

// synced logs an error of the disk once.
func (c *checkpoint) synced(err error) {
	if err != nil && !c.syncFails {
		c.log.Error("checkpoint cannot be synced to disk", "error", err)
	}
	c.syncFails = err != nil
}

// close saves the last changes and compacts the write-ahead log, so that the
// file alone holds the whole state.
func (c *checkpoint) close(engine *analytics.Engine) {
	c.retryAt = time.Time{}
	c.save(engine)
	if waits := c.unsaved.Len(); waits > 0 {
		c.log.Error("checkpoint is older than the state at exit", "unsaved", waits)
	}
	c.synced(c.store.Compact())
	if err := c.store.Close(); err != nil {
		c.log.Error("checkpoint cannot be closed", "error", err)
	}
}
