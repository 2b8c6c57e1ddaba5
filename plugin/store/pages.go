package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"os"
)

// checkPages reads a bbolt file and returns an error unless its pages form a
// tree: every page in its place and used once, every element inside its page,
// keys in rising order, and no page both in use and on the free list.
//
// bbolt has checksums for its two meta pages only and trusts all other pages.
// One flipped bit can make bbolt loop for ever, overflow the stack, which no Go
// program survives, or overwrite live data later. Tx.Check of bbolt relies on
// the same pages. The cost is one reading of the file at the start.
func checkPages(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() // read only
	info, err := file.Stat()
	if err != nil {
		return err
	}
	c := pageCheck{file: file}
	meta, err := c.meta()
	if err != nil {
		return err
	}
	// Every page that was ever used has to exist: reading a mapped file beyond
	// its end is a fault.
	if c.high > uint64(info.Size())/c.pageSize {
		return fmt.Errorf("%w: ends too early, after %d bytes of %d", ErrDamaged, info.Size(), c.high*c.pageSize)
	}
	c.used = make([]bool, c.high)
	c.used[0], c.used[1] = true, true
	if err := c.tree(meta.root, 0, &keyOrder{}); err != nil {
		return err
	}
	return c.freelist(meta.freelist)
}

// Sizes and flags of bbolt's file format, version 2, which uses the byte order
// of the machine. A run of pages begins with id (8 bytes), flags (2), count (2)
// and overflow (4), the number of pages after the first.
const (
	pageHeader   = 16
	elementSize  = 16
	flagBranch   = 0x01
	flagLeaf     = 0x02
	flagFreelist = 0x10
	bucketHeader = 16
	metaSize     = 64
	maxTreeDepth = 32
	noFreelist   = math.MaxUint64
)

var native = binary.NativeEndian

// pageCheck reads one run of pages at a time and keeps one flag for every page,
// because the file may be larger than the memory.
type pageCheck struct {
	file     io.ReaderAt
	pageSize uint64
	high     uint64 // number of pages ever used
	used     []bool // by page
}

// metaPage describes a transaction: the page of the root, the page of the free
// list, and the number of the transaction.
type metaPage struct{ root, freelist, tx uint64 }

// meta returns the later of the two valid meta pages, which bbolt uses.
func (c *pageCheck) meta() (meta metaPage, err error) {
	err = fmt.Errorf("%w: no valid meta page", ErrDamaged)
	for _, size := range []uint64{1 << 12, 1 << 14, 1 << 16, 1 << 13, 1 << 15} {
		for page := range uint64(2) {
			var b [pageHeader + metaSize]byte
			if n, _ := c.file.ReadAt(b[:], int64(page*size)); n < len(b) {
				continue
			}
			m := b[pageHeader:]
			sum := fnv.New64a()
			_, _ = sum.Write(m[:56])
			if sum.Sum64() != native.Uint64(m[56:]) || uint64(native.Uint32(m[8:])) != size || err == nil && native.Uint64(m[48:]) < meta.tx {
				continue
			}
			c.pageSize, c.high = size, native.Uint64(m[40:])
			meta, err = metaPage{native.Uint64(m[16:]), native.Uint64(m[32:]), native.Uint64(m[48:])}, nil
		}
		if err == nil {
			return meta, nil
		}
	}
	return meta, err
}

// run reads the run of pages at id and marks its pages as used.
func (c *pageCheck) run(id uint64) ([]byte, error) {
	if id < 2 || id >= c.high {
		return nil, fmt.Errorf("%w: page %d of %d", ErrDamaged, id, c.high)
	}
	b := make([]byte, c.pageSize)
	if _, err := c.file.ReadAt(b, int64(id*c.pageSize)); err != nil {
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	more := uint64(native.Uint32(b[12:]))
	if native.Uint64(b) != id || more >= c.high-id {
		return nil, fmt.Errorf("%w: head of page %d", ErrDamaged, id)
	}
	for p := id; p <= id+more; p++ {
		if c.used[p] {
			return nil, fmt.Errorf("%w: page %d is used twice", ErrDamaged, p)
		}
		c.used[p] = true
	}
	if more == 0 {
		return b, nil
	}
	b = make([]byte, (1+more)*c.pageSize)
	_, err := c.file.ReadAt(b, int64(id*c.pageSize))
	return b, err
}

// keyOrder holds the first and the last key of a tree walked in order.
type keyOrder struct{ first, last []byte }

func (o *keyOrder) rises(key []byte) bool {
	if o.first == nil {
		o.first, o.last = key, key
		return len(key) > 0 // bbolt has no empty keys
	}
	ok := bytes.Compare(o.last, key) < 0
	o.last = key
	return ok
}

// tree checks the pages below page id in the order of the keys. It terminates
// because no page may be used twice; the depth is bounded to protect the stack.
func (c *pageCheck) tree(id uint64, depth int, order *keyOrder) error {
	b, err := c.run(id)
	if err != nil {
		return err
	}
	if depth > maxTreeDepth {
		return fmt.Errorf("%w: page %d is too deep", ErrDamaged, id)
	}
	if err := c.page(b, depth, order); err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	return nil
}

// page checks the elements of a run of pages, or of the page in the value of a
// small bucket.
func (c *pageCheck) page(b []byte, depth int, order *keyOrder) error {
	if len(b) < pageHeader {
		return fmt.Errorf("%w: short", ErrDamaged)
	}
	check := c.leaf
	switch native.Uint16(b[8:]) {
	case flagBranch:
		check = c.branch
	case flagLeaf:
	default:
		return fmt.Errorf("%w: flags %#x", ErrDamaged, native.Uint16(b[8:]))
	}
	count := int(native.Uint16(b[10:]))
	if pageHeader+count*elementSize > len(b) {
		return fmt.Errorf("%w: %d elements", ErrDamaged, count)
	}
	for i := range count {
		if err := check(b[pageHeader+i*elementSize:], depth, order); err != nil {
			return fmt.Errorf("element %d: %w", i, err)
		}
	}
	return nil
}

// branch checks an element that points to a page. Its key has to be the first
// key of that page, by which bbolt finds the element again, and above all
// earlier keys.
func (c *pageCheck) branch(e []byte, depth int, order *keyOrder) error {
	key, ok := part(e, native.Uint32(e), native.Uint32(e[4:]))
	if !ok || order.last != nil && bytes.Compare(order.last, key) >= 0 {
		return fmt.Errorf("%w: key", ErrDamaged)
	}
	child := keyOrder{}
	if err := c.tree(native.Uint64(e[8:]), depth+1, &child); err != nil {
		return err
	}
	if !bytes.Equal(child.first, key) {
		return fmt.Errorf("%w: key %x of a page that begins with %x", ErrDamaged, key, child.first)
	}
	if order.first == nil {
		order.first = child.first
	}
	order.last = child.last
	return nil
}

// leaf checks an element with a key and a value, or with a bucket.
func (c *pageCheck) leaf(e []byte, depth int, order *keyOrder) error {
	flags, pos, ksize, vsize := native.Uint32(e), native.Uint32(e[4:]), native.Uint32(e[8:]), native.Uint32(e[12:])
	key, ok := part(e, pos, ksize)
	value, ok2 := part(e, pos+ksize, vsize)
	if !ok || !ok2 || flags > 1 || !order.rises(key) {
		return fmt.Errorf("%w: key %x", ErrDamaged, key)
	}
	if flags == 0 {
		return nil
	}
	if len(value) < bucketHeader {
		return fmt.Errorf("%w: bucket %x", ErrDamaged, key)
	}
	if root := native.Uint64(value); root != 0 {
		return c.tree(root, depth+1, &keyOrder{})
	}
	return c.inside(value[bucketHeader:], depth+1)
}

// inside checks the page in the value of a small bucket. Its page number has to
// be 0: bbolt would free the page of any other number.
func (c *pageCheck) inside(b []byte, depth int) error {
	if len(b) < pageHeader || native.Uint64(b) != 0 || native.Uint32(b[12:]) != 0 {
		return fmt.Errorf("%w: head of a page in a bucket", ErrDamaged)
	}
	return c.page(b, depth, &keyOrder{})
}

// part returns b[pos:pos+size] and reports whether that range is inside b. The
// sum of two 32-bit numbers cannot overflow 64 bits.
func part(b []byte, pos, size uint32) ([]byte, bool) {
	if uint64(pos)+uint64(size) > uint64(len(b)) {
		return nil, false
	}
	return b[pos : pos+size], true
}

// freelist checks that the free list names no page in use.
func (c *pageCheck) freelist(id uint64) error {
	if id == noFreelist {
		return nil
	}
	b, err := c.run(id)
	if err != nil {
		return fmt.Errorf("free list: %w", err)
	}
	count, list := uint64(native.Uint16(b[10:])), b[pageHeader:]
	if count == math.MaxUint16 { // too many for the head: the first element is the count
		count, list = native.Uint64(list), list[8:]
	}
	if native.Uint16(b[8:]) != flagFreelist || count > uint64(len(list)/8) {
		return fmt.Errorf("%w: free list of %d", ErrDamaged, count)
	}
	for i := range count {
		free := native.Uint64(list[8*i:])
		if free >= c.high || c.used[free] {
			return fmt.Errorf("%w: page %d is both free and used, or beyond the end", ErrDamaged, free)
		}
		c.used[free] = true
	}
	return nil
}
