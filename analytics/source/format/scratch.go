package format

import (
	"errors"

	"redshank/analytics/record"
)

// MaxJSON is the longest JSON text that is read, in bytes.
const MaxJSON = 1 << 20

// maxScratch is how much one record may take in all, in bytes: JSON inside
// JSON is transcoded once per level.
const maxScratch = 8 << 20

var errTooLong = errors.New("source: text too long")

// Scratch holds what was transcoded for one record: JSON texts and CSV rows as
// msgpack, so that formats get maps whatever came. When Buf grows it moves, and
// values found earlier stay readable, since they keep the old memory.
type Scratch struct{ Buf []byte }

// JSON transcodes the first JSON value of text. rest is what follows the value,
// and may hold more values, one behind the other.
func (s *Scratch) JSON(text []byte) (v record.Value, rest []byte, err error) {
	if len(text) > MaxJSON || len(s.Buf) > maxScratch {
		return nil, nil, errTooLong
	}
	start := len(s.Buf)
	s.Buf, rest, err = record.AppendFirstJSON(s.Buf, text)
	if err != nil {
		return nil, nil, err
	}
	return record.Value(s.Buf[start:]), rest, nil
}

// Release gives back what was taken since Buf held n bytes, and the memory itself
// if one record has made it huge.
func (s *Scratch) Release(n int) {
	s.Buf = s.Buf[:n]
	if n == 0 && cap(s.Buf) > 2*MaxJSON {
		s.Buf = nil
	}
}
