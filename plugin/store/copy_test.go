package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// A store that another process writes, and compacts, can be read from a copy, which
// is a state that the store had.
func TestOpenCopyOfRunningStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := openWithWAL(t, path)
	const entries = 200
	write := func(n int) error {
		var b Batch
		for k := range entries {
			b.Put("left", fmt.Append(nil, k), fmt.Append(nil, n))
		}
		return s.Append(&b)
	}
	if err := write(0); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for n := 1; ; n++ {
			select {
			case <-done:
				return
			default:
			}
			err := write(n)
			if n%5 == 0 {
				err = errors.Join(err, s.Compact())
			}
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	t.Setenv("TMPDIR", t.TempDir())
	for range 20 {
		c, err := OpenCopy(path, Options{Buckets: sides, WriteAhead: true}, nil)
		if err != nil {
			t.Error(err)
			break
		}
		values, n := map[string]bool{}, 0
		err = c.Each("left", func(_, v []byte) error { values[string(v)] = true; n++; return nil })
		if err = errors.Join(err, c.Close()); err != nil || n != entries || len(values) != 1 {
			t.Errorf("%d entries of %d batches: %v", n, len(values), err)
		}
	}
	close(done)
	writer.Wait()
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("copies are left: %v %v", left, err)
	}
	_ = s.Close()
}

func TestOpenCopyOfNothing(t *testing.T) {
	_, err := OpenCopy(filepath.Join(t.TempDir(), "x.db"), Options{Buckets: sides}, nil)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// An earlier version did not have all tables of this one: nothing is set aside.
func TestOpenWithNewBucket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := openWithWAL(t, path)
	var b Batch
	b.Put("left", []byte("k"), []byte("v"))
	if err := errors.Join(s.Append(&b), s.Close()); err != nil {
		t.Fatal(err)
	}
	s, aside, err := Open(path, Options{Buckets: append([]string{"new"}, sides...), WriteAhead: true}, nil)
	if err != nil || aside != nil {
		t.Fatal(err, aside)
	}
	if got := contents(t, s, "left") + contents(t, s, "new"); got != "k=v " {
		t.Error(got)
	}
	_ = s.Close()
}
