package record

import "encoding/binary"

// maxDepth bounds the nesting of values, in records and in JSON. It bounds the
// recursion in this package and in readers of its output.
const maxDepth = 64

// sizes is the encoded length of the values whose first byte determines it:
// numbers, short strings, empty containers; 0 for all others.
var sizes = func() (sizes [256]uint8) {
	for c := range sizes {
		switch {
		case c < 0x80, c >= 0xe0, c == 0x80, c == 0x90:
			sizes[c] = 1
		case c >= 0xa0 && c < 0xc0:
			sizes[c] = 1 + uint8(c&0x1f)
		}
	}
	copy(sizes[0xc0:], []uint8{1, 0, 1, 1})                                    // nil, never used, false, true
	copy(sizes[0xca:], []uint8{5, 9, 2, 3, 5, 9, 2, 3, 5, 9, 3, 4, 6, 10, 18}) // floats, uints, ints, fixext
	return sizes
}()

// layout describes the values with one first byte: the length of the header
// (0: no such value), the length of the big-endian count that follows the first
// byte, and what is counted.
type layout struct {
	header  uint8
	width   uint8
	members uint8 // 0: payload bytes; 1: elements; 2: fields, two values each
}

// leads holds the layouts of the first bytes 0xc0 to 0xdf that have a count.
var leads = [32]layout{
	0x04: {2, 1, 0}, {3, 2, 0}, {5, 4, 0}, // bin 8, 16, 32
	0x07: {3, 1, 0}, {4, 2, 0}, {6, 4, 0}, // ext 8, 16, 32
	0x19: {2, 1, 0}, {3, 2, 0}, {5, 4, 0}, // str 8, 16, 32
	0x1c: {3, 2, 1}, {5, 4, 1}, // array 16, 32
	0x1e: {3, 2, 2}, {5, 4, 2}, // map 16, 32
}

// enter skips one scalar, or the header of one container, and returns the number of
// values inside the container, where a field counts as two. ok is false if the
// bytes are not msgpack or too few. A container that declares more members than
// there are bytes left is an error, so a header of four billion members costs
// nothing.
func enter(b []byte, at int) (next, members int, ok bool) {
	if at >= len(b) {
		return at, 0, false
	}
	c := b[at]
	if size := int(sizes[c]); size > 0 {
		return at + size, 0, at+size <= len(b)
	}
	switch {
	case c < 0x90:
		members = 2 * int(c&0x0f)
	case c < 0xa0:
		members = int(c & 0x0f)
	default:
		return enterLong(b, at, leads[c-0xc0])
	}
	return at + 1, members, at+1+members <= len(b)
}

// enterLong is enter for values with a count after the first byte. Counts have 64
// bits until they are known to be small, for 32-bit hosts.
func enterLong(b []byte, at int, l layout) (next, members int, ok bool) {
	next = at + int(l.header)
	if l.header == 0 || next > len(b) {
		return at, 0, false
	}
	var count uint64
	switch l.width {
	case 1:
		count = uint64(b[at+1])
	case 2:
		count = uint64(binary.BigEndian.Uint16(b[at+1:]))
	default:
		count = uint64(binary.BigEndian.Uint32(b[at+1:]))
	}
	if l.members > 0 {
		count *= uint64(l.members)
	}
	if count > uint64(len(b)-next) {
		return at, 0, false
	}
	if l.members > 0 {
		return next, int(count), true
	}
	return next + int(count), 0, true
}

// skip skips one value and returns its end and the number of non-empty containers
// in it. If ok is false, end is the offset of the damage. Unlike msgp.Skip, which
// recurses up to 100,000 levels, skip counts, so that a chunk of array headers
// costs neither stack nor time; skip is also faster. Keys and short texts come
// first and need no table, because the start of the next value is on the critical
// path.
func skip(b []byte, at int) (end, opened int, ok bool) {
	for pending := 1; pending > 0; pending-- {
		if at >= len(b) {
			return len(b), opened, false
		}
		c := b[at]
		if c-0xa0 < 0x20 {
			at += 1 + int(c&0x1f)
			continue
		}
		if size := int(sizes[c]); size > 0 {
			at += size
			continue
		}
		switch {
		case c == 0xd9 && at+1 < len(b): // str8: the most common of the rest
			at += 2 + int(b[at+1])
		case c < 0x90: // fixmap; the end of b reveals missing members
			at, opened = at+1, opened+1
			pending += 2 * int(c&0x0f)
		case c < 0xa0: // fixarray
			at, opened = at+1, opened+1
			pending += int(c & 0x0f)
		case c == 0xda && at+2 < len(b):
			at += 3 + int(binary.BigEndian.Uint16(b[at+1:]))
		default:
			next, members, ok := enterLong(b, at, leads[c-0xc0])
			if !ok {
				return at, opened, false
			}
			if at = next; members > 0 {
				pending += members
				opened++
			}
		}
	}
	return min(at, len(b)), opened, at <= len(b)
}

// within skips one value with at most levels nested containers, empty ones
// included, and returns its end; -1 if the value nests deeper or is damaged. It
// recurses at most levels deep.
func within(b []byte, at, levels int) int {
	next, members, ok := enter(b, at)
	if !ok || levels == 0 && (isMap(b[at]) || isArray(b[at])) {
		return -1
	}
	for ; members > 0 && next >= 0; members-- {
		next = within(b, next, levels-1)
	}
	return next
}

// textExtent returns the payload of the str or bin value at b[at:] and its end; nil and
// the end of the value for any other kind. ok is false if b is damaged.
func textExtent(b []byte, at int) (payload []byte, end int, ok bool) {
	if at >= len(b) {
		return nil, at, false
	}
	c, start := b[at], 0
	switch {
	case c-0xa0 < 0x20: // fixstr: nearly every key
		start = at + 1
		end = start + int(c&0x1f)
	case c == 0xd9 && at+1 < len(b): // str8: most values
		start = at + 2
		end = start + int(b[at+1])
	case c == 0xda && at+2 < len(b): // str16: most lines
		start = at + 3
		end = start + int(binary.BigEndian.Uint16(b[at+1:]))
	default:
		return longText(b, at)
	}
	if end > len(b) {
		return nil, at, false
	}
	return b[start:end:end], end, true
}

// longText is text for the forms that text does not handle itself.
func longText(b []byte, at int) (payload []byte, end int, ok bool) {
	if end, _, ok = skip(b, at); !ok {
		return nil, at, false
	}
	if c := b[at]; isText(c) {
		payload = b[at+int(leads[c-0xc0].header) : end : end]
	}
	return payload, end, true
}

// isText reports whether c is the first byte of a bin or of a str other than
// fixstr.
func isText(c byte) bool { return c >= 0xc4 && c <= 0xc6 || c >= 0xd9 && c <= 0xdb }

// fieldCount returns the number of fields of the map at the beginning of b and the offset of the
// first one; ok is false if the value is not a map or b is too short.
func fieldCount(b []byte) (n, first int, ok bool) {
	switch {
	case len(b) < 3: // an empty map, or no map
	case b[0]&0xf0 == 0x80: // nearly all nested maps
		n = int(b[0] & 0x0f)
		return n, 1, 2*n < len(b)
	case b[0] == 0xde: // nearly all audit records
		n = int(binary.BigEndian.Uint16(b[1:]))
		return n, 3, 2*n <= len(b)-3
	}
	if len(b) == 0 || !isMap(b[0]) {
		return 0, 0, false
	}
	first, members, ok := enter(b, 0)
	return members / 2, first, ok
}

// elements returns the same for an array.
func elements(b []byte, at int) (n, first int, ok bool) {
	if at < len(b) && b[at]&0xf0 == 0x90 {
		n = int(b[at] & 0x0f)
		return n, at + 1, n < len(b)-at
	}
	if at >= len(b) || !isArray(b[at]) {
		return 0, at, false
	}
	first, n, ok = enter(b, at)
	return n, first, ok
}

func isMap(c byte) bool   { return c&0xf0 == 0x80 || c == 0xde || c == 0xdf }
func isArray(c byte) bool { return c&0xf0 == 0x90 || c == 0xdc || c == 0xdd }
