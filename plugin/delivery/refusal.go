package delivery

import (
	"fmt"
	"time"
)

// Rejected is a sink's error that says: the first message that is not out is
// itself at fault and would be refused for ever.
type Rejected struct{ Err error }

func (r *Rejected) Error() string { return fmt.Sprintf("refused for good: %v", r.Err) }
func (r *Rejected) Unwrap() error { return r.Err }

// Later is a sink's error from a receiver that named the time to come again,
// capped by the sink.
type Later struct {
	After time.Duration
	Err   error
}

func (l *Later) Error() string { return fmt.Sprintf("%v (come again in %v)", l.Err, l.After) }
func (l *Later) Unwrap() error { return l.Err }
