package iis

import (
	"bytes"
	"encoding/binary"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/source/request"
)

// pathInfo is the information that the path of a request carries.
type pathInfo struct {
	service   event.Service
	login     bool // it takes a filled-in logon form
	anonymous bool // a page of the logon, which proves nothing
	mailbox   bool // it may name one that is opened beside one's own

	// What a request was for that names no operation of its own.
	action event.Action
	access event.Access
}

func readStem(path []byte) pathInfo {
	var ev event.Event
	ev.Service = request.ServiceOf(path)
	request.Act(&ev, path, path)
	return pathInfo{ev.Service, isLogin(path), isAnonymous(path), ev.Service == event.OWA && ascii.HasPrefix(path, "/owa/"), ev.Action, ev.Access}
}

// stems is a cache of parsed paths. A front end sees the same few dozen paths all day,
// and a lookup takes a tenth of the time of parsing.
type stems [stemSlots]struct {
	path [maxStem]byte
	n    uint8
	stem pathInfo
}

const (
	stemSlots = 256 // a power of two
	maxStem   = 64  // longest path that is remembered, in bytes
)

// of returns the stem of a path. The pointer is valid until the next call.
func (t *stems) of(path []byte) *pathInfo {
	known := &t[place(path)]
	if string(known.path[:known.n]) != string(path) || len(path) == 0 {
		known.stem = readStem(path)
		known.n = uint8(copy(known.path[:], path))
		if len(path) > maxStem {
			known.n = 0
		}
	}
	return &known.stem
}

// place returns the slot of a path, from its length and both ends. A client that forces
// collisions only causes the cost of parsing without a cache.
func place(path []byte) uint64 {
	const mix, bits = 0x9e3779b97f4a7c15, 8
	h := uint64(len(path))
	if len(path) < 8 {
		for _, c := range path {
			h = h<<8 | uint64(c)
		}
	} else {
		h = (h ^ binary.LittleEndian.Uint64(path)) * mix
		h ^= h>>32 ^ binary.LittleEndian.Uint64(path[len(path)-8:])
	}
	return h * mix >> (64 - bits)
}

// isAnonymous reports whether path is a page of the logon itself. An account logged
// with such a page is not authenticated: it may have just been refused.
func isAnonymous(path []byte) bool { return ascii.HasPrefix(path, "/owa/auth") }

// openedMailbox returns the additional mailbox that /owa/user@domain/ opens.
func openedMailbox(path []byte) []byte {
	if !ascii.HasPrefix(path, "/owa/") {
		return nil
	}
	name := ascii.UpTo(path[len("/owa/"):], "/")
	if bytes.IndexByte(name, '@') < 0 {
		return nil
	}
	return ascii.Clip(name, request.MaxUser)
}
