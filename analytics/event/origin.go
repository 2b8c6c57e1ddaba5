package event

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"
)

// Origin is the place of an event in its log. It identifies a record that has no id
// of its own, which is the case for most lines of text logs.
type Origin struct {
	File   string // path of the log, at most MaxFile bytes; empty: not known
	Offset int64  // of the record in the file, in bytes; valid if Placed
	Placed bool
	Line   []byte // the raw line without its line end, valid as long as the event; nil: not a line
	Digest uint64 // first eight bytes of the SHA-256 of the line; 0: not computed yet
}

// Bounds of the text that identifies a record, in bytes: of the whole text, and of
// the path in it.
const (
	MaxRecord = 160
	MaxFile   = 96
)

// DigestPrefix stands before the digest of a line.
const DigestPrefix = "sha256:"

// FileName returns a copy of a path of at most MaxFile bytes. Of a longer path it
// keeps the end, which distinguishes files, behind "...".
func FileName(path []byte) string {
	if len(path) <= MaxFile {
		return string(path)
	}
	return "..." + string(path[len(path)-MaxFile+len("..."):])
}

// LineDigest returns the first eight bytes of the SHA-256 of a line.
func LineDigest(line []byte) uint64 {
	sum := sha256.Sum256(line)
	return binary.BigEndian.Uint64(sum[:])
}

// digest returns the digest of the line, 0 if there is no line.
func (o *Origin) digest() uint64 {
	if o.Digest == 0 && len(o.Line) > 0 {
		o.Digest = LineDigest(o.Line)
	}
	return o.Digest
}

// Kept returns a copy that is valid for longer than the event. It hashes the line.
func (o *Origin) Kept() *Origin {
	return &Origin{File: o.File, Offset: o.Offset, Placed: o.Placed, Digest: o.digest()}
}

// AppendRecord appends the text by which the record of e is found again, at most
// MaxRecord bytes: the id of the record; or FILE:OFFSET, if the record names both; or
// the digest of the line, the time and the file, as far as known:
//
//	sha256:0123456789abcdef 2026-03-10T08:15:30Z /logs/u_ex260310.log
//
// It appends nothing if none of these is known. It may have to hash the line, so it is
// for events that become evidence.
func (e *Event) AppendRecord(dst []byte) []byte {
	o := e.Origin
	switch {
	case len(e.ID) > 0:
		return append(dst, e.ID[:min(len(e.ID), MaxRecord)]...)
	case o == nil:
		return dst
	case o.Placed && o.File != "":
		return strconv.AppendInt(append(append(dst, o.File...), ':'), o.Offset, 10)
	case o.digest() == 0:
		return dst
	}
	var sum [8]byte
	binary.BigEndian.PutUint64(sum[:], o.Digest)
	dst = hex.AppendEncode(append(dst, DigestPrefix...), sum[:])
	dst = e.Time.UTC().AppendFormat(append(dst, ' '), time.RFC3339)
	if o.File != "" {
		dst = append(append(dst, ' '), o.File...)
	}
	return dst
}
