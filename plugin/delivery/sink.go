// Package delivery carries messages from the agent to a sink: the spool in which
// they wait, the sender, and the sinks for files and stdout. The sinks for the
// network are the packages forward and http.
package delivery

import (
	"io"
	"sync"
	"time"

	"redshank/analytics/alert"
)

// Message is one document to deliver.
type Message struct {
	ID       string         // of the incident, for the log
	JSON     []byte         // one document, without line break
	Severity alert.Severity // a full spool drops the least severe messages first
	Time     time.Time      // of the alert; the event time of the forward protocol
	Aside    string         // name of the file beside the alerts that the file sink writes instead of a line; empty: none
}

// DefaultTimeout limits each step of a delivery over the network: connecting,
// TLS, handshake, writing, and waiting for the answer.
const DefaultTimeout = 10 * time.Second

// Sink takes messages in order. It is used by one goroutine at a time.
type Sink interface {
	// Deliver returns the number of messages, from the first on, that were
	// delivered. After an error the caller offers the rest again. A *Rejected
	// concerns the first message of the rest; a *Later names the time of the
	// next attempt.
	Deliver(messages []Message) (int, error)
	// Close closes the sink. Close may be called from another goroutine and makes
	// a waiting Deliver return soon.
	Close() error
}

// lineWriter writes one document a line, each line in one write, so that a reader of a
// file or pipe sees complete lines and several writers do not mix. A Sender and a
// Stream may share a lineWriter.
type lineWriter struct {
	mu   sync.Mutex
	w    io.Writer
	line []byte // reused
	torn bool   // the last write left part of a line
}

// Deliver writes messages until one fails. A line that a full disk cut off is
// ended by a line break before the next document, which stays a line of its own.
func (l *lineWriter) Deliver(messages []Message) (int, error) {
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
