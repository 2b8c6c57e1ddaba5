package replay

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"

	"redshank/analytics/event"
	"redshank/analytics/policy"
	"redshank/analytics/record"
	"redshank/analytics/source"
	"redshank/plugin/replay/input"
)

// Locate writes every record in the logs that an alert names as evidence, with its file
// and offset, and returns how many there are. text is the evidence as in the alert: an
// id, FILE:OFFSET, or the digest of a line or an event with what follows it. Without paths the file
// of the evidence is read. Files that cannot be read are named on errs.
func Locate(ctx context.Context, text string, paths []string, stdin io.Reader, out, errs io.Writer) (n int, err error) {
	l := newLocator(text, out, errs)
	if len(paths) == 0 {
		if l.file == "" || strings.HasPrefix(l.file, "...") {
			return 0, fmt.Errorf("%q: not an absolute path (want the logs as arguments)", text)
		}
		paths = []string{l.file}
	}
	files, err := input.Find(paths)
	for _, f := range files {
		input.Read(ctx, f, stdin, l, func(int) {})
	}
	return l.found, err
}

// locator is the Handler that looks for one record.
type locator struct {
	out, errs io.Writer
	name      string // of the log that is read
	found     int

	id     []byte // all of these are as the evidence has them
	digest uint64 // of a line, or of an event if events is not nil
	file   string
	offset int64 // -1: none

	events *source.Set // reads the lines for the digest of an event; nil: that of a line
	record record.Record
	hit    bool // the record that is read has the event
}

func newLocator(text string, out, errs io.Writer) *locator {
	l := &locator{out: out, errs: errs, id: []byte(text), offset: -1}
	for _, prefix := range [...]string{event.DigestPrefix, event.EventPrefix} {
		hex, ok := strings.CutPrefix(text, prefix)
		words := strings.SplitN(hex, " ", 3)
		digest, err := strconv.ParseUint(words[0], 16, 64)
		if !ok || err != nil {
			continue
		}
		l.digest, l.file = digest, strings.Join(words[min(2, len(words)):], "")
		if prefix == event.EventPrefix {
			l.events = newSet()
		}
		return l
	}
	if colon := strings.LastIndexByte(text, ':'); colon > 0 {
		if offset, err := strconv.ParseInt(text[colon+1:], 10, 64); err == nil && offset >= 0 {
			l.file, l.offset = text[:colon], offset
		}
	}
	return l
}

// newSet returns a set that reads logs of any format.
func newSet() *source.Set {
	set, _ := source.New(source.Auto, policy.Default()) // cannot fail: Auto is known
	return set
}

func (l *locator) Begin(name string, _ []byte) {
	l.name = name
	if l.events != nil {
		l.events = newSet()
	}
}

func (l *locator) Line(at int64, line []byte) {
	line = bytes.TrimPrefix(bytes.Trim(line, "\x00\r\n"), []byte("\xef\xbb\xbf"))
	switch {
	case l.events != nil && l.hasEvent(line), l.events == nil && l.digest != 0 && event.LineDigest(line) == l.digest, l.digest == 0 && bytes.Contains(line, l.id),
		l.offset >= 0 && at == l.offset && strings.HasSuffix(l.name, strings.TrimPrefix(l.file, "...")):
		l.found++
		fmt.Fprintf(l.out, "%s:%d: %s\n", printable(l.name), at, printable(string(line)))
	}
}

// hasEvent reports whether a line is the record of the event. A source that panics on
// the line has no event of it.
func (l *locator) hasEvent(line []byte) bool {
	defer func() {
		if recover() != nil {
			l.events = newSet()
		}
	}()
	l.hit = false
	l.record.Body = append(binary.BigEndian.AppendUint32(append(l.record.Body[:0], lineHead...), uint32(len(line))), line...)
	l.record.Line = l.record.Body[len(l.record.Body)-len(line):]
	l.events.Decode("find", &l.record, func(ev *event.Event) { l.hit = l.hit || ev.Digest() == l.digest })
	return l.hit
}

func (l *locator) JSON(at int64, value []byte) { l.Line(at, value) }

func (l *locator) End(err error) {
	if err != nil {
		fmt.Fprintf(l.errs, "%s: %v\n", printable(l.name), err)
	}
}
