package replay

import (
	"bufio"
	"errors"
	"fmt"
	"os"
)

// output is a file of lines that only its owner may read, because it contains log records.
type output struct {
	what string // for errors
	file *os.File
	to   *bufio.Writer
}

func create(what, path string) (*output, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return &output{what, file, bufio.NewWriterSize(file, 256<<10)}, nil
}

// line writes a line, to which it adds the end.
func (o *output) line(text []byte) error {
	_, _ = o.to.Write(text) // an error stays in the writer
	if err := o.to.WriteByte('\n'); err != nil {
		return fmt.Errorf("%s: %w", o.what, err)
	}
	return nil
}

// close completes the file. It may be called on nil.
func (o *output) close() error {
	if o == nil {
		return nil
	}
	if err := errors.Join(o.to.Flush(), o.file.Close()); err != nil {
		return fmt.Errorf("%s: %w", o.what, err)
	}
	return nil
}
