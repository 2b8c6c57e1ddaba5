package state

import (
	"encoding/binary"
	"errors"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// Attempts is the saved form of a list of attempts. Lists are most of the saved
// state, with hundreds of attempts for a campaign; the general encoder takes ten
// times as long.
type Attempts []window.Attempt

// tryVersion stands before the tries; another means other fields.
const attemptVersion = 2

var errAttempts = errors.New("attempts: cut short, or of another version")

// EncodeMsgpack implements msgpack.CustomEncoder.
func (s Attempts) EncodeMsgpack(enc *msgpack.Encoder) error {
	return enc.EncodeBytes(packAttempts(nil, s))
}

func AppendAttempts(b []byte, list []window.Attempt) []byte {
	b, start := BeginBytes(b)
	return EndBytes(packAttempts(b, list), start)
}

func packAttempts(b []byte, list []window.Attempt) []byte {
	b = append(b, attemptVersion)
	last := int64(0)
	for i := range list {
		t := &list[i]
		b = binary.AppendVarint(b, t.At-last)
		last = t.At
		b = append(b, t.Client[:]...)
		b = binary.BigEndian.AppendUint64(b, t.Key)
		b = binary.BigEndian.AppendUint32(b, t.Agent)
		b = binary.BigEndian.AppendUint32(b, t.Tool)
		for _, n := range [...]uint64{uint64(t.Sources), uint64(t.Marks), uint64(t.Reason), uint64(t.Service), uint64(t.Family), flag(t.Succeeded), uint64(len(t.Name))} {
			b = binary.AppendUvarint(b, n)
		}
		b = append(b, t.Name...)
	}
	return b
}

func flag(on bool) uint64 {
	if on {
		return 1
	}
	return 0
}

// DecodeMsgpack implements msgpack.CustomDecoder.
func (s *Attempts) DecodeMsgpack(dec *msgpack.Decoder) error {
	b, err := dec.DecodeBytes()
	if err != nil {
		return err
	}
	if len(b) == 0 || b[0] != attemptVersion {
		return errAttempts
	}
	*s = nil
	last := int64(0)
	for b = b[1:]; len(b) > 0; {
		var t window.Attempt
		if b = unpackAttempt(b, &t); b == nil {
			return errAttempts
		}
		last += t.At
		t.At = last
		*s = append(*s, t)
	}
	return nil
}

// unpackAttempt reads one attempt, with the time since the previous attempt, and
// returns the remaining bytes, or nil if the attempt is incomplete.
func unpackAttempt(b []byte, t *window.Attempt) []byte {
	const fixed = 16 + 8 + 4 + 4
	at, n := binary.Varint(b)
	if n <= 0 || len(b) < n+fixed {
		return nil
	}
	b = b[n:]
	t.At, t.Client = at, [16]byte(b)
	t.Key, t.Agent = binary.BigEndian.Uint64(b[16:]), binary.BigEndian.Uint32(b[24:])
	t.Tool = binary.BigEndian.Uint32(b[28:])
	b = b[fixed:]
	var v [7]uint64
	for i := range v {
		if v[i], n = binary.Uvarint(b); n <= 0 {
			return nil
		}
		b = b[n:]
	}
	if v[6] > uint64(len(b)) {
		return nil
	}
	t.Sources, t.Marks, t.Reason = uint16(v[0]), event.Marks(v[1]), event.Reason(v[2])
	t.Service, t.Family, t.Succeeded = event.Service(v[3]), event.Family(v[4]), v[5] != 0
	t.Name = string(b[:v[6]])
	return b[v[6]:]
}
