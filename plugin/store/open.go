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
	maxAside    = 99 // files set aside that are kept
)

// Options say what is in a file.
type Options struct {
	Format  uint32   // of the entries; a file of another one is set aside
	Buckets []string // all there are
	Limit   int      // bound of the file in bytes; 0: none

	// Ahead makes room for Append, in two files beside this one.
	Ahead bool

	// Rising says that keys are added in their order, so that pages can be
	// filled up.
	Rising bool
}

// Open opens the file at path, making it and its folder where they are absent,
// and calls load once it was found to be sound as a whole. A file that cannot
// be understood, by load neither, is set aside for people to look at, which
// aside tells, and load is called again for an empty one: it begins anew each
// time. err is what an operator has to mend: no right to write, no room,
// another instance at work.
func Open(path string, o Options, load func(*Store) error) (s *Store, aside, err error) {
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, nil, err
	}
	s, err = try(path, o, load)
	if !isDamage(err) {
		return s, nil, explained(path, err)
	}
	to, failed := setAside(path)
	if failed != nil {
		return nil, nil, fmt.Errorf("%s: %w, and cannot be set aside: %w", path, err, failed)
	}
	aside = fmt.Errorf("%s: %w; it is kept as %s", path, err, filepath.Base(to))
	s, err = try(path, o, load)
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

func isDamage(err error) bool {
	return slices.ContainsFunc([]error{ErrDamaged, bberrors.ErrInvalid, bberrors.ErrChecksum, bberrors.ErrVersionMismatch,
		bberrors.ErrInvalidMapping}, func(damage error) bool { return errors.Is(err, damage) })
}

// setAside renames the file at path to the first free path.damaged-<n>, and
// what is ahead of it likewise.
func setAside(path string) (to string, err error) {
	for n := 1; n <= maxAside; n++ {
		to = fmt.Sprintf("%s.damaged-%d", path, n)
		if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			return to, moved(path, to)
		}
	}
	return "", fmt.Errorf("there are %d such files already", maxAside)
}

func moved(path, to string) error {
	if err := os.Rename(path, to); err != nil {
		return err
	}
	for _, suffix := range aheads {
		if err := os.Rename(path+suffix, to+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// try gives a store only after the whole file was found to be sound: half of
// one is never loaded.
func try(path string, o Options, load func(*Store) error) (*Store, error) {
	if err := check(path); err != nil {
		return nil, err
	}
	s := &Store{rising: o.Rising}
	if err := s.open(path, &bbolt.Options{FreelistType: bbolt.FreelistMapType, MaxSize: o.Limit}); err != nil {
		return nil, err
	}
	err := s.sound(o)
	if err == nil && o.Ahead {
		err = s.catchUp(path, o)
	}
	if err == nil && load != nil {
		err = loaded(load(s))
	}
	if err != nil {
		_ = s.Close() // what is wrong with it is known
		return nil, err
	}
	return s, nil
}

// catchUp opens the journal and folds what an earlier run has left there.
func (s *Store) catchUp(path string, o Options) (err error) {
	if s.journal, err = openJournal(path, o); err == nil {
		err = s.resume()
	}
	return err
}

// loaded calls damage what load could not make sense of.
func loaded(err error) error {
	if err == nil || isDamage(err) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// check checks the pages of a file that is there, under its lock, so that no
// other instance writes meanwhile. To open it read only is safe before the
// check: bbolt then looks at the meta pages and nothing else.
func check(path string) error {
	info, err := os.Stat(path)
	if err != nil || info.Size() == 0 {
		return nil // to be made; what else is wrong, open tells
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

// open keeps the file at hand: where bbolt panics, nobody else would close it
// and let its lock go.
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
		_ = file.Close() // bbolt has, unless it panicked; twice does no harm
	}
	return err
}

// sound prepares the file and reads it once, to see that all its entries are
// there and as they were written.
func (s *Store) sound(o Options) error {
	var written tally
	if err := guarded(func() error {
		return s.db.Update(func(tx *bbolt.Tx) (err error) {
			s.folded, err = prepare(tx, o, &written)
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

// prepare makes what a new file lacks, refuses a format it does not know and
// reads the tally and which frame was folded last.
func prepare(tx *bbolt.Tx, o Options, t *tally) (folded uint64, err error) {
	meta := tx.Bucket(bucketMeta)
	if meta == nil {
		return 0, begin(tx, o)
	}
	format := meta.Get(keyFormat)
	if len(format) != 4 || binary.BigEndian.Uint32(format) != o.Format {
		return 0, fmt.Errorf("%w, or of another version: format %x (want %08x)", ErrDamaged, format, o.Format)
	}
	for _, name := range o.Buckets {
		if tx.Bucket([]byte(name)) == nil {
			return 0, fmt.Errorf("%w: no bucket %s", ErrDamaged, name)
		}
	}
	if err := msgpack.Unmarshal(meta.Get(keyTally), t); err != nil {
		return 0, fmt.Errorf("%w: tally: %w", ErrDamaged, err)
	}
	if b := meta.Get(keyFolded); len(b) == 8 {
		folded = binary.BigEndian.Uint64(b)
	}
	return folded, meta.Put(keyFormat, format) // tells a disk that cannot be written
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
