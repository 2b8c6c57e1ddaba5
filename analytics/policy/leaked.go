package policy

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"math/bits"
	"slices"

	"go.yaml.in/yaml/v3"

	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/policy/strict"
)

// leakedFile is a file of accounts whose passwords are known to others.
type leakedFile struct {
	path   string
	format string // auto, plain, sha1, sha256
	stamp  stamp
	node   *yaml.Node
	hashes [forms][]uint64
}

// The forms a line can have, by the hash an account is looked up with.
const (
	plainForm = iota
	sha1Form
	sha256Form
	forms
)

// leakedLists holds the files. Of each account only 64 bits of a hash are kept,
// sorted: 8 bytes an account. Among n of them another account is taken for a
// leaked one with a chance of n / 2^64, 5e-13 for ten million; nothing else of
// a line, a password least of all, is kept or shown.
type leakedLists struct {
	files []*leakedFile
	seed  maphash.Seed // of plainForm: nobody can prepare collisions
}

// leakedTable is what lookups use.
type leakedTable struct {
	seed   maphash.Seed
	hashes [forms][][]uint64
}

// read reads [{file, format}] or paths.
func (l *leakedLists) read(r *strict.Reader, at string, n *yaml.Node) {
	l.files = nil
	r.Items(at, n, func(item *yaml.Node) {
		f := &leakedFile{format: "auto", node: item}
		r.Either(item, func() {
			strict.Section(strict.Fields{
				"file":   strict.Text(&f.path),
				"format": strict.OneOf(&f.format, "auto", "plain", "sha1", "sha256"),
			})(r, at, item)
		}, func() { strict.Text(&f.path)(r, at, item) })
		if f.path == "" {
			r.Fail(item, strict.Join(at, "file"), "missing")
			return
		}
		l.files = append(l.files, f)
	})
}

// finish reads the files.
func (l *leakedLists) finish(r *strict.Reader, d *event.Domains) {
	l.seed = maphash.MakeSeed()
	for _, f := range l.files {
		f.path = r.Path(f.path)
		_, err := f.load(l.seed, d)
		r.FailEach(f.node, "leaked_accounts", err)
	}
}

// refresh reads the files that have changed.
func (l *leakedLists) refresh(d *event.Domains) (changed []string, err error) {
	for _, f := range l.files {
		again, e := f.load(l.seed, d)
		err = errors.Join(err, e)
		if again {
			changed = append(changed, f.path)
		}
	}
	return changed, err
}

func (l *leakedLists) table() *leakedTable {
	t := &leakedTable{seed: l.seed}
	for _, f := range l.files {
		for form, hashes := range f.hashes {
			if len(hashes) > 0 {
				t.hashes[form] = append(t.hashes[form], hashes)
			}
		}
	}
	return t
}

// load reads the file if it has changed, one line at a time.
func (f *leakedFile) load(seed maphash.Seed, d *event.Domains) (bool, error) {
	now, err := stampOf(f.path)
	if err != nil || now == f.stamp {
		return false, err
	}
	var fresh [forms][]uint64
	buffer := make([]byte, 0, event.AccountBuffer)
	err = eachLine(f.path, func(line []byte) error {
		form, hash, err := f.parse(line, buffer, seed, d)
		if err == nil {
			fresh[form] = append(fresh[form], hash)
		}
		return err
	})
	if err != nil {
		return false, err
	}
	for form, hashes := range fresh {
		slices.Sort(hashes)
		fresh[form] = slices.Clip(slices.Compact(hashes))
	}
	f.hashes, f.stamp = fresh, now
	return true, nil
}

// parse reads one line: an account, or its hash, with anything behind it. Its
// errors never quote the line, which may hold a password.
func (f *leakedFile) parse(line, buffer []byte, seed maphash.Seed, d *event.Domains) (form int, hash uint64, err error) {
	first := line
	if i := bytes.IndexAny(line, ":;,\t "); i >= 0 {
		first = line[:i]
	}
	form = f.formOf(first)
	if form != plainForm {
		hash, err = hashPrefix(first, form)
		return form, hash, err
	}
	acc := d.Account(buffer, first)
	if acc.Kind == event.UserUnknown {
		return form, 0, errors.New("not an account")
	}
	return form, maphash.Bytes(seed, acc.User), nil
}

// formOf returns the form of a line's first word.
func (f *leakedFile) formOf(word []byte) int {
	switch f.format {
	case "plain":
		return plainForm
	case "sha1":
		return sha1Form
	case "sha256":
		return sha256Form
	}
	for form, size := range [forms]int{sha1Form: sha1.Size, sha256Form: sha256.Size} {
		if size > 0 && len(word) == 2*size && isHex(word) {
			return form
		}
	}
	return plainForm
}

func isHex(b []byte) bool {
	for _, c := range b {
		if ascii.Hex(c) > 15 {
			return false
		}
	}
	return true
}

// hashPrefix is the first 64 bits of a hash in hexadecimal.
func hashPrefix(word []byte, form int) (uint64, error) {
	size := 2 * [forms]int{sha1Form: sha1.Size, sha256Form: sha256.Size}[form]
	var first [8]byte
	if len(word) != size || !isHex(word) {
		return 0, fmt.Errorf("not a hash (want %d hexadecimal digits)", size)
	}
	if _, err := hex.Decode(first[:], word[:16]); err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint64(first[:]), nil
}

// has reports whether a canonical account is on a list. Hashed lists are of
// the address in lower case, so they know no other spelling of it; hashing
// costs some 150 ns each, but only where such a list is loaded.
func (t *leakedTable) has(user []byte) bool {
	if len(user) == 0 {
		return false
	}
	if lists := t.hashes[plainForm]; lists != nil && anyHas(lists, maphash.Bytes(t.seed, user)) {
		return true
	}
	if lists := t.hashes[sha1Form]; lists != nil {
		sum := sha1.Sum(user)
		if anyHas(lists, binary.BigEndian.Uint64(sum[:])) {
			return true
		}
	}
	if lists := t.hashes[sha256Form]; lists != nil {
		sum := sha256.Sum256(user)
		return anyHas(lists, binary.BigEndian.Uint64(sum[:]))
	}
	return false
}

func anyHas(lists [][]uint64, hash uint64) bool {
	for _, l := range lists {
		if hasHash(l, hash) {
			return true
		}
	}
	return false
}

// hasHash searches a sorted list of hashes. They are spread evenly, so the
// place is guessed first and the search is confined to what surrounds it: a
// cache line or two instead of one for each of the 24 halvings of ten million.
func hasHash(sorted []uint64, hash uint64) bool {
	const around = 1 << 10
	guess, _ := bits.Mul64(hash, uint64(len(sorted)))
	low, high := max(0, int(guess)-around), min(len(sorted), int(guess)+around)
	if low > 0 && sorted[low-1] >= hash {
		low = 0
	}
	if high < len(sorted) && sorted[high] < hash {
		high = len(sorted)
	}
	_, found := slices.BinarySearch(sorted[low:high], hash)
	return found
}
