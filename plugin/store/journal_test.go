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

func openAhead(t testing.TB, path string) *Store {
	t.Helper()
	return open(t, path, Options{Ahead: true})
}

// model is what a store has to hold: bucket/key=value.
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

// copied is the folder as a kill leaves it, opened somewhere else.
func copied(t testing.TB, path string) *Store {
	t.Helper()
	to := filepath.Join(t.TempDir(), filepath.Base(path))
	for _, suffix := range append(aheads[:], "") {
		b, err := os.ReadFile(path + suffix)
		if err = errors.Join(err, os.WriteFile(to+suffix, b, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return openAhead(t, to)
}

// Whatever was appended is there after a kill, once, wherever it stands.
func TestJournalAgainstModel(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	path := filepath.Join(t.TempDir(), "x.db")
	s, m := openAhead(t, path), model{}
	for range 400 {
		switch n := r.IntN(20); {
		case n < 15:
			m.change(t, r, s)
		case n < 18:
			if err := s.Fold(); err != nil {
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
			s = openAhead(t, path)
		}
	}
	_ = s.Close()
}

func TestJournalFoldsBesideAppend(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	path := filepath.Join(t.TempDir(), "x.db")
	s, m := openAhead(t, path), model{}
	done := make(chan struct{})
	var folding sync.WaitGroup
	folding.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				if err := errors.Join(s.Sync(), s.Fold()); err != nil {
					t.Error(err)
				}
			}
		}
	})
	for range 2000 {
		m.change(t, r, s)
	}
	close(done)
	folding.Wait()
	if err := s.Fold(); err != nil || s.Ahead() != 0 {
		t.Error(err, s.Ahead())
	}
	if got := held(t, s); got != m.String() {
		t.Errorf("got  %s\nwant %s", got, m)
	}
	_ = s.Close()
}

// ahead is a folder in which both files have frames: the older one's fold did
// not come to its end.
func ahead(t testing.TB, path string) {
	t.Helper()
	s := openAhead(t, path)
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
	if err := s.Fold(); err != nil {
		t.Fatal(err)
	}
	put(3)
	put(4)
	s.journal.turn()
	put(5)
	put(6)
	_ = s.Close()
}

// A file that was cut is what was written so far, where nothing follows it; all
// other damage is found, and sets everything aside.
func TestJournalOfDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	ahead(t, path)
	files := map[string][]byte{}
	for _, suffix := range append(aheads[:], "") {
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
		s, aside, err := Open(path, Options{Buckets: sides, Ahead: true}, nil)
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
	older, newer := aheads[1], aheads[0]
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

// Frames that were folded are passed over: the end of the process came between
// the transaction and the cut.
func TestJournalFoldedTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	ahead(t, path)
	older, err := os.ReadFile(path + aheads[1])
	if err != nil {
		t.Fatal(err)
	}
	_ = openAhead(t, path).Close()
	if err := os.WriteFile(path+aheads[1], older, 0o600); err != nil {
		t.Fatal(err)
	}
	s := openAhead(t, path)
	if got := contents(t, s, "right"); got != "same=6 " || s.Ahead() != 0 {
		t.Error(got, s.Ahead())
	}
	_ = s.Close()
}

// What a full disk took of a frame is neither read nor in the way.
func TestJournalOnFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := openAhead(t, path)
	var b Batch
	b.Put("left", []byte("k"), make([]byte, 100))
	s.SetLimit(200)
	if err := errors.Join(s.Append(&b), s.Append(&b)); err == nil || !strings.Contains(err.Error(), "over 200 bytes") {
		t.Error(err)
	}
	s.SetLimit(0)
	sound := s.journal.files[0].file
	s.journal.files[0].file, _ = os.Open(path) // cannot be written
	if err := s.Append(&b); err == nil || !s.journal.files[0].torn {
		t.Error(err)
	}
	_ = s.journal.files[0].file.Close()
	s.journal.files[0].file = sound
	if _, err := sound.WriteAt(bytes.Repeat([]byte{1}, 1000), s.journal.files[0].size); err != nil {
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

// BenchmarkJournal takes and folds batches as a flush of 2 MB makes them: 3,000
// entries of 250 bytes.
func BenchmarkJournal(b *testing.B) {
	const entries, size = 3000, 250
	var batch Batch
	s := openAhead(b, filepath.Join(b.TempDir(), "x.db"))
	for n := range entries {
		batch.Put("left", fmt.Appendf(nil, "%08x", uint32(n)*2654435761), make([]byte, size))
	}
	for name, most := range map[string]int64{"append": maxAhead / 2, "append and fold": 0} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(entries * size)
			b.ReportAllocs()
			for b.Loop() {
				err := s.Append(&batch)
				if s.Ahead() > most {
					err = errors.Join(err, s.Fold())
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	_ = s.Close()
}
