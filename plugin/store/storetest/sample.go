package storetest

import (
	"iter"

	"redshank/test/extent"
)

// Offsets returns the offsets of a file of size bytes at which a test damages
// the file: all of them for a soak test. Otherwise every fifth byte of the first
// 64 of each page of 4096 bytes, where the structure of a store is, and every
// step-th byte of the rest, which is under a checksum or free. The remainder of
// 5 moves from page to page, so that every field of a page head is damaged in
// some page. Outside the full extent of tests it is every tenth byte of those 64 and a
// quarter of the rest.
func Offsets(size, step int) iter.Seq[int] {
	every, soak := 5, Soak()
	if !extent.Full() {
		every, step = 10, 4*step
	}
	return func(yield func(int) bool) {
		for at := range size {
			page, in := at/4096, at%4096
			if (soak || in < 64 && (in+page)%every == 0 || at%step == 0) && !yield(at) {
				return
			}
		}
	}
}
