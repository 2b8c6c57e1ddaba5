package delivery

import (
	"fmt"
	"time"
)

// Rejected is the error of a sink whose receiver will never accept the first
// message that is not delivered.
type Rejected struct{ Err error }

func (r *Rejected) Error() string { return fmt.Sprintf("refused for good: %v", r.Err) }
func (r *Rejected) Unwrap() error { return r.Err }

// Later is the error of a sink whose receiver named the time of the next attempt.
// The sink bounds that time.
type Later struct {
	After time.Duration
	Err   error
}

func (l *Later) Error() string { return fmt.Sprintf("%v (come again in %v)", l.Err, l.After) }
func (l *Later) Unwrap() error { return l.Err }
