package delivery

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/DeRuina/timberjack"
)

// fileMode lets only the user of the agent read alerts, which name accounts.
const fileMode = 0o600

// File appends to a file and rotates it by size.
type File struct {
	lineWriter
	rotating *timberjack.Logger
	path     string
}

// NewFile opens the file at path or creates it; its folder has to exist. The file
// is rotated at maxSize MiB. maxFiles rotated files are kept, or all of them for
// 0. Their names end in time and reason, for instance
// alerts-2026-11-22T19-30-00.000-size.ndjson.
//
// The rotation is that of timberjack. The goroutine of lumberjack outlives Close,
// so every reload would leave one behind.
func NewFile(path string, maxSize, maxFiles int) (*File, error) {
	// A path that cannot be written is an error now, not at the first alert.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, fileMode)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	rotating := &timberjack.Logger{Filename: path, MaxSize: maxSize, MaxBackups: maxFiles, FileMode: fileMode, Compression: "none"}
	return &File{lineWriter: lineWriter{w: rotating}, rotating: rotating, path: path}, nil
}

// maxAside is how many files beside the alerts are kept; the oldest go first.
const maxAside = 1000

// asideExt ends the name of each file beside the alerts.
const asideExt = ".json"

// Deliver appends messages to the file, and writes those with a name of their own
// to files beside.
func (f *File) Deliver(messages []Message) (int, error) {
	for i, m := range messages {
		var err error
		if m.Aside == "" {
			_, err = f.lineWriter.Deliver(messages[i : i+1])
		} else {
			err = f.putAside(m)
		}
		if err != nil {
			return i, err
		}
	}
	return len(messages), nil
}

// putAside replaces the file of a message, <path>.<name>.json. A name that leads out
// of the folder is rejected.
func (f *File) putAside(m Message) error {
	if m.Aside != filepath.Base(m.Aside) || !filepath.IsLocal(m.Aside) {
		return &Rejected{Err: fmt.Errorf("file name %q: not a plain name", m.Aside)}
	}
	if err := replaceFile(f.path+"."+m.Aside+asideExt, append(m.JSON[:len(m.JSON):len(m.JSON)], '\n'), fileMode); err != nil {
		return err
	}
	return f.trimAside()
}

// trimAside removes the oldest files over maxAside.
func (f *File) trimAside() error {
	folder, base := filepath.Split(f.path)
	all, err := os.ReadDir(filepath.Clean(folder))
	if err != nil || len(all) <= maxAside {
		return err
	}
	type aged struct {
		name string
		at   time.Time
	}
	var files []aged
	for _, e := range all {
		if !strings.HasPrefix(e.Name(), base+".") || !strings.HasSuffix(e.Name(), asideExt) {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			files = append(files, aged{e.Name(), info.ModTime()})
		}
	}
	slices.SortFunc(files, func(a, b aged) int { return a.at.Compare(b.at) })
	for _, old := range files[:max(len(files)-maxAside, 0)] {
		if err := os.Remove(filepath.Join(folder, old.name)); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the goroutine of the rotation and closes the file.
func (f *File) Close() error {
	if err := f.rotating.Close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	return nil
}
