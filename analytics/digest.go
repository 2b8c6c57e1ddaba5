package analytics

import "github.com/cespare/xxhash/v2"

// digest tells chunks apart. Fluent Bit redelivers them byte for byte, with
// nanosecond timestamps inside, so equal digests mean one chunk. It follows the
// reader, since what has just been read is at hand: a chunk is larger than the
// cache, and to go through it once more takes as long as to parse a third of it.
type digest struct {
	tag  uint64
	sum  xxhash.Digest
	done int // bytes of the chunk
}

// digestBlock is how far it may be behind, in bytes. headSize is how much of a
// chunk is looked at first.
const (
	digestBlock = 16 << 10
	headSize    = 4 << 10
)

func (d *digest) begin(tag string) {
	d.tag, d.done = xxhash.Sum64String(tag), 0
	d.sum.Reset()
}

func (d *digest) follow(chunk []byte, at int) {
	if at-d.done >= digestBlock {
		d.add(chunk[d.done:at])
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
