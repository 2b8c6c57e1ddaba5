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

// Bounds of the log. Neither an attacker nor a broken disk may flood the log of
// the host.
const (
	maxLogLine  = 4000 // bytes; the host cuts at about 4 KiB
	maxLogQueue = 256  // lines that wait for a callback
	logBurst    = 64   // lines at once
	logEvery    = time.Second
)

// LogQueue holds log lines until a thread of the host calls the plugin. The host
// uses its own format and log file only for lines from threads of its own, so a
// goroutine must not print. All lines go through the queue and keep their order.
type LogQueue struct {
	least slog.Level // the least level the host prints

	mu      sync.Mutex
	lines   []logLine
	tokens  int
	filled  time.Time
	skipped int
}

// logLine is one line in the queue.
type logLine struct {
	level slog.Level
	text  string
}

// NewLogQueue returns a queue for lines of at least the given level. A burst of
// lines is allowed at once, for the errors of a start.
func NewLogQueue(least slog.Level) *LogQueue {
	return &LogQueue{least: least, tokens: logBurst}
}

// add queues one line, or counts the line when the queue or its rate is at the
// bound.
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

// refill allows one more line for every logEvery that has passed.
func (q *LogQueue) refill(now time.Time) {
	due := int(now.Sub(q.filled) / logEvery)
	if due > 0 || q.filled.IsZero() {
		q.tokens = min(logBurst, q.tokens+max(due, 0))
		q.filled = now
	}
}

// Drain passes the queued lines to print, oldest first, without holding the lock.
// It must be called from a thread of the host.
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

// logHandler is a slog.Handler that queues lines of the form
// "[redshank] message key=value".
type logHandler struct {
	queue *LogQueue
	attrs string
	group string
}

// Enabled reports whether the host prints lines of a level.
func (h logHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.queue.least
}

// Handle queues one record. It never returns an error and never waits for the
// host.
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

// WithAttrs returns a handler that adds attrs, formatted once, to every record.
func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var b strings.Builder
	for _, a := range attrs {
		appendAttr(&b, h.group, a)
	}
	h.attrs += b.String()
	return h
}

// WithGroup returns a handler that puts name and a dot before later keys.
func (h logHandler) WithGroup(name string) slog.Handler {
	h.group += name + "."
	return h
}

// appendAttr writes one key=value pair in the form of logfmt, which the usual
// tools can parse.
func appendAttr(b *strings.Builder, group string, a slog.Attr) {
	value := a.Value.Resolve().String()
	if value == "" || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r == '"' }) {
		value = strconv.Quote(value)
	}
	b.WriteString(" " + group + a.Key + "=" + value)
}

// printable returns text as one line of at most maxLogLine bytes, with a question
// mark for every control and format character: no record can forge a log line or
// control a terminal.
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
