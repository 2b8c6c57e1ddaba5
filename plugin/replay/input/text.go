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
	maxRowLines = 1000
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// text reads a log of lines, or of JSON.
func (r *reader) text(name string, from *bufio.Reader) {
	r.at = 0
	if mark, _ := from.Peek(3); bytes.Equal(mark, byteOrderMark) {
		r.discard(from, len(mark))
	}
	head, _ := from.Peek(headSize)
	r.to.Begin(name, head)
	var err error
	switch kindOf(head) {
	case kindJSON:
		err = r.json(from)
	case kindExport:
		err = r.lines(from, true)
	case kindEvents:
		err = r.events(from)
	default:
		err = r.lines(from, false)
	}
	r.to.End(err)
}

// discard moves on by n bytes, which have to be in the buffer.
func (r *reader) discard(from *bufio.Reader, n int) {
	n, _ = from.Discard(n)
	r.at += int64(n)
}

// headSize is how much of a text its kind is found from, in bytes.
const headSize = 64 << 10

// textKind is how a text is divided into records.
type textKind uint8

const (
	kindLines  textKind = iota
	kindExport          // rows of a CSV export, which may have several lines
	kindJSON
	kindEvents // Windows events as XML, with line breaks in their texts
)

func kindOf(head []byte) textKind {
	start := bytes.TrimLeft(head, "\x00 \t\r\n")
	switch {
	case len(start) > 0 && (start[0] == '{' || start[0] == '[' && isArray(start[1:])):
		return kindJSON
	case bytes.HasPrefix(start, []byte("<Event")), bytes.HasPrefix(start, []byte("<?xml")) && bytes.Contains(start, []byte("<Event")):
		return kindEvents
	case isExport(start):
		return kindExport
	}
	return kindLines
}

// isArray reports whether a log that begins with a bracket is a JSON array; a line may
// begin with a time in brackets.
func isArray(rest []byte) bool {
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return len(rest) > 0 && (rest[0] == '{' || rest[0] == ']')
}

// isExport reports whether a log begins like a CSV export: with the names of columns,
// perhaps behind one line of PowerShell or of a spreadsheet.
func isExport(start []byte) bool {
	line, rest, _ := bytes.Cut(start, []byte("\n"))
	if bytes.HasPrefix(line, []byte("#TYPE")) || bytes.HasPrefix(line, []byte("sep=")) {
		line, _, _ = bytes.Cut(rest, []byte("\n"))
	}
	if len(line) == 0 || line[0] != '"' && (line[0]|0x20 < 'a' || line[0]|0x20 > 'z') || bytes.ContainsAny(line, "{=/:") {
		return false
	}
	return bytes.Count(line, []byte(",")) > 1 || bytes.Count(line, []byte(";")) > 1
}

// lines reads a text line by line. If joined is set, lines inside quotes are one row.
func (r *reader) lines(from *bufio.Reader, joined bool) error {
	var tooLong int
	for {
		at := r.at
		line, err := r.line(from)
		if joined && err == nil {
			line, err = r.row(from, line)
		}
		switch {
		case errors.Is(err, bufio.ErrTooLong):
			tooLong++
		case len(line) > 0 && (err == nil || errors.Is(err, io.EOF)): // not the half before damage
			r.to.Line(at, line)
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

// line returns the next line without its end. It is valid until the next call.
func (r *reader) line(from *bufio.Reader) (line []byte, err error) {
	line, err = from.ReadSlice('\n')
	r.at += int64(len(line))
	if !errors.Is(err, bufio.ErrBufferFull) {
		return withoutEnd(line), err
	}
	r.buf = append(r.buf[:0], line...)
	for errors.Is(err, bufio.ErrBufferFull) {
		line, err = from.ReadSlice('\n')
		r.at += int64(len(line))
		if len(r.buf) <= maxRecord {
			r.buf = append(r.buf, line...)
		}
	}
	if len(r.buf) > maxRecord {
		return nil, errors.Join(bufio.ErrTooLong, ignoreEnd(err))
	}
	return withoutEnd(r.buf), err
}

func withoutEnd(line []byte) []byte {
	for len(line) > 0 && (line[len(line)-1] == '\n' || line[len(line)-1] == '\r') {
		line = line[:len(line)-1]
	}
	return line
}

// ignoreEnd lets the end of a log be found by the next read.
func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// row returns a line, with those behind it if it ends inside of a quoted cell.
func (r *reader) row(from *bufio.Reader, line []byte) (row []byte, err error) {
	quotes := bytes.Count(line, []byte{'"'})
	if quotes%2 == 0 {
		return line, nil
	}
	r.joined = append(r.joined[:0], line...)
	for n := 0; quotes%2 == 1 && n < maxRowLines && len(r.joined) < maxRecord && err == nil; n++ {
		line, err = r.line(from)
		quotes += bytes.Count(line, []byte{'"'})
		r.joined = append(append(r.joined, '\n'), line...)
	}
	return r.joined, err
}
