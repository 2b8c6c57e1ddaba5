package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bberrors "go.etcd.io/bbolt/errors"

	"redshank/plugin/store/storetest"
)

var sides = []string{"left", "right"}

func open(t testing.TB, path string, o Options) *Store {
	t.Helper()
	o.Buckets = sides
	s, aside, err := Open(path, o, nil)
	if err != nil || aside != nil {
		t.Fatal(err, aside)
	}
	return s
}

func update(t testing.TB, s *Store, do func(*Tx) error) {
	t.Helper()
	if err := s.Update(do); err != nil {
		t.Fatal(err)
	}
}

func contents(t testing.TB, s *Store, bucket string) string {
	t.Helper()
	var b strings.Builder
	if err := s.Each(bucket, func(k, v []byte) error { fmt.Fprintf(&b, "%s=%s ", k, v); return nil }); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestStoreKeeps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder", "x.db")
	s := open(t, path, Options{})
	put := func(k, v string) func(*Tx) error {
		return func(tx *Tx) error { return tx.Put("left", []byte(k), []byte(v)) }
	}
	update(t, s, put("a", "1"))
	update(t, s, put("b", "2"))
	update(t, s, put("a", "3"))
	update(t, s, func(tx *Tx) error {
		key, value, err := tx.First("left")
		if string(key) != "a" || string(value) != "3" {
			t.Errorf("first is %s=%s", key, value)
		}
		return errors.Join(err, tx.Put("right", key, value), tx.Delete("left", key), tx.Delete("left", []byte("none")))
	})
	broken := errors.New("broken")
	if err := s.Update(func(tx *Tx) error { return errors.Join(put("c", "4")(tx), broken) }); !errors.Is(err, broken) {
		t.Error(err)
	}
	if err := s.Update(func(*Tx) error { panic("at the disk") }); err == nil || !strings.Contains(err.Error(), "at the disk") {
		t.Error(err)
	}
	if _, _, err := Open(path, Options{Buckets: sides}, nil); err == nil || !strings.Contains(err.Error(), "in use by another instance") {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, Options{})
	if l, r := contents(t, s, "left"), contents(t, s, "right"); l != "b=2 " || r != "a=3 " {
		t.Error(l, r)
	}
	got := "nothing"
	if err := s.Get("left", []byte("b"), func(v []byte) error { got = string(v); return nil }); err != nil || got != "2" {
		t.Error(got, err)
	}
	_ = s.Close()
}

// A file that load refuses is set aside like a damaged one, and the new file is
// loaded.
func TestStoreSetsAsideWhatLoadRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := open(t, path, Options{})
	update(t, s, func(tx *Tx) error { return tx.Put("left", []byte("k"), []byte("v")) })
	_ = s.Close()
	for n, change := range []func(*Options){func(*Options) {}, func(o *Options) { o.Format = 2 }, func(o *Options) { o.Buckets = append(o.Buckets, "third") }} {
		o := Options{Buckets: sides}
		change(&o)
		loads, found := 0, 0
		s, aside, err := Open(path, o, func(s *Store) error {
			loads, found = loads+1, 0
			err := s.Each("left", func(_, _ []byte) error { found++; return nil })
			if found > 0 {
				err = errors.New("makes no sense")
			}
			return err
		})
		want := fmt.Sprintf("x.db.damaged-%d", n+1)
		if err != nil || aside == nil || !strings.Contains(aside.Error(), want) || found != 0 || loads != 2-min(n, 1) {
			t.Error(aside, err, loads, found)
		}
		_ = s.Close()
	}
}

// Every file that the store wrote has to pass the check: a check that is too
// strict would set good state aside.
func TestManyShapesAreSound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 6 {
		path := filepath.Join(t.TempDir(), "x.db")
		s := open(t, path, Options{Rising: round%2 == 0})
		for range 60 {
			update(t, s, func(tx *Tx) error { return scribble(r, tx, 1<<(2*round)) })
			if r.IntN(20) == 0 {
				if err := checkPages(path); err != nil {
					t.Fatal(err)
				}
			}
		}
		want := s.tally
		_ = s.Close()
		s = open(t, path, Options{})
		if s.tally != want {
			t.Fatalf("%+v, want %+v", s.tally, want)
		}
		_ = s.Close()
	}
}

func scribble(r *rand.Rand, tx *Tx, keys int) (err error) {
	for range r.IntN(60) {
		key := binary.BigEndian.AppendUint32(nil, uint32(r.IntN(20*keys)))
		if r.IntN(3) == 0 {
			err = errors.Join(err, tx.Delete(sides[r.IntN(2)], key))
		} else {
			err = errors.Join(err, tx.Put(sides[r.IntN(2)], key, make([]byte, r.IntN(1<<r.IntN(14)))))
		}
	}
	return err
}

// bytesOf returns a file with a tree of two levels, overflow pages and free
// pages.
func bytesOf(t testing.TB) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.db")
	s := open(t, path, Options{})
	for i := range 8 {
		update(t, s, func(tx *Tx) error {
			return errors.Join(tx.Put("left", fmt.Append(nil, i), bytes.Repeat([]byte{'x'}, 700*i)), tx.Put("right", []byte("same"), fmt.Append(nil, i)))
		})
	}
	_ = s.Close()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A flipped bit is detected, or the file is as it was before the last
// transaction, or the bit is in unused space.
func TestStoreOfFlippedBytes(t *testing.T) {
	file := bytesOf(t)
	path := filepath.Join(t.TempDir(), "x.db")
	for at := range storetest.Offsets(len(file), 509) {
		file[at] ^= 1 << (at % 8)
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		s, aside, err := Open(path, Options{Buckets: sides}, nil)
		if err != nil {
			t.Fatal(at, err)
		}
		got := contents(t, s, "right")
		if whole := got == "same=7 " || at < 2*4096 && got == "same=6 "; whole == (aside != nil) {
			t.Errorf("byte %d: found %q, set aside: %v", at, got, aside)
		}
		_ = s.Close()
		_ = os.Remove(path + ".damaged-1")
		file[at] ^= 1 << (at % 8)
	}
}

func TestStoreFull(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "x.db"), Options{})
	s.SetLimit(64 << 10)
	large := func(tx *Tx) error { return tx.Put("left", []byte("k"), make([]byte, 1<<20)) }
	if err := s.Update(large); !errors.Is(err, bberrors.ErrMaxSizeReached) {
		t.Error(err)
	}
	s.SetLimit(0)
	update(t, s, large)
	_ = s.Close()
}

func FuzzCheckPages(f *testing.F) {
	file := bytesOf(f)
	f.Add(uint32(0), []byte{1})
	f.Add(uint32(3*4096), []byte{7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 255})
	path := filepath.Join(f.TempDir(), "x")
	f.Fuzz(func(t *testing.T, at uint32, change []byte) {
		b := bytes.Clone(file)
		copy(b[int(at)%len(b):], change)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		_ = checkPages(path)
	})
}
