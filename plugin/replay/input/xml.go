package input

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

var (
	eventEnd   = []byte("</Event>")
	eventStart = []byte("<Event")
)

// events reads Windows events as XML, with any line breaks, and with or without an element
// around all of them.
func (r *reader) events(from *bufio.Reader) error {
	var tooLong int
	for {
		begin := r.at
		text, err := r.event(from)
		switch {
		case len(text) > maxRecord:
			tooLong++
		case bytes.HasSuffix(text, eventEnd):
			if start := firstEvent(text); start >= 0 {
				r.to.Line(begin+int64(start), text[start:])
			}
		case errors.Is(err, io.EOF):
			if rest := bytes.TrimSpace(text); len(rest) > 0 && !bytes.Equal(rest, []byte("</Events>")) {
				r.to.Line(begin, rest)
			}
		}
		switch {
		case errors.Is(err, io.EOF) && tooLong > 0:
			return fmt.Errorf("%d events of more than %d MB skipped", tooLong, maxRecord>>20)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// event returns the text up to the end of the next event. Of a longer text than
// maxRecord, little more than that is kept.
func (r *reader) event(from *bufio.Reader) (text []byte, err error) {
	r.buf = r.buf[:0]
	for {
		part, err := from.ReadSlice('>')
		r.at += int64(len(part))
		if len(r.buf) <= maxRecord || bytes.HasSuffix(part, eventEnd) {
			r.buf = append(r.buf, part...)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) || bytes.HasSuffix(r.buf, eventEnd) {
			return r.buf, err
		}
	}
}

// firstEvent returns where the first event in text begins, -1 if none does.
func firstEvent(text []byte) int {
	for at := 0; ; {
		next := bytes.Index(text[at:], eventStart)
		if next < 0 {
			return -1
		}
		at += next
		if after := at + len(eventStart); after < len(text) && text[after] != 's' {
			return at
		}
		at += len(eventStart)
	}
}
