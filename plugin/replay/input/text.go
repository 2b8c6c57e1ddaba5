package input

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

const (
	// maxRecord is the longest line or JSON value that is read, in bytes. What
	// is longer is skipped, and the log is reported.
	maxRecord = 16 << 20
	// maxRowLines is how many lines one row of a CSV export may have.
	maxRowLines = 10_000
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// text reads a log of lines, or of JSON.
func (r *reader) text(name string, from *bufio.Reader) {
	if mark, _ := from.Peek(3); bytes.Equal(mark, byteOrderMark) {
		_, _ = from.Discard(3)
	}
	head, _ := from.Peek(64 << 10)
	r.to.Begin(name, head)
	start := bytes.TrimLeft(head, "\x00 \t\r\n")
	var err error
	if len(start) > 0 && (start[0] == '{' || start[0] == '[' && isArray(start[1:])) {
		err = r.json(from)
	} else {
		err = r.lines(from, isExport(start))
	}
	r.to.End(err)
}

// isArray reports whether a log that begins with a bracket is a JSON array; a line may
// begin with a time in brackets.
func isArray(rest []byte) bool {
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return len(rest) > 0 && (rest[0] == '{' || rest[0] == ']')
}

// isExport reports whether a log begins like a CSV export, whose rows may have
// line breaks in quoted cells: no digit, no comment, and columns in its first or
// second line.
func isExport(start []byte) bool {
	if len(start) == 0 || start[0] != '"' && (start[0]|0x20 < 'a' || start[0]|0x20 > 'z') && !bytes.HasPrefix(start, []byte("#TYPE")) {
		return false
	}
	line, rest, _ := bytes.Cut(start, []byte("\n"))
	next, _, _ := bytes.Cut(rest, []byte("\n"))
	return bytes.Count(line, []byte(",")) > 1 || bytes.Count(line, []byte(";")) > 1 || bytes.Count(next, []byte(",")) > 1
}

// lines hands on a text line by line; joined: lines inside of quotes are one row.
func (r *reader) lines(from *bufio.Reader, joined bool) error {
	var tooLong int
	for {
		line, err := r.line(from, nil)
		if joined && err == nil {
			line, err = r.row(from, line)
		}
		switch {
		case errors.Is(err, bufio.ErrTooLong):
			tooLong++
		case len(line) > 0 && (err == nil || errors.Is(err, io.EOF)): // not the half before damage
			r.to.Line(line)
		}
		switch {
		case errors.Is(err, io.EOF) && tooLong > 0:
			return fmt.Errorf("%d lines of more than %d MB skipped", tooLong, maxRecord>>20)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && !errors.Is(err, bufio.ErrTooLong):
			return err
		}
	}
}

// line returns the next line without its end, behind what is in before. It is
// valid until the next call.
func (r *reader) line(from *bufio.Reader, before []byte) (line []byte, err error) {
	line, err = from.ReadSlice('\n')
	if before == nil && !errors.Is(err, bufio.ErrBufferFull) {
		return bytes.TrimRight(line, "\r\n"), err
	}
	r.buf = append(append(r.buf[:0], before...), line...)
	for errors.Is(err, bufio.ErrBufferFull) {
		line, err = from.ReadSlice('\n')
		if len(r.buf) <= maxRecord {
			r.buf = append(r.buf, line...)
		}
	}
	if len(r.buf) > maxRecord {
		return nil, errors.Join(bufio.ErrTooLong, ignoreEnd(err))
	}
	return bytes.TrimRight(r.buf, "\r\n"), err
}

// ignoreEnd lets the end of a log be found by the next read.
func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// row adds lines to one that ends inside of a quoted cell.
func (r *reader) row(from *bufio.Reader, line []byte) (row []byte, err error) {
	quotes := bytes.Count(line, []byte{'"'})
	for n := 0; quotes%2 == 1 && n < maxRowLines && err == nil; n++ {
		before := append(bytes.Clone(line), '\n')
		line, err = r.line(from, before)
		quotes = bytes.Count(line, []byte{'"'})
	}
	return line, err
}
