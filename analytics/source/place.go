package source

import (
	"redshank/analytics/event"
	"redshank/analytics/record"
)

// setPath distinguishes the files of one tag, if the record names its file.
func setPath(s *Set, found []record.Value) {
	path, offset := placeOf(found)
	follow(s, path)
	placeAt(s, offset)
}

// placeOf returns the path of the file that a record names, and its offset there.
func placeOf(found []record.Value) (path []byte, offset record.Value) {
	for _, slot := range pathSlots {
		if named := found[slot].Bytes(); len(named) > 0 {
			path = named
		}
	}
	if offset = found[slotOffset]; !offset.Present() {
		offset = found[slotLogOffset]
	}
	if file := found[slotLog].Get("file"); file.Present() {
		path, offset = file.Get("path").Bytes(), found[slotLog].Get("offset")
	}
	return path, offset
}

// locateInMap fills in the file and the offset that a parsed record names beside its
// fields.
func locateInMap(s *Set, o *event.Origin) {
	if !s.body.IsMap() {
		return
	}
	var found [len(wrapperNames)]record.Value
	wrapperKeys.Find(s.body, found[:])
	path, offset := placeOf(found[:])
	if len(path) > 0 {
		o.File = event.FileName(path)
	}
	if offset.Present() {
		o.Offset, o.Placed = offset.Int()
	}
}

// placeAt keeps the offset of the record in its file, if the record names one.
func placeAt(s *Set, offset record.Value) {
	if offset.Present() {
		s.origin.Offset, s.origin.Placed = offset.Int()
	}
}

// follow makes the stream of a file that of the record.
func follow(s *Set, path []byte) {
	if len(path) > 0 {
		s.at = s.streams.get(s.in.Tag, path)
		s.in.Stream = &s.at.Stream
	}
}
