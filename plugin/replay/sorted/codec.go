// Package sorted sorts the decoded events of any number of logs by time. Several goroutines
// may add events; the sorted sequence can be read any number of times. Events that do not
// fit into memory are kept in compressed temporary files.
package sorted

import (
	"encoding/binary"
	"errors"
	"time"

	"redshank/analytics/event"
)

// An entry is one event as bytes: a key of keySize bytes, whose order as bytes
// is the order of the events, and the fields as a source left them. Canonical
// fields (IP, User, Family, ...) are not part of it: they depend on the policy.
const keySize = 24

// maxText is the longest text of an event that is kept, in bytes. Sources cap longer
// fields themselves.
const maxText = 32 << 10

var errEntry = errors.New("sorted: damaged entry")

// Key places an event among those of the same instant: by the log it stands in,
// then by its position there.
type Key struct {
	Log      uint64 // hash of the beginning of the log
	Position uint64 // ordinal of the event in the log
}

// flags of an entry.
const (
	flagPluses = 1 << iota
	flagThrottled
	flagOrigin
	flagPlaced
	flagMails
	flagNoAgents
)

// texts returns the byte fields that an entry keeps, in the order in which they
// stand in it. A new byte field of event.Event has to be added here; a test
// compares the two.
func texts(ev *event.Event) [21]*[]byte {
	return [...]*[]byte{
		&ev.Code, &ev.RawIP, &ev.RawForwarded, &ev.RawUser, &ev.UserID, &ev.Mailbox,
		&ev.Agent, &ev.App, &ev.Client, &ev.Device, &ev.Model, &ev.Session, &ev.Token,
		&ev.Operation, &ev.Detail, &ev.Target, &ev.Country, &ev.ID, &ev.Host, &ev.SID, &ev.Drill,
	}
}

// appendEntry appends ev as an entry. Texts are copied.
func appendEntry(dst []byte, key Key, ev *event.Event) []byte {
	dst = binary.BigEndian.AppendUint64(dst, orderOf(ev.Time))
	dst = binary.BigEndian.AppendUint64(dst, key.Log)
	dst = binary.BigEndian.AppendUint64(dst, key.Position)
	var flags byte
	if ev.Pluses {
		flags |= flagPluses
	}
	if ev.Throttled {
		flags |= flagThrottled
	}
	if ev.NoAgents {
		flags |= flagNoAgents
	}
	if ev.Mails != nil {
		flags |= flagMails
	}
	flags |= originFlags(ev)
	dst = append(dst, byte(ev.Source), byte(ev.Service), byte(ev.Action), byte(ev.Outcome), byte(ev.Reason),
		byte(ev.CodeSpace), byte(ev.Protocol), byte(ev.Proof), byte(ev.Access), flags)
	dst = binary.AppendUvarint(dst, uint64(ev.Marks))
	dst = binary.AppendVarint(dst, int64(ev.Items))
	at := len(dst)
	dst = append(dst, 0, 0, 0)
	var present uint32
	for i, text := range texts(ev) {
		if *text == nil {
			continue
		}
		present |= 1 << i
		b := (*text)[:min(len(*text), maxText)]
		dst = binary.AppendUvarint(dst, uint64(len(b)))
		dst = append(dst, b...)
	}
	dst[at], dst[at+1], dst[at+2] = byte(present>>16), byte(present>>8), byte(present)
	if ev.Mails != nil {
		dst = appendMails(dst, ev.Mails)
	}
	if flags&flagOrigin != 0 {
		dst = appendOrigin(dst, ev.Origin)
	}
	return dst
}

// sizeOf is at least as large as the entry of ev.
func sizeOf(ev *event.Event) int {
	size := keySize + 64
	if ev.Mails != nil {
		size += maxMailsSize
	}
	for _, text := range texts(ev) {
		size += binary.MaxVarintLen32 + min(len(*text), maxText)
	}
	return size + 8 + binary.MaxVarintLen64 + event.MaxFile
}

// AppendEvent appends ev in the form in which AddRecord takes events.
func AppendEvent(dst []byte, ev *event.Event) []byte { return appendEntry(dst, Key{}, ev) }

// appendRecord appends the entry of a record: its key, its events, its body.
func appendRecord(dst []byte, key Key, at time.Time, events [][]byte, body []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, orderOf(at))
	dst = binary.BigEndian.AppendUint64(dst, key.Log)
	dst = binary.BigEndian.AppendUint64(dst, key.Position)
	dst = binary.AppendUvarint(dst, uint64(len(events)))
	for _, e := range events {
		dst = binary.AppendUvarint(dst, uint64(len(e)))
		dst = append(dst, e...)
	}
	return append(dst, body...)
}

// readRecord returns the encoded events and the body of the entry of a record.
func readRecord(b []byte, events [][]byte) (_ [][]byte, body []byte, err error) {
	if len(b) < keySize {
		return nil, nil, errEntry
	}
	count, n := binary.Uvarint(b[keySize:])
	if n <= 0 {
		return nil, nil, errEntry
	}
	b = b[keySize+n:]
	for range count {
		size, n := binary.Uvarint(b)
		if n <= 0 || uint64(len(b)-n) < size {
			return nil, nil, errEntry
		}
		events, b = append(events, b[n:n+int(size)]), b[n+int(size):]
	}
	return events, b, nil
}

// readEntry resets ev and fills it from an entry, whose memory it shares. The origin is
// written to ev.Origin, which is created at the first call.
func readEntry(b []byte, ev *event.Event) error {
	const fixed = keySize + 10
	if len(b) < fixed {
		return errEntry
	}
	ev.Reset()
	ev.Time = timeOf(binary.BigEndian.Uint64(b))
	kinds := b[keySize:fixed]
	ev.Source, ev.Service, ev.Action = event.Source(kinds[0]), event.Service(kinds[1]), event.Action(kinds[2])
	ev.Outcome, ev.Reason, ev.CodeSpace = event.Outcome(kinds[3]), event.Reason(kinds[4]), event.CodeSpace(kinds[5])
	ev.Protocol, ev.Proof, ev.Access = event.Protocol(kinds[6]), event.Proof(kinds[7]), event.Access(kinds[8])
	ev.Pluses, ev.Throttled, ev.NoAgents = kinds[9]&flagPluses != 0, kinds[9]&flagThrottled != 0, kinds[9]&flagNoAgents != 0
	rest := b[fixed:]
	marks, n := binary.Uvarint(rest)
	items, m := binary.Varint(rest[max(n, 0):])
	if n <= 0 || m <= 0 || len(rest) < n+m+3 {
		return errEntry
	}
	ev.Marks, ev.Items = event.Marks(marks), int(items)
	rest = rest[n+m:]
	present := uint32(rest[0])<<16 | uint32(rest[1])<<8 | uint32(rest[2])
	rest = rest[3:]
	for i, text := range texts(ev) {
		if present&(1<<i) == 0 {
			continue
		}
		size, n := binary.Uvarint(rest)
		if n <= 0 || uint64(len(rest)-n) < size {
			return errEntry
		}
		end := n + int(size)
		*text, rest = rest[n:end:end], rest[end:]
	}
	if ev.Origin == nil {
		ev.Origin = new(event.Origin)
	}
	*ev.Origin = event.Origin{Placed: kinds[9]&flagPlaced != 0}
	if kinds[9]&flagMails != 0 {
		var err error
		if rest, err = readMails(rest, ev); err != nil {
			return err
		}
	}
	if kinds[9]&flagOrigin == 0 {
		return nil
	}
	return readOrigin(rest, ev.Origin)
}

// orderOf and timeOf convert between a time and a number that sorts like it.
// Times outside of 1678 to 2262 are moved to that range.
func orderOf(t time.Time) uint64 {
	sec := min(max(t.Unix(), -9e9), 9e9)
	return uint64(sec*1e9+int64(t.Nanosecond())) ^ 1<<63
}

func timeOf(order uint64) time.Time { return time.Unix(0, int64(order^1<<63)).UTC() }
