package collect

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// logMode lets the group read: the agent may run as another user.
const logMode = 0o640

// logFolder writes numbered files, named PREFIX-20260310T120000Z-0001.ndjson for the time
// they begin. A file is never renamed or appended to once it is closed, so a
// reader that follows files by name or by inode loses no line. A file is closed at a
// size, at the end of a day in UTC, and after a failed write, which may have left
// part of a line.
//
// timberjack, which rotates the file sink, has no sync, and it renames.
type logFolder struct {
	dir, prefix string
	maxSize     int64
	maxFiles    int
	keep        time.Duration
	now         func() time.Time

	file  *os.File // nil: none is open
	w     *bufio.Writer
	size  int64
	day   int // of the year
	count int // files since the start
}

func (f *logFolder) write(line []byte) error {
	if f.file != nil && (f.size+int64(len(line)) > f.maxSize || f.day != f.now().UTC().YearDay()) {
		if err := f.close(); err != nil {
			return err
		}
	}
	if f.file == nil {
		if err := f.open(); err != nil {
			return err
		}
	}
	f.size += int64(len(line))
	if _, err := f.w.Write(line); err != nil {
		return errors.Join(err, f.abandon())
	}
	return nil
}

func (f *logFolder) sync() error {
	if f.file == nil {
		return nil
	}
	if err := errors.Join(f.w.Flush(), f.file.Sync()); err != nil {
		return errors.Join(err, f.abandon())
	}
	return nil
}

// close syncs the file and closes it; the next write opens another one.
func (f *logFolder) close() error {
	if err := f.sync(); err != nil || f.file == nil {
		return err
	}
	return f.abandon()
}

// abandon closes the file without flushing or syncing it.
func (f *logFolder) abandon() error {
	file := f.file
	f.file, f.w = nil, nil
	return file.Close()
}

// open creates a new file and deletes files beyond the maximum age or number.
func (f *logFolder) open() error {
	now := f.now().UTC()
	f.count++
	name := fmt.Sprintf("%s-%s-%04d.ndjson", f.prefix, now.Format("20060102T150405Z"), f.count)
	file, err := os.OpenFile(filepath.Join(f.dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, logMode)
	if errors.Is(err, fs.ErrExist) {
		return f.open() // of a run in the same second
	}
	if err != nil {
		return err
	}
	f.file, f.w, f.size, f.day = file, bufio.NewWriterSize(file, 64<<10), 0, now.YearDay()
	if err := errors.Join(syncFolder(f.dir), f.prune(now)); err != nil {
		return errors.Join(err, f.abandon())
	}
	return nil
}

// prune deletes the files of this feed that exceed the maximum age or number. The
// names sort by time, and the last file is the open one.
func (f *logFolder) prune(now time.Time) error {
	names, err := fs.Glob(os.DirFS(f.dir), f.prefix+"-*.ndjson")
	if err != nil {
		return err
	}
	var wrong error
	for i, name := range names[:max(len(names)-1, 0)] {
		path := filepath.Join(f.dir, name)
		info, err := os.Stat(path)
		if err == nil && (len(names)-i > f.maxFiles || now.Sub(info.ModTime()) > f.keep) {
			err = os.Remove(path)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			wrong = errors.Join(wrong, err)
		}
	}
	return wrong
}
