package delivery

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/vmihailenco/msgpack/v5"
	"go.etcd.io/bbolt"
	bberrors "go.etcd.io/bbolt/errors"
)

const (
	spoolFile   = "spool.db"
	spoolFormat = 1 // of the records; a file of a later one is set aside
	lockTimeout = time.Second
	maxAside    = 99 // files set aside that are kept
)

// openStore opens the spool in folder, making both where they are absent;
// what waits in it is in found. A file that cannot be understood is set aside
// for people to look at, which aside tells; err is what an operator has to
// mend: no right to write, no room, another instance at work.
func openStore(folder string, limit int) (s *store, aside, err error) {
	if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, nil, err
	}
	path := filepath.Join(folder, spoolFile)
	s, err = tryStore(path, limit)
	if !isDamage(err) {
		return s, nil, explained(path, err)
	}
	to, moved := setAside(path)
	if moved != nil {
		return nil, nil, fmt.Errorf("%s: %w, and cannot be set aside: %w", path, err, moved)
	}
	aside = fmt.Errorf("%s: %w; it is kept as %s", path, err, filepath.Base(to))
	s, err = tryStore(path, limit)
	return s, aside, explained(path, err)
}

// explained words what an operator can mend.
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

// isDamage tells a file that is no spool from a file that cannot be had: only
// the first may be set aside, as the second may be another instance's.
func isDamage(err error) bool {
	for _, damage := range []error{errDamaged, bberrors.ErrInvalid, bberrors.ErrChecksum, bberrors.ErrVersionMismatch, bberrors.ErrInvalidMapping} {
		if errors.Is(err, damage) {
			return true
		}
	}
	return false
}

// setAside renames the file at path to the first free path.damaged-<n>.
func setAside(path string) (to string, err error) {
	for n := 1; n <= maxAside; n++ {
		to = fmt.Sprintf("%s.damaged-%d", path, n)
		if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			return to, os.Rename(path, to)
		}
	}
	return "", fmt.Errorf("there are %d such files already", maxAside)
}

// tryStore gives a store only after the whole file was found to be sound:
// half a spool is never loaded.
func tryStore(path string, limit int) (*store, error) {
	if err := checkStore(path); err != nil {
		return nil, err
	}
	s := &store{}
	if err := s.open(path, limit); err != nil {
		return nil, err
	}
	if err := s.load(); err != nil {
		_ = s.close() // what is wrong with it is known
		return nil, err
	}
	return s, nil
}

// checkStore checks the pages of a file that is there, under its lock, so that
// no other instance writes meanwhile. To open it read only is safe before the
// check: bbolt then looks at the meta pages and nothing else.
func checkStore(path string) error {
	info, err := os.Stat(path)
	if err != nil || info.Size() == 0 {
		return nil // to be made; what else is wrong, open tells
	}
	if info.Mode().IsRegular() && info.Size() < int64(2*os.Getpagesize()) {
		return fmt.Errorf("%w: ends too early, after %d bytes", errDamaged, info.Size())
	}
	s := &store{}
	if err := s.openWith(path, &bbolt.Options{ReadOnly: true}); err != nil {
		return err
	}
	return errors.Join(checkPages(path), s.close())
}

func (s *store) open(path string, limit int) error {
	return s.openWith(path, &bbolt.Options{FreelistType: bbolt.FreelistMapType, MaxSize: limit})
}

// openWith keeps the file at hand: where bbolt panics, nobody else would close
// it and let its lock go.
func (s *store) openWith(path string, o *bbolt.Options) error {
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

// load finds what waits, without keeping the messages themselves.
func (s *store) load() error {
	var written, found tally
	if err := guarded(func() error {
		return s.db.Update(func(tx *bbolt.Tx) error { return prepare(tx, &written) })
	}); err != nil {
		return err
	}
	err := s.each(bucketQueue, func(seq uint64, record []byte, m Message, put int64) {
		found.add(record, 1)
		s.found = append(s.found, newEntry(seq, m, put))
		s.last = max(s.last, seq)
	})
	if err != nil {
		return err
	}
	err = s.each(bucketDead, func(seq uint64, record []byte, m Message, _ int64) {
		found.add(record, 1)
		found.DeadSize += int64(len(record))
		s.last = max(s.last, seq)
	})
	if err == nil && found != written {
		err = fmt.Errorf("%w: %d records (want %d)", errDamaged, found.Records, written.Records)
	}
	s.tally = found
	return err
}

// prepare makes what a new file lacks, refuses a format it does not know and
// reads the tally.
func prepare(tx *bbolt.Tx, t *tally) error {
	meta := tx.Bucket(bucketMeta)
	if meta == nil {
		return begin(tx)
	}
	format := meta.Get(keyFormat)
	if len(format) != 4 || binary.BigEndian.Uint32(format) != spoolFormat {
		return fmt.Errorf("%w, or of a newer version: format %x (want %08x)", errDamaged, format, spoolFormat)
	}
	if tx.Bucket(bucketQueue) == nil || tx.Bucket(bucketDead) == nil {
		return fmt.Errorf("%w: a bucket is missing", errDamaged)
	}
	if err := msgpack.Unmarshal(meta.Get(keyTally), t); err != nil {
		return fmt.Errorf("%w: tally: %w", errDamaged, err)
	}
	return meta.Put(keyFormat, format) // tells a disk that cannot be written
}

// begin makes a new file's buckets, in the transaction that prepare is in.
func begin(tx *bbolt.Tx) error {
	var errs []error
	for _, name := range [][]byte{bucketMeta, bucketQueue, bucketDead} {
		_, err := tx.CreateBucketIfNotExists(name)
		errs = append(errs, err)
	}
	format := binary.BigEndian.AppendUint32(nil, spoolFormat)
	return errors.Join(append(errs, tx.Bucket(bucketMeta).Put(keyFormat, format), (&tally{}).write(tx))...)
}
