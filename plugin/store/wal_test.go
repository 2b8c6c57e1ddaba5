package store

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"redshank/plugin/store/storetest"
)

func openWithWAL(t testing.TB, path string) *Store {
	t.Helper()
	return open(t, path, Options{WriteAhead: true})
}

// model is the expected contents of a store: bucket/key=value.
type model map[string]string

func (m model) String() string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&b, "%s=%s ", k, m[k])
	}
	return b.String()
}

// change makes a few random changes, some of one entry twice, in one batch.
func (m model) change(t testing.TB, r *rand.Rand, s *Store) {
	var b Batch
	for range 1 + r.IntN(8) {
		bucket, key, value := sides[r.IntN(2)], fmt.Sprint(r.IntN(40)), strings.Repeat("v", r.IntN(900))
		if r.IntN(4) == 0 {
			b.Delete(bucket, []byte(key))
			delete(m, bucket+"/"+key)
		} else {
			b.Put(bucket, []byte(key), []byte(value))
			m[bucket+"/"+key] = value
		}
	}
	if err := s.Append(&b); err != nil {
		t.Error(err)
	}
}

func held(t testing.TB, s *Store) string {
	t.Helper()
	m := model{}
	for _, bucket := range sides {
		if err := s.Each(bucket, func(k, v []byte) error { m[bucket+"/"+string(k)] = string(v); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	return m.String()
}

// copied opens a copy of the files, as they are after a kill.
func copied(t testing.TB, path string) *Store {
	t.Helper()
	to := filepath.Join(t.TempDir(), filepath.Base(path))
	for _, suffix := range append(segmentSuffixes[:], "") {
		b, err := os.ReadFile(path + suffix)
		if err = errors.Join(err, os.WriteFile(to+suffix, b, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return openWithWAL(t, to)
}

// Every appended change survives a kill, in whichever file it is.
func TestWALAgainstModel(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	path := filepath.Join(t.TempDir(), "x.db")
	s, m := openWithWAL(t, path), model{}
	for range 400 {
		switch n := r.IntN(20); {
		case n < 15:
			m.change(t, r, s)
		case n < 18:
			if err := s.Compact(); err != nil {
				t.Fatal(err)
			}
		case n == 18:
			again := copied(t, path)
			if got := held(t, again); got != m.String() {
				t.Fatalf("got  %s\nwant %s", got, m)
			}
			_ = again.Close()
		default:
			_ = s.Close()
			s = openWithWAL(t, path)
		}
	}
	_ = s.Close()
}

func TestWALCompactsBesideAppend(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	path := filepath.Join(t.TempDir(), "x.db")
	s, m := openWithWAL(t, path), model{}
	done := make(chan struct{})
	var compacting sync.WaitGroup
	compacting.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				if err := errors.Join(s.Sync(), s.Compact()); err != nil {
					t.Error(err)
				}
			}
		}
	})
	for range 2000 {
		m.change(t, r, s)
	}
	close(done)
	compacting.Wait()
	if err := s.Compact(); err != nil || s.Pending() != 0 {
		t.Error(err, s.Pending())
	}
	if got := held(t, s); got != m.String() {
		t.Errorf("got  %s\nwant %s", got, m)
	}
	_ = s.Close()
}

// twoSegments makes a store with frames in both segments: the compaction of the
// older one was interrupted.
func twoSegments(t testing.TB, path string) {
	t.Helper()
	s := openWithWAL(t, path)
	put := func(n int) {
		var b Batch
		b.Put("left", fmt.Append(nil, n), bytes.Repeat([]byte{'x'}, 30))
		b.Put("right", []byte("same"), fmt.Append(nil, n))
		if err := s.Append(&b); err != nil {
			t.Fatal(err)
		}
	}
	put(1)
	put(2)
	if err := s.Compact(); err != nil {
		t.Fatal(err)
	}
	put(3)
	put(4)
	s.wal.rotate()
	put(5)
	put(6)
	_ = s.Close()
}

// A segment that was cut short holds what was written before, provided that no
// segment follows. All other damage is detected and sets the store aside.
func TestWALOfDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	twoSegments(t, path)
	files := map[string][]byte{}
	for _, suffix := range append(segmentSuffixes[:], "") {
		files[suffix], _ = os.ReadFile(path + suffix)
	}
	try := func(suffix string, b []byte) (got string, aside error) {
		path := filepath.Join(t.TempDir(), "x.db")
		for name, sound := range files {
			if name == suffix {
				sound = b
			}
			if err := os.WriteFile(path+name, sound, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s, aside, err := Open(path, Options{Buckets: sides, WriteAhead: true}, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		_ = s.Get("right", []byte("same"), func(v []byte) error { got = string(v); return nil })
		if got == "" != (aside != nil) || aside != nil && s.Len() > 0 {
			t.Errorf("%s: %q of %d entries: %v", suffix, got, s.Len(), aside)
		}
		if _, err := os.Stat(path + ".damaged-1" + suffix); (err == nil) != (aside != nil) {
			t.Errorf("%s: %v: %v", suffix, aside, err)
		}
		return got, aside
	}
	older, newer := segmentSuffixes[1], segmentSuffixes[0]
	for suffix, last := range map[string]string{newer: "6", older: "6", "": "6"} {
		if got, aside := try(suffix, files[suffix]); got != last || aside != nil {
			t.Fatalf("%q: %v", got, aside)
		}
	}
	for suffix, want := range map[string]map[string]int{newer: {"4": 1, "5": 1, "6": 0}, older: {"": 1}} {
		whole := files[suffix]
		for at := range whole {
			if at >= 2*frameHead && at%7 != 0 && !storetest.Soak() {
				continue
			}
			flipped := bytes.Clone(whole)
			flipped[at] ^= 1 << (at % 8)
			if got, aside := try(suffix, flipped); got != "" {
				t.Errorf("%s, byte %d: %q, %v", suffix, at, got, aside)
			}
			if got, aside := try(suffix, whole[:at]); want[got] == 0 {
				t.Errorf("%s, %d bytes: %q, %v", suffix, at, got, aside)
			}
		}
	}
}

// Frames that are in the tree already are skipped: the process ended between the
// transaction and the truncation of the segment.
func TestWALCompactedTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	twoSegments(t, path)
	older, err := os.ReadFile(path + segmentSuffixes[1])
	if err != nil {
		t.Fatal(err)
	}
	_ = openWithWAL(t, path).Close()
	if err := os.WriteFile(path+segmentSuffixes[1], older, 0o600); err != nil {
		t.Fatal(err)
	}
	s := openWithWAL(t, path)
	if got := contents(t, s, "right"); got != "same=6 " || s.Pending() != 0 {
		t.Error(got, s.Pending())
	}
	_ = s.Close()
}

// The part of a frame that a full disk took is neither read nor in the way of
// the next frame.
func TestWALOnFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := openWithWAL(t, path)
	var b Batch
	b.Put("left", []byte("k"), make([]byte, 100))
	s.SetLimit(200)
	if err := errors.Join(s.Append(&b), s.Append(&b)); err == nil || !strings.Contains(err.Error(), "over 200 bytes") {
		t.Error(err)
	}
	s.SetLimit(0)
	sound := s.wal.segments[0].file
	s.wal.segments[0].file, _ = os.Open(path) // cannot be written
	if err := s.Append(&b); err == nil || !s.wal.segments[0].torn {
		t.Error(err)
	}
	_ = s.wal.segments[0].file.Close()
	s.wal.segments[0].file = sound
	if _, err := sound.WriteAt(bytes.Repeat([]byte{1}, 1000), s.wal.segments[0].size); err != nil {
		t.Fatal(err)
	}
	b.Reset()
	b.Put("right", []byte("same"), []byte("7"))
	if err := s.Append(&b); err != nil {
		t.Error(err)
	}
	again := copied(t, path)
	if got := contents(t, again, "right"); got != "same=7 " || again.Len() != 2 {
		t.Error(got, again.Len())
	}
	_ = errors.Join(s.Close(), again.Close())
}

func TestBatchNewest(t *testing.T) {
	var b Batch
	b.Newest(10)
	for n := range 9 {
		b.Put("left", fmt.Append(nil, n%3), fmt.Append(nil, n))
	}
	b.Delete("right", []byte("x"))
	b.Put("right", []byte("y"), nil)
	for limit, want := range map[int]string{1000: "left/0=6 left/1=7 left/2=8 right/x=gone right/y= ", 15: "right/x=gone right/y= ", 0: ""} {
		c := Batch{b: bytes.Clone(b.b)}
		c.Newest(limit)
		changes, err := changesIn(nil, c.b[min(frameHead, len(c.b)):])
		got := ""
		for _, c := range changes {
			value := string(c.value)
			if c.value == nil {
				value = "gone"
			}
			got += fmt.Sprintf("%s/%s=%s ", c.bucket, c.key, value)
		}
		if got != want || err != nil || c.Len() != len(changes) {
			t.Errorf("%d bytes: %q, %v, want %q", limit, got, err, want)
		}
	}
}

func FuzzChanges(f *testing.F) {
	var b Batch
	b.Put("left", []byte("k"), []byte("v"))
	b.Delete("right", []byte("k"))
	f.Add(b.b[frameHead:])
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = changesIn(nil, b) })
}
