package agent

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of the log: a plugin must not flood its agent's log, whatever an
// attacker or a broken disk makes it want to say.
const (
	maxLogLine  = 4000 // bytes; the host cuts at about 4 KiB
	maxLogQueue = 256  // lines that wait for a callback
	logBurst    = 64   // lines at once
	logEvery    = time.Second
)

// LogQueue holds lines until one of the host's threads calls in. The host
// prints with its own format and to its own file only from threads that it
// made itself, so a goroutine must not print; all lines take the same way, so
// that they keep their order.
type LogQueue struct {
	least slog.Level // the least level the host prints

	mu      sync.Mutex
	lines   []logLine
	tokens  int
	filled  time.Time
	skipped int
}

// logLine is owned by the queue until it is drained.
type logLine struct {
	level slog.Level
	text  string
}

// NewLogQueue makes a queue with its burst to spend: what is wrong at start is
// told at once.
func NewLogQueue(least slog.Level) *LogQueue {
	return &LogQueue{least: least, tokens: logBurst}
}

// add queues one line, or counts it where there are too many.
func (q *LogQueue) add(level slog.Level, text string, now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.refill(now)
	if q.tokens == 0 || len(q.lines) >= maxLogQueue {
		q.skipped++
		return
	}
	q.tokens--
	if q.skipped > 0 {
		text += " (" + strconv.Itoa(q.skipped) + " lines before this one left out)"
		q.skipped = 0
	}
	q.lines = append(q.lines, logLine{level, printable(text)})
}

// refill gives one line for every logEvery since the last one was given.
func (q *LogQueue) refill(now time.Time) {
	due := int(now.Sub(q.filled) / logEvery)
	if due > 0 || q.filled.IsZero() {
		q.tokens = min(logBurst, q.tokens+max(due, 0))
		q.filled = now
	}
}

// drain hands what waits to print, oldest first. Call it from a thread of the
// host only.
// The lock is not held while printing, which may be slow.
func (q *LogQueue) Drain(print func(slog.Level, string)) {
	q.mu.Lock()
	lines := q.lines
	q.lines = nil
	q.mu.Unlock()
	for _, l := range lines {
		print(l.level, l.text)
	}
}

// NewLogger returns a logger that queues its lines in q.
func NewLogger(q *LogQueue) *slog.Logger { return slog.New(logHandler{queue: q}) }

// LogLines logs the lines of an error, one each, as many as the log takes at
// once.
func LogLines(log *slog.Logger, err error) {
	const limit = logBurst - 1
	lines := strings.Split(err.Error(), "\n")
	for _, line := range lines[:min(limit, len(lines))] {
		log.Error(line)
	}
	if len(lines) > limit {
		log.Error("further errors are left out; redshank check lists all of them", "left_out", len(lines)-limit)
	}
}

// logHandler is the slog.Handler over a LogQueue: [redshank] message key=value.
type logHandler struct {
	queue *LogQueue
	attrs string
	group string
}

// Enabled spares the formatting of what the host would not print.
func (h logHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.queue.least
}

// Handle queues one record. It never fails and never waits for the host.
func (h logHandler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString("[redshank] ")
	b.WriteString(r.Message)
	b.WriteString(h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		appendAttr(&b, h.group, a)
		return true
	})
	h.queue.add(r.Level, b.String(), r.Time)
	return nil
}

// WithAttrs formats attrs once, for all records of the new handler.
func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var b strings.Builder
	for _, a := range attrs {
		appendAttr(&b, h.group, a)
	}
	h.attrs += b.String()
	return h
}

// WithGroup puts a name and a dot before later keys: the line stays flat.
func (h logHandler) WithGroup(name string) slog.Handler {
	h.group += name + "."
	return h
}

// appendAttr writes one pair as logfmt does, so that the summary can be cut
// into fields by the usual tools.
func appendAttr(b *strings.Builder, group string, a slog.Attr) {
	value := a.Value.Resolve().String()
	if value == "" || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r == '"' }) {
		value = strconv.Quote(value)
	}
	b.WriteString(" " + group + a.Key + "=" + value)
}

// printable is text as one line of at most maxLogLine bytes: no control
// character of a hostile record reaches a terminal or forges a line.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf) {
			return '?'
		}
		return r
	}, text)
	if len(text) <= maxLogLine {
		return text
	}
	end := maxLogLine
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "..."
}
