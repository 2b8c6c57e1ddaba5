package source

import (
	"errors"

	"redshank/analytics/record"
)

// maxJSON is the longest JSON text that is read, in bytes.
const maxJSON = 1 << 20

// maxScratch is how much one record may take in all, in bytes: JSON inside
// JSON is transcoded once per level.
const maxScratch = 8 << 20

var errTooLong = errors.New("source: text too long")

// scratch holds what was transcoded for the record at hand: JSON texts and
// CSV rows as msgpack, so that formats see maps whatever came. Where it grows
// it moves, but values found earlier stay readable: they keep the old memory.
type scratch struct{ buf []byte }

// json transcodes the first JSON value of text; rest is what follows it, and
// may hold more of them, one behind the other.
func (s *scratch) json(text []byte) (v record.Value, rest []byte, err error) {
	if len(text) > maxJSON || len(s.buf) > maxScratch {
		return nil, nil, errTooLong
	}
	start := len(s.buf)
	s.buf, rest, err = record.AppendFirstJSON(s.buf, text)
	if err != nil {
		return nil, nil, err
	}
	return record.Value(s.buf[start:]), rest, nil
}

// release gives back what was taken since it held n bytes, and the memory too
// where one record has made it huge.
func (s *scratch) release(n int) {
	s.buf = s.buf[:n]
	if n == 0 && cap(s.buf) > 2*maxJSON {
		s.buf = nil
	}
}
