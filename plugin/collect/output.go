package collect

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"sync"
)

// output receives records, each one line of JSON including the newline.
type output interface {
	write(line []byte) error
	// sync returns when all lines written are where a crash does not reach them.
	sync() error
	close() error
}

// stream writes to the standard output, which all feeds share. A pipe cannot be
// synced, so a line counts as durable once it is written.
type stream struct {
	mu sync.Mutex
	w  *bufio.Writer
}

func newStream(w io.Writer) *stream { return &stream{w: bufio.NewWriterSize(w, 64<<10)} }

func (s *stream) write(line []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.w.Write(line)
	return stdoutError(err)
}

func (s *stream) sync() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return stdoutError(s.w.Flush())
}

func (s *stream) close() error { return s.sync() }

// errStdout means that the standard output has been closed by its reader.
var errStdout = errors.New("standard output")

func stdoutError(err error) error {
	if err != nil {
		err = fmt.Errorf("%w: %w", errStdout, err)
	}
	return err
}
