package forward

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/record"
	"redshank/plugin/delivery"
)

// packEntries returns [time, record] for the first n messages, up to the first
// message that is not a JSON object; err rejects that message. Records are maps
// with all fields of the JSON, so a filter or output behind in_forward need not
// parse them.
func packEntries(messages []delivery.Message) (entries []byte, n int, err error) {
	for i, m := range messages {
		before := len(entries)
		entries = appendEventTime(append(entries, 0x92), m.Time)
		if len(m.JSON) == 0 || m.JSON[0] != '{' {
			err = record.ErrJSONSyntax
		} else {
			entries, err = record.AppendJSON(entries, m.JSON)
		}
		if err != nil {
			return entries[:before], i, &delivery.Rejected{Err: fmt.Errorf("forward: not a JSON object: %w", err)}
		}
	}
	return entries, len(messages), nil
}

// appendEventTime appends an EventTime of the protocol: extension type 0 of 8
// bytes, seconds and nanoseconds. Times before 1970 and after 2106 are moved to
// the nearer end of that range.
func appendEventTime(b []byte, t time.Time) []byte {
	sec := min(max(t.Unix(), 0), 1<<32-1)
	b = binary.BigEndian.AppendUint32(append(b, 0xd7, 0x00), uint32(sec))
	return binary.BigEndian.AppendUint32(b, uint32(t.Nanosecond()))
}

// packChunk returns one message of the protocol, [tag, entries, options], and the
// id of the chunk, which the receiver acknowledges.
func packChunk(tag string, entries []byte, n int, compress bool) (frame []byte, id string, err error) {
	sum := sha256.Sum256(entries)
	id = base64.StdEncoding.EncodeToString(sum[:16])
	options := map[string]any{"chunk": id, "size": n}
	if compress {
		options["compressed"] = "gzip"
		if entries, err = delivery.Gzip(entries); err != nil {
			return nil, "", err
		}
	}
	var b bytes.Buffer
	enc := msgpack.NewEncoder(&b)
	enc.SetSortMapKeys(true) // equal chunks are equal bytes
	err = errors.Join(enc.EncodeArrayLen(3), enc.EncodeString(tag), enc.EncodeBytes(entries), enc.EncodeMap(options))
	return b.Bytes(), id, err
}
