package store

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
)

// keepBatch is how much memory an emptied batch may hold on to, in bytes.
const keepBatch = 4 << 20

// Batch is changes that come to be together or not at all. The zero value is
// one without any.
type Batch struct {
	b       []byte // room for the head of a frame, then the changes
	changes int
}

// Put adds the setting of an entry. All is copied.
func (b *Batch) Put(bucket string, key, value []byte) { b.add(bucket, key, value, len(value)+1) }

// Delete adds the removal of an entry.
func (b *Batch) Delete(bucket string, key []byte) { b.add(bucket, key, nil, 0) }

// add writes a change: bucket and key, each after its length, the length of the
// value and one more, so that 0 is none at all, and the value.
func (b *Batch) add(bucket string, key, value []byte, size int) {
	if len(b.b) == 0 {
		b.b = append(b.b, make([]byte, frameHead)...)
	}
	b.b = append(binary.AppendUvarint(b.b, uint64(len(bucket))), bucket...)
	b.b = append(binary.AppendUvarint(b.b, uint64(len(key))), key...)
	b.b = append(binary.AppendUvarint(b.b, uint64(size)), value...)
	b.changes++
}

// Len is the number of changes.
func (b *Batch) Len() int { return b.changes }

// Reset empties the batch.
func (b *Batch) Reset() {
	if cap(b.b) > keepBatch {
		b.b = nil
	}
	*b = Batch{b: b.b[:0]}
}

// Newest keeps of several changes of one entry the last, and of all the last
// that come to no more than so many bytes.
func (b *Batch) Newest(limit int) {
	changes, _ := changesIn(nil, b.b[min(frameHead, len(b.b)):]) // our own
	seen, size, kept := map[string]bool{}, 0, changes[len(changes):]
	for i := len(changes) - 1; i >= 0; i-- {
		c := &changes[i]
		id := c.bucket + "\x00" + string(c.key)
		if size += len(id) + len(c.value); size > limit {
			break
		}
		if !seen[id] {
			seen[id] = true
			kept = append(kept, *c)
		}
	}
	var fresh Batch
	for _, c := range slices.Backward(kept) {
		if c.value == nil {
			fresh.Delete(c.bucket, c.key)
		} else {
			fresh.Put(c.bucket, c.key, c.value)
		}
	}
	*b = fresh
}

// change is one of a batch. Without a value the entry is gone.
type change struct {
	bucket     string
	key, value []byte
	at         int // in their order
}

// changesIn adds the changes of a batch, which they point into.
func changesIn(to []change, b []byte) ([]change, error) {
	for len(b) > 0 {
		bucket, rest, ok := piece(b, 0)
		key, rest, ok2 := piece(rest, 0)
		value, rest, ok3 := piece(rest, 1)
		if !ok || !ok2 || !ok3 {
			return to, fmt.Errorf("%w: a change ahead", ErrDamaged)
		}
		c := change{key: key, value: value, at: len(to)}
		if n := len(to); n > 0 && to[n-1].bucket == string(bucket) {
			c.bucket = to[n-1].bucket
		} else {
			c.bucket = string(bucket)
		}
		to, b = append(to, c), rest
	}
	return to, nil
}

// piece is what stands behind its length, of which less is taken away; nil
// where that leaves less than nothing.
func piece(b []byte, less uint64) (piece, rest []byte, ok bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 {
		return nil, nil, false
	}
	if b = b[n:]; size < less {
		return nil, b, true
	}
	if size -= less; size > uint64(len(b)) {
		return nil, nil, false
	}
	return b[:size:size], b[size:], true
}

// inOrder sorts changes as the file has its entries, since a batch into one
// page is one move of what is behind, and leaves the last of each.
func inOrder(changes []change) []change {
	slices.SortFunc(changes, func(a, b change) int { return cmp.Or(order(a, b), a.at-b.at) }) // a stable sort takes half as long again
	kept := changes[:0]
	for i := range changes {
		if i+1 == len(changes) || order(changes[i], changes[i+1]) != 0 {
			kept = append(kept, changes[i])
		}
	}
	return kept
}

func order(a, b change) int {
	return cmp.Or(cmp.Compare(a.bucket, b.bucket), bytes.Compare(a.key, b.key))
}
