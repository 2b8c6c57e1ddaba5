package delivery

import (
	"fmt"
	"os"

	"github.com/DeRuina/timberjack"
)

// fileMode lets only the agent's user read alerts: they name accounts.
const fileMode = 0o600

// File appends to a file and rotates it by size.
type File struct {
	lines
	rotating *timberjack.Logger
}

// NewFile opens path, creating it where it is absent; its folder must be
// there. The file is rotated at maxSize MiB; maxFiles rotated ones are kept,
// all of them where that is 0. Rotated names end in time and reason:
// alerts-2026-11-22T19-30-00.000-size.ndjson.
//
// timberjack and not lumberjack, whose housekeeping goroutine outlives Close
// and so would add up over reloads.
func NewFile(path string, maxSize, maxFiles int) (*File, error) {
	// A path that cannot be written is told at start, not at the first alert.
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

// Close ends the housekeeping goroutine and closes the file.
func (f *File) Close() error {
	if err := f.rotating.Close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	return nil
}
