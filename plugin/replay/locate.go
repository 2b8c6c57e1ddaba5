package replay

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"redshank/analytics/event"
	"redshank/plugin/replay/input"
)

// Locate writes every record in the logs that an alert names as evidence, with its file
// and offset, and returns how many there are. text is the evidence as in the alert: an
// id, FILE:OFFSET, or the digest of a line with what follows it. Without paths the file
// of the evidence is read. Files that cannot be read are named on errs.
func Locate(ctx context.Context, text string, paths []string, stdin io.Reader, out, errs io.Writer) (n int, err error) {
	l := newLocator(text, out, errs)
	if len(paths) == 0 {
		if l.file == "" || strings.HasPrefix(l.file, "...") {
			return 0, fmt.Errorf("%q: no whole path of a file, so the logs have to be named", text)
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
	digest uint64
	file   string
	offset int64 // -1: none
}

func newLocator(text string, out, errs io.Writer) *locator {
	l := &locator{out: out, errs: errs, id: []byte(text), offset: -1}
	if hex, ok := strings.CutPrefix(text, event.DigestPrefix); ok {
		words := strings.SplitN(hex, " ", 3)
		if digest, err := strconv.ParseUint(words[0], 16, 64); err == nil {
			l.digest = digest
			l.file = strings.Join(words[min(2, len(words)):], "")
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

func (l *locator) Begin(name string, _ []byte) { l.name = name }

func (l *locator) Line(at int64, line []byte) {
	line = bytes.TrimPrefix(bytes.Trim(line, "\x00\r\n"), []byte("\xef\xbb\xbf"))
	switch {
	case l.digest != 0 && event.LineDigest(line) == l.digest, l.digest == 0 && bytes.Contains(line, l.id),
		l.offset >= 0 && at == l.offset && strings.HasSuffix(l.name, strings.TrimPrefix(l.file, "...")):
		l.found++
		fmt.Fprintf(l.out, "%s:%d: %s\n", printable(l.name), at, printable(string(line)))
	}
}

func (l *locator) JSON(at int64, value []byte) { l.Line(at, value) }

func (l *locator) End(err error) {
	if err != nil {
		fmt.Fprintf(l.errs, "%s: %v\n", printable(l.name), err)
	}
}
