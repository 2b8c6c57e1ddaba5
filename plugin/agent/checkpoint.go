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

	// foldAt is how much may be ahead of the file, in bytes, before it is folded
	// in: the more, the fewer pages are written for the same changes, and the
	// longer a start after a kill takes: half a second on a busy machine.
	foldAt = 16 << 20

	// maxUnsaved bounds what waits for a disk that fails, in bytes. Beyond it the
	// oldest are given up, and a restart finds that much of the state as it was
	// before.
	maxUnsaved = 128 << 20
)

// checkpoint is the state of an engine on disk. What changed is appended after
// every chunk, without waiting for the disk: it survives the end of the
// process, however sudden, exactly. A loss of power costs what came after the
// last sync, about a second. A file that is damaged is found so at the next
// start and set aside.
//
// save and close are called under the instance's lock, sync by a goroutine.
type checkpoint struct {
	log     *slog.Logger
	store   *store.Store
	unsaved store.Batch // what changed; more than a chunk's where the disk fails
	retryAt time.Time   // after a failure; zero while it works

	dirty atomic.Bool // appended to and not synced

	// The syncing goroutine's own:
	syncFails bool
	foldAfter time.Time // no attempt before
}

// openCheckpoint opens the state in folder and gives the engine that has taken
// it up. fresh makes an engine: one that a damaged file has half filled is
// thrown away.
func openCheckpoint(folder string, fresh func() (*analytics.Engine, error), log *slog.Logger) (*checkpoint, *analytics.Engine, error) {
	var engine *analytics.Engine
	var unmade error // no fault of the file's
	path := filepath.Join(folder, checkpointFile)
	s, aside, err := store.Open(path, store.Options{Format: analytics.StateFormat, Buckets: analytics.Tables(), Ahead: true}, func(s *store.Store) error {
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
	err := engine.Changes(c.note)
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

func (c *checkpoint) note(e analytics.Entry) {
	if e.Value == nil {
		c.unsaved.Delete(e.Table, e.Key)
	} else {
		c.unsaved.Put(e.Table, e.Key, e.Value)
	}
}

func (c *checkpoint) failed(err error) {
	if c.retryAt.IsZero() {
		c.log.Error("checkpoint cannot be written: the state is in memory only until it can", "error", err)
	}
	c.retryAt = time.Now().Add(checkpointRetry)
	c.unsaved.Newest(maxUnsaved)
}

// sync makes what was written safe from a loss of power, and folds it in from
// time to time.
func (c *checkpoint) sync() {
	if !c.dirty.Swap(false) {
		return
	}
	err := c.store.Sync()
	if err == nil && c.store.Ahead() > foldAt && time.Now().After(c.foldAfter) {
		err = c.fold()
	}
	c.synced(err)
}

// fold is tried again later where it fails: what is ahead of the file is safe.
func (c *checkpoint) fold() error {
	err := c.store.Fold()
	if err != nil {
		c.foldAfter = time.Now().Add(checkpointRetry)
	}
	return err
}

// synced tells once what is wrong with the disk.
func (c *checkpoint) synced(err error) {
	if err != nil && !c.syncFails {
		c.log.Error("checkpoint does not reach the disk", "error", err)
	}
	c.syncFails = err != nil
}

// close writes the rest. The file is then whole without what was ahead of it.
func (c *checkpoint) close(engine *analytics.Engine) {
	c.retryAt = time.Time{}
	c.save(engine)
	if waits := c.unsaved.Len(); waits > 0 {
		c.log.Error("checkpoint is older than the state at exit", "unsaved", waits)
	}
	c.synced(c.store.Fold())
	if err := c.store.Close(); err != nil {
		c.log.Error("checkpoint does not close", "error", err)
	}
}
