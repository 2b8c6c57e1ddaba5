package record

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"

	"github.com/tinylib/msgp/msgp"
)

// The errors of a JSON text. They are fixed values, so that a flood of broken lines
// costs no allocations. The rest that AppendFirstJSON returns begins at the error.
var (
	ErrJSONTruncated = errors.New("json: ends too early")
	ErrJSONSyntax    = errors.New("json: syntax error")
	ErrJSONDepth     = errors.New("json: nested deeper than 64 levels")
)

// AppendJSON appends the one JSON value in src to dst as msgpack, so that sources
// read the same kind of value whether the host parsed the JSON or not. Text after
// the value is a syntax error. On any error AppendJSON returns dst unchanged. out
// grows by at most three times len(src) and can be reused; nothing else is
// allocated except the error of strconv for each number beyond float64.
//
// AppendJSON accepts everything that encoding/json accepts, and the deviations of
// log collectors: a byte order mark, NUL padding at both ends, raw line breaks and
// other control characters in strings, strings in single quotes, True, False, None
// and NaN as Python prints them, invalid escapes (a Windows path, kept unchanged), and invalid UTF-8
// (also kept; unpaired surrogates become U+FFFD). Repeated keys are all kept, in order.
// Integers that fit are ints, all other numbers float64; a number beyond its range
// becomes the largest one.
//
// The scanner is written by hand because it is the hottest path for audit logs that
// arrive as text. On real audit records, relative to encoding/json into a
// map[string]any, jsontext.Decoder took 1/5 of the time, valyala/fastjson 1/7, and
// AppendJSON 1/12 (2026-11). Neither of those accepts the deviations above.
func AppendJSON(dst, src []byte) (out []byte, err error) {
	out, rest, err := AppendFirstJSON(dst, src)
	if err == nil && len(rest) > 0 {
		return dst, ErrJSONSyntax
	}
	return out, err
}

// AppendFirstJSON is AppendJSON for the first of several consecutive values. rest
// is the remaining text without the white space and padding before the next value;
// on an error, rest begins with the offending byte.
func AppendFirstJSON(dst, src []byte) (out, rest []byte, err error) {
	t := transcoder{src: src, dst: dst}
	t.padding()
	if bytes.HasPrefix(t.src[t.at:], []byte("\xef\xbb\xbf")) {
		t.at += 3
		t.padding()
	}
	if err := t.value(maxDepth); err != nil {
		return dst, src[min(t.at, len(src)):], err
	}
	t.padding()
	return t.dst, src[t.at:], nil
}

// transcoder is one pass over src. A method expects at on the first byte of the
// element that it is named after, and leaves at after the last byte.
type transcoder struct {
	src []byte
	at  int
	dst []byte
}

// padding skips white space and NULs: files are allocated ahead with zeroes.
func (t *transcoder) padding() {
	for t.at < len(t.src) && (t.src[t.at] == 0 || isSpace(t.src[t.at])) {
		t.at++
	}
}

// peek skips white space and returns the next byte; ok is false at the end.
func (t *transcoder) peek() (c byte, ok bool) {
	for ; t.at < len(t.src); t.at++ {
		if c = t.src[t.at]; !isSpace(c) {
			return c, true
		}
	}
	return 0, false
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// value appends any value with at most levels nested containers.
func (t *transcoder) value(levels int) error {
	c, ok := t.peek()
	if !ok {
		return ErrJSONTruncated
	}
	switch c {
	case '"', '\'':
		return t.text(c)
	case '{', '[':
		if levels == 0 {
			return ErrJSONDepth
		}
		return t.container(c, levels-1)
	case 't':
		return t.literal("true", 0xc3)
	case 'f':
		return t.literal("false", 0xc2)
	case 'n':
		return t.literal("null", 0xc0)
	case 'T':
		return t.literal("True", 0xc3)
	case 'F':
		return t.literal("False", 0xc2)
	case 'N':
		if t.at+1 < len(t.src) && t.src[t.at+1] == 'a' {
			return t.literal("NaN", 0xc0) // as Python writes a missing value
		}
		return t.literal("None", 0xc0)
	}
	return t.number()
}

// container appends an object or an array. The number of members is known only at
// the end, so the count always has four bytes; moving the members to save two bytes
// would cost more.
func (t *transcoder) container(open byte, levels int) error {
	lead, closing := byte(0xdf), byte('}')
	if open == '[' {
		lead, closing = 0xdd, ']'
	}
	mark := len(t.dst)
	t.dst = append(t.dst, lead, 0, 0, 0, 0)
	t.at++
	count := uint32(0)
	c, _ := t.peek()
	for more := c != closing; more; count++ {
		if open == '{' {
			if err := t.key(); err != nil {
				return err
			}
		}
		if err := t.value(levels); err != nil {
			return err
		}
		var err error
		if more, err = t.more(closing); err != nil {
			return err
		}
	}
	t.at++
	binary.BigEndian.PutUint32(t.dst[mark+1:], count)
	return nil
}

// more reads the comma between two members, or stops before the closing bracket.
func (t *transcoder) more(closing byte) (bool, error) {
	c, ok := t.peek()
	switch {
	case !ok:
		return false, ErrJSONTruncated
	case c == closing:
		return false, nil
	case c != ',':
		return false, ErrJSONSyntax
	}
	t.at++
	return true, nil
}

// key appends a key and reads the colon after it.
func (t *transcoder) key() error {
	c, ok := t.peek()
	if ok && c != '"' && c != '\'' {
		return ErrJSONSyntax
	}
	if ok {
		if err := t.text(c); err != nil {
			return err
		}
		c, ok = t.peek()
	}
	if !ok {
		return ErrJSONTruncated
	}
	if c != ':' {
		return ErrJSONSyntax
	}
	t.at++
	return nil
}

// literal appends the one byte that stands for name.
func (t *transcoder) literal(name string, code byte) error {
	got := t.src[t.at:min(t.at+len(name), len(t.src))]
	if string(got) != name[:len(got)] {
		return ErrJSONSyntax
	}
	if len(got) < len(name) {
		return ErrJSONTruncated
	}
	t.at += len(name)
	t.dst = append(t.dst, code)
	return nil
}

// number appends a number.
func (t *transcoder) number() error {
	end, integer, ok := scanNumeral(t.src, t.at)
	numeral := t.src[t.at:end]
	t.at = end
	switch {
	case !ok && end == len(t.src):
		return ErrJSONTruncated
	case !ok || zeroPadded(numeral):
		return ErrJSONSyntax
	}
	if n, ok := decimal(numeral); ok && integer {
		t.dst = msgp.AppendInt64(t.dst, n)
		return nil
	}
	// Infinity becomes the largest number: JSON cannot represent infinity.
	f, _ := parseFloat(numeral)
	t.dst = msgp.AppendFloat64(t.dst, max(-math.MaxFloat64, min(f, math.MaxFloat64)))
	return nil
}
