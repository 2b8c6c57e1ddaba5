// Package delivery is what leaves: alerts as documents, and the sinks that
// take them.
package delivery

import (
	"io"
	"sync"
	"time"

	"redshank/analytics/alert"
)

// Message is one document on its way out.
type Message struct {
	ID       string         // of the incident, for the log
	JSON     []byte         // one document, without line break
	Severity alert.Severity // what a full spool drops last; 0 goes first
	Time     time.Time      // of the alert; the event time of the forward protocol
}

// Sink takes messages in order. It is used by one goroutine at a time.
type Sink interface {
	// Deliver returns how many messages, from the first on, are out. With an
	// error the rest is the caller's to offer again; a *Rejected says that the
	// first of the rest will never be taken, a *Later when to come again.
	Deliver(messages []Message) (int, error)
	// Close ends the sink. It alone may be called from another goroutine, and
	// makes a Deliver that waits for a receiver return soon.
	Close() error
}

// lines writes one document a line, each in one write, so that readers of a
// file or pipe never see half of one and several writers do not mix. A Sender
// and a Stream may share it.
type lines struct {
	mu   sync.Mutex
	w    io.Writer
	line []byte // reused
	torn bool   // the last write left half a line behind
}

// Deliver writes messages until one fails. What a full disk cut off is ended
// by a line break before the next document, so that it spoils no other line.
func (l *lines) Deliver(messages []Message) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, m := range messages {
		l.line = l.line[:0]
		if l.torn {
			l.line = append(l.line, '\n')
		}
		l.line = append(append(l.line, m.JSON...), '\n')
		n, err := l.w.Write(l.line)
		if err != nil {
			l.torn = l.torn && n == 0 || n > 0
			return i, err
		}
		l.torn = false
	}
	return len(messages), nil
}
