package input

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
)

// envelopeSize is how far into an object its envelope is looked for, in bytes.
const envelopeSize = 4 << 10

// envelope matches the beginning of an object around a list of records: a batch
// of an Event Hub, a page of Microsoft Graph.
var envelope = regexp.MustCompile(`^\{\s*("[^"\\]*"\s*:\s*("[^"\\]*"|[0-9]+|null)\s*,\s*)*"(records|Records|value|events)"\s*:\s*\[`)

// json reads a sequence of JSON values with anything between them: one value a line, values
// over several lines, or the elements of an array or an envelope, which may be larger than
// the memory.
func (r *reader) json(from *bufio.Reader) error {
	for {
		c, err := r.skipTo(from, "{[")
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case c == '[':
			r.discard(from, 1)
			err = r.elements(from)
		default:
			err = r.object(from)
		}
		if err != nil {
			return err
		}
	}
}

// skipTo moves to the next byte that is one of set and returns it.
func (r *reader) skipTo(from *bufio.Reader, set string) (byte, error) {
	for {
		b, err := from.Peek(1)
		if err != nil {
			return 0, err
		}
		if bytes.IndexByte([]byte(set), b[0]) >= 0 {
			return b[0], nil
		}
		r.discard(from, 1)
	}
}

// object reads the object that begins here. Nearly every object is one line, whose end is
// found without parsing.
func (r *reader) object(from *bufio.Reader) error {
	if line, ok := wholeLine(from); ok {
		r.to.JSON(r.at, line)
		r.discard(from, len(line))
		return nil
	}
	head, _ := from.Peek(envelopeSize)
	if at := envelope.FindIndex(head); at != nil {
		r.discard(from, at[1])
		if err := r.elements(from); err != nil {
			return err
		}
		_, err := r.skipTo(from, "}")
		r.discard(from, 1)
		return ignoreEnd(err)
	}
	return r.value(from)
}

// wholeLine returns an object that ends with its line and is not one of several
// on it: the brackets between are not counted, so the line is taken as it is, and
// the decoder finds a value that is not JSON.
func wholeLine(from *bufio.Reader) ([]byte, bool) {
	buffered, _ := from.Peek(max(from.Buffered(), 1))
	end := bytes.IndexByte(buffered, '\n')
	if end < 0 {
		buffered, _ = from.Peek(bufferSize)
		if end = bytes.IndexByte(buffered, '\n'); end < 0 && len(buffered) < bufferSize {
			end = len(buffered)
		}
	}
	if end < 0 {
		return nil, false
	}
	line := bytes.TrimRight(buffered[:end], " \t\r\x00")
	if len(line) < 2 || line[len(line)-1] != '}' || isEnvelope(line) {
		return nil, false
	}
	return line, true
}

// isEnvelope reports whether an object begins like one around a list of records.
// The expression is left to the few that have its first word.
func isEnvelope(line []byte) bool {
	first := bytes.TrimLeft(line[1:min(len(line), 40)], " \t")
	for _, word := range [...]string{`"records"`, `"Records"`, `"value"`, `"events"`, `"@odata`} {
		if bytes.HasPrefix(first, []byte(word)) {
			return envelope.Match(line[:min(len(line), envelopeSize)])
		}
	}
	return false
}

// elements reads the elements of an array to its end.
func (r *reader) elements(from *bufio.Reader) error {
	for {
		c, err := r.skipTo(from, "{[]\"")
		switch {
		case errors.Is(err, io.EOF):
			return fmt.Errorf("array without an end: %w", io.ErrUnexpectedEOF)
		case err != nil:
			return err
		case c == ']':
			r.discard(from, 1)
			return nil
		}
		if err := r.value(from); err != nil {
			return err
		}
	}
}

// value reads the array, object or string that begins here.
func (r *reader) value(from *bufio.Reader) error {
	r.buf = r.buf[:0]
	begin := r.at
	var s scan
	for !s.done {
		piece, err := from.Peek(max(from.Buffered(), 1))
		if err != nil {
			if len(r.buf) > 0 && len(r.buf) <= maxRecord {
				r.to.JSON(begin, r.buf) // damaged; counted as such
			}
			if errors.Is(err, io.EOF) {
				return fmt.Errorf("value without an end: %w", io.ErrUnexpectedEOF)
			}
			return err
		}
		n := s.read(piece)
		if len(r.buf) <= maxRecord {
			r.buf = append(r.buf, piece[:n]...)
		}
		r.discard(from, n)
	}
	if len(r.buf) > maxRecord {
		return fmt.Errorf("value of more than %d MB", maxRecord>>20)
	}
	r.to.JSON(begin, r.buf)
	return nil
}

// scan finds the end of a JSON value, over any number of pieces.
type scan struct {
	depth           int
	quoted, escaped bool
	done            bool
}

// read returns how many bytes of piece belong to the value.
func (s *scan) read(piece []byte) int {
	for i, c := range piece {
		switch {
		case s.escaped:
			s.escaped = false
		case s.quoted && c == '\\':
			s.escaped = true
		case c == '"':
			s.quoted = !s.quoted
		case s.quoted:
		case c == '{' || c == '[':
			s.depth++
		case c == '}' || c == ']':
			s.depth--
		}
		if s.depth <= 0 && !s.quoted {
			s.done = true
			return i + 1
		}
	}
	return len(piece)
}
