package collect

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const checkpointVersion = 1

// feedState is what a feed has collected.
type feedState struct {
	Version int       `json:"version"`
	Tenant  string    `json:"tenant"`
	Through time.Time `json:"through"` // everything listed up to here was collected
	Swept   time.Time `json:"swept"`   // start of the last sweep
	// SweptFar is the start of the last sweep with the longest reach, and zero in a
	// file of an earlier version.
	SweptFar time.Time `json:"swept_far"`
	// Pending is content that could not be fetched whole, by id.
	Pending map[string]*pending `json:"pending,omitempty"`
	Known   *knownSet           `json:"known"`
}

// pending is content to be fetched again.
type pending struct {
	URI     string    `json:"uri"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	Tries   int       `json:"tries"`
	Next    time.Time `json:"next"`    // not tried before
	Written int       `json:"written"` // records at its beginning that were written
}

// checkpoint is the file that holds the state of one feed.
type checkpoint struct {
	path, tenant string
	since        time.Duration // how far a new state goes back
}

// load reads the state, or returns a new one that starts before now if the file
// does not exist. An invalid file is renamed, and load returns a new state together
// with an error. A nil state means that nothing can be collected.
func (c *checkpoint) load(now time.Time) (*feedState, error) {
	text, err := os.ReadFile(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		return c.begin(now), nil
	}
	if err != nil {
		return nil, err
	}
	var s feedState
	err = json.Unmarshal(text, &s)
	if err == nil && (s.Version != checkpointVersion || s.Known == nil || s.Through.IsZero()) {
		err = fmt.Errorf("version %d: want %d", s.Version, checkpointVersion)
	}
	if err != nil {
		err = fmt.Errorf("%s: set aside as damaged: %w", c.path, err)
		return c.begin(now), errors.Join(err, os.Rename(c.path, c.path+".damaged"))
	}
	if s.Tenant != c.tenant {
		return nil, fmt.Errorf("%s: of tenant %q: want another state folder for tenant %q", c.path, s.Tenant, c.tenant)
	}
	if s.Pending == nil {
		s.Pending = map[string]*pending{}
	}
	return &s, nil
}

func (c *checkpoint) begin(now time.Time) *feedState {
	return &feedState{
		Version: checkpointVersion, Tenant: c.tenant, Through: now.Add(-c.since), Swept: now, SweptFar: now,
		Pending: map[string]*pending{}, Known: newKnown(maxKnown),
	}
}

// save replaces the file with s. After an error, as after a crash, the file
// is the old one or the new one, whole.
func (c *checkpoint) save(s *feedState) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	next := c.path + ".new"
	if err := writeSynced(next, text); err != nil {
		return err
	}
	if err := os.Rename(next, c.path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(c.path))
}

// writeSynced writes a file that is on the disk when it returns.
func writeSynced(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}
