package analytics

import "github.com/cespare/xxhash/v2"

// digest tells chunks apart. Fluent Bit redelivers them byte for byte, with
// nanosecond timestamps inside, so equal digests mean one chunk. It goes a little
// ahead of the reader: it takes what lies there in one straight run, as memory
// is fastest to give, and the reader then finds it in the nearest cache. A whole
// chunk is larger than that, and would have to be fetched twice.
type digest struct {
	tag  uint64
	sum  xxhash.Digest
	done int // bytes of the chunk
}

// digestBlock is how much it takes at a time, in bytes, and the least that it is
// ahead: little enough that the processor goes on to read lines while it waits
// for that. headSize is how much of a chunk is looked at first.
const (
	digestBlock = 1 << 10
	headSize    = 4 << 10
)

func (d *digest) begin(tag string) {
	d.tag, d.done = xxhash.Sum64String(tag), 0
	d.sum.Reset()
}

// lead goes ahead of a reader that has come so far.
func (d *digest) lead(chunk []byte, at int) {
	if at+digestBlock > d.done {
		d.add(chunk[d.done:min(len(chunk), d.done+digestBlock)])
	}
}

func (d *digest) add(b []byte) {
	_, _ = d.sum.Write(b) // never errs
	d.done += len(b)
}

func (d *digest) end(chunk []byte) uint64 {
	d.add(chunk[d.done:])
	return d.sum.Sum64() ^ d.tag
}

// digestOf is the digest of a whole chunk at once.
func digestOf(tag string, chunk []byte) uint64 {
	return xxhash.Sum64(chunk) ^ xxhash.Sum64String(tag)
}

// headOf tells chunks apart by their length and how they begin.
func headOf(tag string, chunk []byte) uint64 {
	const mix = 0x9e3779b97f4a7c15
	return digestOf(tag, chunk[:min(len(chunk), headSize)]) + uint64(len(chunk))*mix
}
