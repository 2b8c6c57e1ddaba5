package iis

import (
	"encoding/binary"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/source/request"
)

// stem is what the path of a request says by itself.
type stem struct {
	service   event.Service
	login     bool // it takes a filled-in logon form
	anonymous bool // a page of the logon, which proves nothing
	mailbox   bool // it may name one that is opened beside one's own

	// What a request was for that names no operation of its own.
	action event.Action
	access event.Access
}

func readStem(path []byte) stem {
	var ev event.Event
	ev.Service = request.ServiceOf(path)
	request.Act(&ev, path, path)
	return stem{ev.Service, isLogin(path), isAnonymous(path), ev.Service == event.OWA && ascii.HasPrefix(path, "/owa/"), ev.Action, ev.Access}
}

// stems remembers paths: a front end sees the same few dozen all day, and to
// read one takes ten times as long as to find it here.
type stems [stemSlots]struct {
	path [maxStem]byte
	n    uint8
	stem stem
}

const (
	stemSlots = 256 // a power of two
	maxStem   = 64  // longest path that is remembered, in bytes
)

// of returns what a path says. The pointer holds until it is called again.
func (t *stems) of(path []byte) *stem {
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

// place returns a slot by the length and both ends of a path. Who makes paths that
// meet in one slot makes them cost what they did anyway.
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
