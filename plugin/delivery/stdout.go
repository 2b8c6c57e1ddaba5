package delivery

import (
	"errors"
	"fmt"
	"io"
	"syscall"
)

// Stdout writes to the standard output of the agent.
type Stdout struct{ lineWriter }

// NewStdout returns the sink. The stream belongs to the agent and is never closed.
func NewStdout() *Stdout {
	return &Stdout{lineWriter{w: stdout{func(b []byte) (int, error) { return syscall.Write(syscall.Stdout, b) }}}}
}

// Close does nothing.
func (s *Stdout) Close() error { return nil }

// stdout writes by a system call. A write through os.Stdout would kill the
// process, here the agent, when the reader of a pipe is gone.
type stdout struct{ write func([]byte) (int, error) }

func (o stdout) Write(b []byte) (int, error) {
	done := 0
	for done < len(b) {
		n, err := o.write(b[done:])
		done += max(n, 0)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return done, fmt.Errorf("stdout: %w", err)
		case n == 0:
			return done, fmt.Errorf("stdout: %w", io.ErrShortWrite)
		}
	}
	return done, nil
}
