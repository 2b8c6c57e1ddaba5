package analytics

import (
	"encoding/binary"
	"errors"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// savedTries are packed: they are most of what is put down, hundreds in the
// list of a campaign, and the encoder would take ten times as long.
type savedTries []window.Try

// tryVersion stands before the tries; another means other fields.
const tryVersion = 2

var errTries = errors.New("tries: cut short, or of another version")

// EncodeMsgpack implements msgpack.CustomEncoder.
func (s savedTries) EncodeMsgpack(enc *msgpack.Encoder) error {
	return enc.EncodeBytes(packTries(nil, s))
}

func appendTries(b []byte, list []window.Try) []byte {
	b, start := beginBytes(b)
	return endBytes(packTries(b, list), start)
}

func packTries(b []byte, list []window.Try) []byte {
	b = append(b, tryVersion)
	last := int64(0)
	for i := range list {
		t := &list[i]
		b = binary.AppendVarint(b, t.At-last)
		last = t.At
		b = append(b, t.Client[:]...)
		b = binary.BigEndian.AppendUint64(b, t.Key)
		b = binary.BigEndian.AppendUint32(b, t.Agent)
		b = binary.BigEndian.AppendUint32(b, t.Tool)
		for _, n := range [...]uint64{uint64(t.Sources), uint64(t.Marks), uint64(t.Reason), uint64(t.Service), uint64(t.Family), flag(t.GotIn), uint64(len(t.Name))} {
			b = binary.AppendUvarint(b, n)
		}
		b = append(b, t.Name...)
	}
	return b
}

// beginBytes begins bytes whose number endBytes puts down where it is known.
func beginBytes(b []byte) (_ []byte, start int) {
	b = append(b, 0xc6, 0, 0, 0, 0) // bin 32
	return b, len(b)
}

func endBytes(b []byte, start int) []byte {
	binary.BigEndian.PutUint32(b[start-4:], uint32(len(b)-start))
	return b
}

func flag(on bool) uint64 {
	if on {
		return 1
	}
	return 0
}

// DecodeMsgpack implements msgpack.CustomDecoder.
func (s *savedTries) DecodeMsgpack(dec *msgpack.Decoder) error {
	b, err := dec.DecodeBytes()
	if err != nil {
		return err
	}
	if len(b) == 0 || b[0] != tryVersion {
		return errTries
	}
	*s = nil
	last := int64(0)
	for b = b[1:]; len(b) > 0; {
		var t window.Try
		if b = unpackTry(b, &t); b == nil {
			return errTries
		}
		last += t.At
		t.At = last
		*s = append(*s, t)
	}
	return nil
}

// unpackTry reads one try, with the time since the one before, and returns
// what follows; nil where it is not whole.
func unpackTry(b []byte, t *window.Try) []byte {
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
	t.Service, t.Family, t.GotIn = event.Service(v[3]), event.Family(v[4]), v[5] != 0
	t.Name = string(b[:v[6]])
	return b[v[6]:]
}
