package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// The attempts to copy a store that is being written, and the pause between them.
const (
	copyAttempts = 10
	copyPause    = 50 * time.Millisecond
)

// OpenCopy copies the store at path with its write-ahead log into a temporary
// folder, opens the copy and calls load, as Open does. Another process may use the
// store meanwhile: its files are only read, and its lock is not taken. A copy that
// the other process has changed in between is discovered by its checksums, and
// made again. Close removes the copy. A store that does not exist is an error that
// wraps fs.ErrNotExist.
func OpenCopy(path string, o Options, load func(*Store) error) (*Store, error) {
	folder, err := os.MkdirTemp("", "redshank-state-")
	if err != nil {
		return nil, err
	}
	to := filepath.Join(folder, filepath.Base(path))
	for attempt := 1; ; attempt++ {
		var s *Store
		if err = copyAll(path, to, o); err == nil {
			s, err = openChecked(to, o, load)
		}
		switch {
		case err == nil:
			s.temporary = folder
			return s, nil
		case attempt == copyAttempts || !isDamage(err) || errors.As(err, new(*formatError)):
			return nil, errors.Join(fmt.Errorf("%s: %w", path, err), os.RemoveAll(folder))
		}
		time.Sleep(copyPause)
	}
}

// copyAll copies the write-ahead log before the tree: frames that are compacted
// meanwhile are in both, and are skipped in the copy.
func copyAll(path, to string, o Options) error {
	if o.WriteAhead {
		for _, suffix := range segmentSuffixes {
			if err := copyFile(path+suffix, to+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return copyFile(path, to)
}

func copyFile(path, to string) error {
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, from)
	return errors.Join(err, out.Close())
}
