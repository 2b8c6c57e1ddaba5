package store

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
)

// keepBatch is the most memory that an emptied batch keeps, in bytes.
const keepBatch = 4 << 20

// Batch is a list of changes that are stored together or not at all. The zero
// value is empty.
type Batch struct {
	b       []byte // space for the head of a frame, then the encoded changes
	changes int
}

// Put adds a change that sets an entry. Key and value are copied.
func (b *Batch) Put(bucket string, key, value []byte) { b.add(bucket, key, value, len(value)+1) }

// Delete adds a change that removes an entry. The key is copied.
func (b *Batch) Delete(bucket string, key []byte) { b.add(bucket, key, nil, 0) }

// add encodes a change: bucket and key, each after its length, then the value
// after its length plus one. A length of 0 stands for a removal.
func (b *Batch) add(bucket string, key, value []byte, size int) {
	if len(b.b) == 0 {
		b.b = append(b.b, make([]byte, frameHead)...)
	}
	b.b = append(binary.AppendUvarint(b.b, uint64(len(bucket))), bucket...)
	b.b = append(binary.AppendUvarint(b.b, uint64(len(key))), key...)
	b.b = append(binary.AppendUvarint(b.b, uint64(size)), value...)
	b.changes++
}

// Len returns the number of changes.
func (b *Batch) Len() int { return b.changes }

// Reset empties the batch.
func (b *Batch) Reset() {
	if cap(b.b) > keepBatch {
		b.b = nil
	}
	*b = Batch{b: b.b[:0]}
}

// Newest drops every change that a later one of the same entry replaces, and
// then the oldest changes until the rest is at most limit bytes of buckets, keys
// and values.
func (b *Batch) Newest(limit int) {
	changes, _ := changesIn(nil, b.b[min(frameHead, len(b.b)):]) // encoded by add, so never an error
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

// batchChange is one change of a batch. A nil value removes the entry.
type batchChange struct {
	bucket     string
	key, value []byte
	position   int // in the batch
}

// changesIn appends the changes encoded in b, which they point into.
func changesIn(to []batchChange, b []byte) ([]batchChange, error) {
	for len(b) > 0 {
		bucket, rest, ok := pieceOf(b, 0)
		key, rest, ok2 := pieceOf(rest, 0)
		value, rest, ok3 := pieceOf(rest, 1)
		if !ok || !ok2 || !ok3 {
			return to, fmt.Errorf("%w: a change in the write-ahead log", ErrDamaged)
		}
		c := batchChange{key: key, value: value, position: len(to)}
		if n := len(to); n > 0 && to[n-1].bucket == string(bucket) {
			c.bucket = to[n-1].bucket
		} else {
			c.bucket = string(bucket)
		}
		to, b = append(to, c), rest
	}
	return to, nil
}

// pieceOf returns the bytes that follow their encoded length, and the rest. less is
// subtracted from the length; the piece is nil when the length is smaller.
func pieceOf(b []byte, less uint64) (piece, rest []byte, ok bool) {
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

// inOrder sorts changes by bucket and key, the order of the tree, and keeps the
// last change of every entry.
func inOrder(changes []batchChange) []batchChange {
	slices.SortFunc(changes, func(a, b batchChange) int { return cmp.Or(orderOf(a, b), a.position-b.position) }) // faster than a stable sort
	kept := changes[:0]
	for i := range changes {
		if i+1 == len(changes) || orderOf(changes[i], changes[i+1]) != 0 {
			kept = append(kept, changes[i])
		}
	}
	return kept
}

func orderOf(a, b batchChange) int {
	return cmp.Or(cmp.Compare(a.bucket, b.bucket), bytes.Compare(a.key, b.key))
}
