// Package drill marks the records of a drill, a harmless attack that an operator
// writes into the logs to test that alerts arrive, and recognises them.
//
// # Why nobody can pass a real attack off as a drill
//
// The mark stands in the id of a record, or in another text, which a client may
// choose. It is a keyed
// hash (HMAC-SHA-256, cut to 128 bits) over the run, the number of the record, its
// time, its account and its address; the key stays in a file that the policy names.
// A record belongs to a drill only if all of this holds:
//
//   - its address is one for documentation, which no client on the Internet has, or
//     it is of a kind that has no address, as a script or a cmdlet on a server;
//   - its account is in the policy's list of drill accounts;
//   - the hash is right;
//   - the run began at most a day ago.
//
// Any other record is an ordinary one, whatever its id says. A copy of a record of a
// drill is the same record again: the same account, address and time.
package drill

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"time"
)

// Lifetime is how long after its beginning the records of a run are taken as those
// of a drill.
const Lifetime = 24 * time.Hour

// slack is how far ahead the clock of the machine that wrote a drill may be.
const slack = 10 * time.Minute

const (
	prefix = "redshank-drill-"
	// runSize is the length of a run in hexadecimal: when it began, in Unix seconds,
	// and a random number.
	runSize    = 16
	numberSize = 8
	macSize    = 16 // bytes
	markSize   = len(prefix) + runSize + 1 + numberSize + 1 + 2*macSize
)

// Run is the id of one drill, in hexadecimal. It begins with the time at which the
// drill was written.
type Run string

// NewRun returns the id of a drill that begins now.
func NewRun(now time.Time) Run {
	var b [runSize / 2]byte
	_, _ = rand.Read(b[:]) // never fails
	binary.BigEndian.PutUint32(b[:], uint32(now.Unix()))
	return Run(hex.EncodeToString(b[:]))
}

// Began returns when the run began, zero for what is no run.
func (r Run) Began() time.Time {
	b, err := hex.DecodeString(string(r))
	if err != nil || len(b) != runSize/2 {
		return time.Time{}
	}
	return time.Unix(int64(binary.BigEndian.Uint32(b)), 0).UTC()
}

// Before reports whether a run began in an earlier second than another. No run is
// before the empty one.
func (r Run) Before(other Run) bool {
	const seconds = 8 // hexadecimal digits
	return len(other) == runSize && r[:min(len(r), seconds)] < other[:seconds]
}

// Expired reports whether the records of a run no longer count as a drill at a time.
func (r Run) Expired(now time.Time) bool {
	began := r.Began()
	return now.After(began.Add(Lifetime)) || now.Before(began.Add(-slack))
}

// Record is what a mark vouches for.
type Record struct {
	At      time.Time // of the event, to the second
	Account string    // as the record spells it
	Address string    // canonical; empty if the record has no address
}

// Mark returns the id of the n-th record of a run.
func (k *Key) Mark(run Run, n uint32, r Record) string {
	number := hex.EncodeToString(binary.BigEndian.AppendUint32(nil, n))
	sum := k.sum(string(run), number, r)
	return prefix + string(run) + "-" + number + "-" + hex.EncodeToString(sum[:])
}

// Find returns the part of a text that could be a mark, nil if there is none. Logs
// put a mark among other texts, as Windows does with the number of a record.
func Find(text []byte) []byte {
	if len(text) < markSize {
		return nil
	}
	at := bytes.Index(text, mark)
	if at < 0 || len(text)-at < markSize {
		return nil
	}
	return text[at : at+markSize]
}

var mark = []byte(prefix)

// Verify returns the run of a record whose text has a mark of this key.
func (k *Key) Verify(text []byte, r Record) (run Run, ok bool) {
	id := Find(text)
	if id == nil {
		return "", false
	}
	return k.verify(string(id[len(prefix):]), r)
}

// verify is Verify for what follows the prefix.
func (k *Key) verify(text string, r Record) (run Run, ok bool) {
	name, number, mac := text[:runSize], text[runSize+1:runSize+1+numberSize], text[runSize+numberSize+2:]
	got, err := hex.DecodeString(mac)
	want := k.sum(name, number, r)
	if err != nil || text[runSize] != '-' || text[runSize+1+numberSize] != '-' || !hmac.Equal(got, want[:]) {
		return "", false
	}
	return Run(name), true
}

// sum is the keyed hash of a record. Every part comes after its length.
func (k *Key) sum(run, number string, r Record) (sum [macSize]byte) {
	mac := hmac.New(sha256.New, k.secret[:])
	text := []byte("redshank drill 1")
	for _, part := range [...]string{run, number, r.Account, r.Address} {
		text = append(binary.AppendUvarint(text, uint64(len(part))), part...)
	}
	text = binary.BigEndian.AppendUint64(text, uint64(r.At.Unix()))
	mac.Write(text)
	copy(sum[:], mac.Sum(nil))
	return sum
}

// documentation are the networks of RFC 5737 and RFC 3849.
var documentation = [...]netip.Prefix{
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("2001:db8::/32"),
}

// IsDocumentation reports whether an address is reserved for documentation, so that
// no client can have it.
func IsDocumentation(addr netip.Addr) bool {
	for _, p := range documentation {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}
