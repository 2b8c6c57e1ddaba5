package event

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/cespare/xxhash/v2"
)

// Origin is the place of an event in its log. It identifies a record that has no id
// of its own, which is the case for most lines of text logs.
type Origin struct {
	File   string // path of the log, at most MaxFile bytes; empty: not known
	Offset int64  // of the record in the file, in bytes; valid if Placed
	Placed bool
	Line   []byte // the raw line without its line end, valid as long as the event; nil: not a line
	Digest uint64 // first eight bytes of the SHA-256 of the line; 0: not computed yet

	// Locate fills in File and Offset where that takes a search of the record, and is
	// called once, for evidence only; nil: they are filled in.
	Locate func(*Origin)
}

// Bounds of the text that identifies a record, in bytes: of the whole text, and of
// the path in it.
const (
	MaxRecord = 160
	MaxFile   = 96
)

// What stands before the digest of a line, and before that of an event.
const (
	DigestPrefix = "sha256:"
	EventPrefix  = "event:"
)

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

// Resolve fills in File and Offset.
func (o *Origin) Resolve() {
	if locate := o.Locate; locate != nil {
		o.Locate = nil
		locate(o)
	}
}

// Kept returns a copy that is valid for longer than the event. It hashes the line.
func (o *Origin) Kept() *Origin {
	o.Resolve()
	return &Origin{File: o.File, Offset: o.Offset, Placed: o.Placed, Digest: o.digest()}
}

// RecordText returns the text that AppendRecord appends.
func (e *Event) RecordText() string {
	var record [MaxRecord]byte
	return string(e.AppendRecord(record[:0]))
}

// AppendRecord appends the text by which the record of e is found again, at most
// MaxRecord bytes: the id of the record; or FILE:OFFSET, if the record names both; or
// the digest of the line, the time and the file, as far as known; or, for a record that
// a collector has parsed, the digest of the event in place of that of the line:
//
//	sha256:0123456789abcdef 2026-03-10T08:15:30Z /logs/u_ex260310.log
//	event:0123456789abcdef 2026-03-10T08:15:30Z
//
// It appends nothing for an event that is from no log. It may have to hash the line, so
// it is for events that become evidence.
func (e *Event) AppendRecord(dst []byte) []byte {
	o := e.Origin
	switch {
	case len(e.ID) > 0:
		return append(dst, e.ID[:min(len(e.ID), MaxRecord)]...)
	case o == nil:
		return dst
	}
	if o.Resolve(); o.Placed && o.File != "" {
		return strconv.AppendInt(append(append(dst, o.File...), ':'), o.Offset, 10)
	}
	prefix, digest := DigestPrefix, o.digest()
	if digest == 0 {
		prefix, digest = EventPrefix, e.Digest()
	}
	var sum [8]byte
	binary.BigEndian.PutUint64(sum[:], digest)
	dst = hex.AppendEncode(append(dst, prefix...), sum[:])
	dst = e.Time.UTC().AppendFormat(append(dst, ' '), time.RFC3339)
	if o.File != "" {
		dst = append(append(dst, ' '), o.File...)
	}
	return dst
}

// Excerpt returns a copy of what an alert shows of an event. The copy is valid for longer
// than the event, and its id is the text by which the record is found again.
func (e *Event) Excerpt() *Event {
	return &Event{Time: e.Time, Source: e.Source, Service: e.Service, IP: e.IP, Agent: bytes.Clone(e.AgentText()),
		App: bytes.Clone(cut(e.App, MaxText)), Host: bytes.Clone(cut(e.Host, MaxText)), ID: e.AppendRecord(nil)}
}

// accountSID begins the security identifier of an account.
const accountSID = "S-1-5-21-"

// Digest returns a hash of what a source has read from a record: the same for the line
// of a log and for the map that a parser has made of it.
func (e *Event) Digest() uint64 {
	user := e.RawUser
	if hasPrefix(e.SID, accountSID) {
		user = e.SID // the name may be one that was found by it
	}
	client := e.RawIP
	if ip, ok := ParseAddress(e.RawIP); ok {
		client = ip.AppendTo(nil)
	}
	var h xxhash.Digest
	var head [10]byte
	binary.BigEndian.PutUint64(head[:], uint64(e.Time.Unix()))
	head[8], head[9] = byte(e.Source), byte(e.Service)
	_, _ = h.Write(head[:])
	for _, field := range [...][]byte{client, user, e.AgentText(), e.Operation, e.Code, e.Device} {
		_, _ = h.Write(append(field[:len(field):len(field)], 0))
	}
	return h.Sum64()
}
