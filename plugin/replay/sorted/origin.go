package sorted

import (
	"encoding/binary"

	"redshank/analytics/event"
)

// originFlags returns the flags of the origin of an event. A record that has an id does
// not need its origin.
func originFlags(ev *event.Event) (flags byte) {
	if ev.Origin == nil || len(ev.ID) > 0 {
		return 0
	}
	if ev.Origin.Resolve(); ev.Origin.Placed {
		return flagOrigin | flagPlaced
	}
	return flagOrigin
}

// appendOrigin appends an origin: the digest of the line, the offset, and the file that
// the record names.
func appendOrigin(dst []byte, o *event.Origin) []byte {
	dst = binary.BigEndian.AppendUint64(dst, o.Kept().Digest)
	return append(binary.AppendVarint(dst, o.Offset), o.File...)
}

// readOrigin fills o from the end of an entry.
func readOrigin(b []byte, o *event.Origin) error {
	if len(b) < 9 {
		return errEntry
	}
	offset, n := binary.Varint(b[8:])
	if n <= 0 {
		return errEntry
	}
	o.Digest, o.Offset, o.File = binary.BigEndian.Uint64(b), offset, string(b[8+n:])
	return nil
}
