package delivery

import (
	"fmt"
	"os"

	"github.com/DeRuina/timberjack"
)

// fileMode lets only the user of the agent read alerts, which name accounts.
const fileMode = 0o600

// File appends to a file and rotates it by size.
type File struct {
	lines
	rotating *timberjack.Logger
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
	return &File{lines: lines{w: rotating}, rotating: rotating}, nil
}

// Close ends the goroutine of the rotation and closes the file.
func (f *File) Close() error {
	if err := f.rotating.Close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	return nil
}
