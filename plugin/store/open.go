package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/vmihailenco/msgpack/v5"
	"go.etcd.io/bbolt"
	bberrors "go.etcd.io/bbolt/errors"
)

const (
	lockTimeout = time.Second
	maxAside    = 99 // damaged files kept beside the store
)

// Options describe the contents of a store.
type Options struct {
	Format  uint32   // of the entries; a file of another format is set aside
	Buckets []string // all buckets
	Limit   int      // bound of the file in bytes; 0: none

	// WriteAhead makes a write-ahead log for Append, in two files beside the
	// store.
	WriteAhead bool

	// Rising promises that keys are added in rising order. Pages are then filled
	// completely.
	Rising bool
}

// Open opens the store at path, creating the file and its folder if necessary,
// checks all of it and then calls load. When the file is damaged, has another
// format, or load returns an error, Open renames the file, describes that in
// aside, and calls load again with an empty store; load must not keep anything
// from its first call. err is for an operator to mend: missing permissions, a
// full disk, a file in use by another instance.
func Open(path string, o Options, load func(*Store) error) (s *Store, aside, err error) {
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, nil, err
	}
	s, err = openChecked(path, o, load)
	if !isDamage(err) {
		return s, nil, explained(path, err)
	}
	to, failed := setAside(path)
	if failed != nil {
		return nil, nil, fmt.Errorf("%s: %w, and cannot be set aside: %w", path, err, failed)
	}
	aside = fmt.Errorf("%s: %w; it is kept as %s", path, err, filepath.Base(to))
	s, err = openChecked(path, o, load)
	return s, aside, explained(path, err)
}

func explained(path string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, bberrors.ErrTimeout):
		return fmt.Errorf("%s: in use by another instance or agent (want a folder for each)", path)
	case errors.As(err, new(*fs.PathError)): // has the path
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// isDamage reports whether err says that the file cannot be used as it is, in
// contrast to an error of the system.
func isDamage(err error) bool {
	return errors.As(err, new(*formatError)) || slices.ContainsFunc([]error{ErrDamaged, bberrors.ErrInvalid, bberrors.ErrChecksum, bberrors.ErrVersionMismatch,
		bberrors.ErrInvalidMapping}, func(damage error) bool { return errors.Is(err, damage) })
}

// setAside renames the file at path to the first free path.damaged-<n>, together
// with its write-ahead log.
func setAside(path string) (to string, err error) {
	for n := 1; n <= maxAside; n++ {
		to = fmt.Sprintf("%s.damaged-%d", path, n)
		if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			return to, renameAll(path, to)
		}
	}
	return "", fmt.Errorf("there are %d such files already", maxAside)
}

func renameAll(path, to string) error {
	if err := os.Rename(path, to); err != nil {
		return err
	}
	for _, suffix := range segmentSuffixes {
		if err := os.Rename(path+suffix, to+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// openChecked opens the store and loads it after the whole file was checked, so that
// part of a damaged store is never loaded.
func openChecked(path string, o Options, load func(*Store) error) (*Store, error) {
	if err := checkFile(path); err != nil {
		return nil, err
	}
	s := &Store{rising: o.Rising}
	if err := s.open(path, &bbolt.Options{FreelistType: bbolt.FreelistMapType, MaxSize: o.Limit}); err != nil {
		return nil, err
	}
	err := s.sound(o)
	if err == nil && o.WriteAhead {
		err = s.openWAL(path, o)
	}
	if err == nil && load != nil {
		err = loaded(load(s))
	}
	if err != nil {
		_ = s.Close() // the first error is the one to report
		return nil, err
	}
	return s, nil
}

// openWAL opens the write-ahead log and compacts what an earlier run left there.
func (s *Store) openWAL(path string, o Options) (err error) {
	if s.wal, err = openWAL(path, o); err == nil {
		err = s.recover()
	}
	return err
}

// loaded marks an error of load as damage.
func loaded(err error) error {
	if err == nil || isDamage(err) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// checkFile checks the pages of an existing file, under its lock so that no other
// instance writes meanwhile. Opening the file read-only before the check is
// safe, because bbolt then reads the meta pages only.
func checkFile(path string) error {
	info, err := os.Stat(path)
	if err != nil || info.Size() == 0 {
		return nil // absent or empty: open creates the store or reports the error
	}
	if info.Mode().IsRegular() && info.Size() < int64(2*os.Getpagesize()) {
		return fmt.Errorf("%w: ends too early, after %d bytes", ErrDamaged, info.Size())
	}
	s := &Store{}
	if err := s.open(path, &bbolt.Options{ReadOnly: true}); err != nil {
		return err
	}
	return errors.Join(checkPages(path), s.Close())
}

// open opens the database. It keeps the file, because a panic in bbolt would
// otherwise leave the file open and locked.
func (s *Store) open(path string, o *bbolt.Options) error {
	var file *os.File
	o.Timeout, o.NoStatistics = lockTimeout, true
	o.OpenFile = func(name string, flag int, mode os.FileMode) (f *os.File, err error) {
		file, err = os.OpenFile(name, flag, mode)
		return file, err
	}
	err := guarded(func() (err error) {
		s.db, err = bbolt.Open(path, 0o600, o)
		return err
	})
	if err != nil && file != nil {
		_ = file.Close() // bbolt has closed it unless it panicked
	}
	return err
}

// sound prepares the file and reads it once, to verify that all entries are
// present and unchanged.
func (s *Store) sound(o Options) error {
	var written tally
	if err := guarded(func() error {
		return s.db.Update(func(tx *bbolt.Tx) (err error) {
			s.compacted, err = prepare(tx, o, &written)
			return err
		})
	}); err != nil {
		return err
	}
	for _, name := range o.Buckets {
		if err := s.view(func(tx *bbolt.Tx) error { return s.tally.count(tx.Bucket([]byte(name))) }); err != nil {
			return err
		}
	}
	if s.tally != written {
		return fmt.Errorf("%w: %d entries (want %d)", ErrDamaged, s.tally.Records, written.Records)
	}
	return nil
}

func (t *tally) count(b *bbolt.Bucket) error {
	return b.ForEach(func(key, record []byte) error {
		t.add(record, 1)
		_, err := valueOf(key, record)
		return err
	})
}

// prepare initialises a new file. In an existing one it checks the format and
// reads the tally and the number of the last frame in the tree.
func prepare(tx *bbolt.Tx, o Options, t *tally) (compacted uint64, err error) {
	meta := tx.Bucket(bucketMeta)
	if meta == nil {
		return 0, begin(tx, o)
	}
	format := meta.Get(keyFormat)
	if len(format) != 4 {
		return 0, fmt.Errorf("%w: format %x", ErrDamaged, format)
	}
	if got := binary.BigEndian.Uint32(format); got != o.Format {
		return 0, &formatError{got: got, want: o.Format}
	}
	for _, name := range o.Buckets { // an earlier version may not have had all; the tally reveals a lost one
		if _, err := tx.CreateBucketIfNotExists([]byte(name)); errors.Is(err, bberrors.ErrIncompatibleValue) {
			return 0, fmt.Errorf("%w: %s is not a bucket", ErrDamaged, name)
		} else if err != nil {
			return 0, err
		}
	}
	if err := msgpack.Unmarshal(meta.Get(keyTally), t); err != nil {
		return 0, fmt.Errorf("%w: tally: %w", ErrDamaged, err)
	}
	return compactedIn(meta), meta.Put(keyFormat, format) // a write, to detect a disk that is full or read-only
}

func begin(tx *bbolt.Tx, o Options) error {
	var errs []error
	for _, name := range append([]string{string(bucketMeta)}, o.Buckets...) {
		_, err := tx.CreateBucketIfNotExists([]byte(name))
		errs = append(errs, err)
	}
	format := binary.BigEndian.AppendUint32(nil, o.Format)
	return errors.Join(append(errs, tx.Bucket(bucketMeta).Put(keyFormat, format), (&tally{}).write(tx))...)
}
